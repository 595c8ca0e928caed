import {
  type CostEvent,
  explainEvent,
  explainNdjson,
  type LoggedEventExplanation,
} from "metered-costs/summary";
import { expect, test } from "vitest";
import { costOf, JUNE } from "../summary/events.ts";

const cost = costOf({ currency: "USD" });
const event = (changes: object): CostEvent => ({
  type: "call",
  source: "gateway",
  timestamp: "2026-06-15T12:00:00Z",
  data: { value: 2, model: "large" },
  ...changes,
});
const events = [
  event({ idempotencyKey: "a" }),
  event({ type: "Call" }),
  event({ data: { values: 2 } }),
  event({ idempotencyKey: "a" }),
  event({ timestamp: "2026-07-01T00:00:00Z" }),
  event({ data: { value: "2 tokens" } }),
  event({ idempotencyKey: "a", source: "other" }),
];
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

async function explained(log: string | Blob): Promise<LoggedEventExplanation[]> {
  const all: LoggedEventExplanation[] = [];
  for await (const one of explainNdjson(cost, log, JUNE)) all.push(one);
  return all;
}

test("each event of a log is explained as it is alone, after those before it", async () => {
  const log = events.map((one) => `${JSON.stringify(one)}\n`).join("");
  const expected = events.map((one, index) => ({
    index,
    ...explainEvent(cost, one, JUNE, { earlier: events.slice(0, index) }),
  }));
  expect(expected.map(({ reason }) => reason)).toEqual([
    undefined,
    "other-type",
    "no-value",
    "duplicate",
    "after",
    "unusable-value",
    undefined,
  ]);
  expect(plain(await explained(log))).toEqual(plain(expected));
  expect(plain(await explained(new Blob([log])))).toEqual(plain(expected));
});

test("lines that are no events are invalid, in their places", async () => {
  const [line] = events.map((one) => JSON.stringify(one));
  const all = await explained(`nonsense\n\n${line}\n{"type":5,"data":{}}\n[]\n${line}\n{}`);
  expect(all.map(({ index, reason }) => [index, reason ?? "counts"])).toEqual([
    [0, "invalid"],
    [1, "counts"],
    [2, "invalid"],
    [3, "invalid"],
    [4, "duplicate"],
    [5, "invalid"],
  ]);
  expect(all[2]?.issues?.map(({ path }) => path)).toEqual([["type"]]);
  expect(all[2]?.message).toMatch(/^It is not valid: type: expected/);
  expect(await explained("")).toEqual([]);
});

test("a wrong cost, query, option or source is refused at the first step", async () => {
  for (const args of [
    [{}, ""],
    [cost, "", { from: 1 }],
    [cost, "", JUNE, { earlier: [] }],
    [cost, 5],
  ]) {
    const first = explainNdjson(...(args as unknown as Parameters<typeof explainNdjson>)).next();
    await expect(first).rejects.toMatchObject({ code: "INVALID_INPUT" });
  }
});
