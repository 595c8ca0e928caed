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

test("a text that comes to a remembered one's place with an event that does not count is not taken for it", async () => {
  // More texts than there are places; each comes first behind another new one, and counts only then.
  const lineOfText = (model: string, type?: string): string =>
    `${JSON.stringify(eventOf({ ...(type && { type }), data: { value: 1, model } }))}\n`;
  const texts = Array.from({ length: 5_000 }, (_, at) => `late ${at}`);
  const lines = texts.flatMap((text, at) => [
    lineOfText(`new ${at}`),
    lineOfText(text, "another type"),
    lineOfText(text),
  ]);
  const cost = costOf({ aggregation: "COUNT", groupBy: { model: "$.model" } });
  const query = { ...JUNE, groupBy: ["model"] };
  const { groups } = await summarizeNdjson(cost, lines.join(""), query);
  expect(groups?.length).toBe(10_000);
  expect(groups?.every(({ quantity }) => quantity.equals(1))).toBe(true);
});
