import fc from "fast-check";
import { expect, test } from "vitest";
import { checkEvent } from "../../src/engine/from-any.ts";
import { costEvent } from "../../src/schemas/events.ts";
import { LosslessNumber } from "../../src/values/lossless-json.ts";

const TEXT_FIELDS = [
  "source",
  "subject",
  "externalSubject",
  "namespace",
  "idempotencyKey",
] as const;
const TIMES = [
  "2026-06-01T10:00:00Z",
  "2026-06-01t10:00:00.123456+02:00",
  "2026-02-30T00:00:00Z",
  "2026-06-01",
  "2026-06-01T24:00:00Z",
  "0000-01-01T00:00:00Z",
  "",
];

/** Values of every kind that a program can have, JSON or not. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withDate: true, withMap: true, withBigInt: true, withBoxedValues: true }),
  fc.constantFrom<unknown>(...TIMES, null, undefined, [], {}, () => 1, Symbol("s")),
  fc.date({ noInvalidDate: false }),
  fc.constant(new LosslessNumber("12345678901234567890")),
  fc.anything().map((value) => ({ toJSON: () => value })),
  fc.constant({
    toJSON(): never {
      throw new Error("no");
    },
  }),
);
const mostly = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: anything });
const time = mostly(
  fc.oneof(
    fc.constantFrom(...TIMES.slice(0, 2)),
    fc.date({ min: new Date("1990-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }),
  ),
);
const text = mostly(fc.oneof(fc.string(), fc.constant(null)));
const members = fc.record(
  {
    type: mostly(fc.string()),
    data: mostly(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 })),
    timestamp: time,
    source: text,
    subject: text,
    externalSubject: text,
    namespace: text,
    idempotencyKey: text,
    other: anything,
  },
  { requiredKeys: ["type", "data"] },
);

/** An event, or what is nearly one: members that are inherited, hidden or thrown by a getter, and no object at all. */
const event: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 20, arbitrary: members },
  { weight: 1, arbitrary: members.map((own) => Object.create(own)) },
  { weight: 1, arbitrary: members.map((own) => ({ toJSON: () => own })) },
  { weight: 1, arbitrary: members.map((own) => new Map(Object.entries(own))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(members, fc.constantFrom("type", "data", "subject", "timestamp"))
      .map(([own, name]) =>
        Object.defineProperty({ ...own }, name, {
          enumerable: true,
          get: () => {
            throw new Error("no");
          },
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(members, fc.constantFrom("type", "data", "subject", "timestamp"))
      .map(([own, name]) => Object.defineProperty({ ...own }, name, { enumerable: false })),
  },
  { weight: 1, arbitrary: anything },
);

const pathsOf = (issues: readonly { readonly path: readonly unknown[] }[]): string[] =>
  issues.map(({ path }) => path.join(".")).sort();

test("the engine takes an event where its schema does, and reads the same of it", () => {
  const counts = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(event, (given) => {
      const checked = checkEvent(given);
      const { success, data, error } = costEvent.safeParse(given);
      if ("issues" in checked) {
        expect(success).toBe(false);
        // The schema stops at the first member that cannot be read.
        expect(pathsOf(checked.issues)).toEqual(
          expect.arrayContaining(pathsOf(error?.issues ?? [])),
        );
        expect(error?.issues.length).toBeGreaterThan(0);
        counts.refused++;
        return;
      }
      expect(success).toBe(true);
      counts.accepted++;
      expect(checked.type).toBe(data?.type);
      expect(checked.data).toBe(data?.data);
      expect(checked.timestamp).toBe(data?.timestamp?.getTime());
      for (const name of TEXT_FIELDS) expect(checked[name]).toBe(data?.[name] ?? null);
    }),
    { numRuns: 100_000 },
  );
  expect(counts.accepted).toBeGreaterThan(10_000);
  expect(counts.refused).toBeGreaterThan(10_000);
});
