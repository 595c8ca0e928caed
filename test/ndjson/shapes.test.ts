import { summarizeNdjson } from "metered-costs/summary";
import { expect, test } from "vitest";
import { costOf, eventOf, JUNE } from "../summary/events.ts";

/** An event's line with so many members beside the one that is measured. */
function lineOf(members: number, value: number): string {
  const data: Record<string, unknown> = {};
  for (let at = 0; at < members; at++) data[`a member with a long name, the ${at}th`] = at;
  return `${JSON.stringify(eventOf({ idempotencyKey: null, data: { ...data, value } }))}\n`;
}
const total = async (lines: readonly string[]): Promise<string | undefined> => {
  const { totalQuantity } = await summarizeNdjson(costOf(), new Blob([...lines]), JUNE);
  return totalQuantity?.toString();
};

test.each([200, 250, 256, 300, 3_000])(
  "a line of %i values is read as a short one",
  async (members) => {
    expect(await total([1, 20, 300].map((value) => lineOf(members, value)))).toBe("321");
  },
);

test("so are lines of more shapes than are learned, each seen again", async () => {
  const lines = Array.from({ length: 300 }, (_, at) => lineOf(at % 100, at));
  expect(await total(lines)).toBe(String((299 * 300) / 2));
});
