import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { runs } from "../runs.ts";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { withLongBlank } from "./long-blank.ts";
import { linesOf, type Outcome, parsed, scanned } from "./outcome.ts";
import { Random } from "./random.ts";
import {
  BROKEN_ESCAPES,
  BROKEN_NUMBERS,
  BROKEN_UTF8,
  BROKEN_WORDS,
  bytesOfText,
  CONTROLS,
  EDGES,
  ESCAPES,
  NUMBERS,
  NUMERIC_STRINGS,
  RandomLog,
  randomWork,
  WORDS,
  type Work,
} from "./random-lines.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
let lines = 0;
let counted = 0;
let invalid = 0;

function expectSame(actual: Outcome, { work, log }: { work: Work; log: Buffer }): void {
  const expected = parsed(work, log);
  try {
    expect(actual).toEqual(expected);
  } catch (error) {
    (error as Error).message +=
      `\n${JSON.stringify(work)}\n${log.length < 5_000 ? log.toString("latin1") : ""}`;
    throw error;
  }
}

function logOf(seed: number, size: number): { work: Work; log: Buffer } {
  const random = new Random(seed);
  const work = randomWork(random);
  const log = new RandomLog(random).bytes(size);
  return { work, log };
}

/** The same bytes in pieces, whose memory is used again as soon as the next is asked for. */
function* pieces(log: Buffer, lengthOf: () => number): Generator<Uint8Array> {
  // A Buffer in every other log: its `slice` shares the memory.
  const memory = log.length % 2 === 0 ? Buffer.alloc(log.length) : new Uint8Array(log.length);
  for (let from = 0; from < log.length; ) {
    const to = Math.min(log.length, from + lengthOf());
    memory.fill(34);
    memory.set(log.subarray(from, to));
    yield memory.subarray(0, to - from);
    from = to;
  }
}

/** Lines mean what the parser makes of them: to be called once by a file of tests. */
export function describeLines(): void {
  describe("lines mean what the parser makes of them", () => {
    test("in logs of every kind of line, as a whole and in pieces", async () => {
      await fc.assert(
        fc.asyncProperty(seeds, fc.constantFrom(1, 5, 40, 400), async (seed, size) => {
          const { work, log: short } = logOf(seed, size);
          const log = seed % 4 === 0 ? short : withLongBlank(short);
          const scene = { work, log };
          const outcome = await scanned(work, log);
          expectSame(outcome, scene);
          const random = new Random(seed);
          const isShort = log.length < 20_000;
          const longest = random.pick(isShort ? [1, 3, 20] : [300, 2_000, 20_000, 1_000_000]);
          expect(
            await scanned(
              work,
              pieces(log, () => 1 + random.below(longest)),
            ),
          ).toEqual(outcome);
          lines += 2 * linesOf(log).length;
          counted += outcome.counts.used;
          invalid += outcome.counts.invalid;
        }),
        { numRuns: runs(900) },
      );
    }, 300_000);

    test("with a border between pieces at every byte", async () => {
      await fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const scene = logOf(seed, 4);
          const { work, log } = scene;
          const whole = await scanned(work, log);
          expectSame(whole, scene);
          if (log.length > 3_000) return; // deep nesting: random pieces are enough
          expect(
            await scanned(
              work,
              pieces(log, () => 1),
            ),
          ).toEqual(whole);
          for (let at = 0; at <= log.length; at++) {
            const first = Buffer.from(log.subarray(0, at));
            function* both(): Generator<Uint8Array> {
              yield first;
              first.fill(34);
              yield log.subarray(at);
            }
            const outcome = await scanned(work, both());
            if (JSON.stringify(outcome) !== JSON.stringify(whole)) expect(outcome).toEqual(whole);
          }
          lines += linesOf(log).length * (log.length + 2);
        }),
        { numRuns: runs(25) },
      );
    }, 300_000);

    test("with each wrong or odd token, where it is needed and where it is not", async () => {
      const random = new Random(1);
      const inStrings = [...BROKEN_UTF8, ...BROKEN_ESCAPES, ...CONTROLS, ...ESCAPES, ...EDGES];
      // At each place of the four bytes, or sixteen, that are looked at in one step.
      const others = Array.from({ length: 18 }, (_, length) => "a".repeat(length));
      const strings = [...inStrings, ...NUMERIC_STRINGS].flatMap((text) =>
        others.flatMap((other) => [`${other}${text}`, `${text}${other}`]),
      );
      const tokens = [
        ...strings.map((text) => `"${text}"`),
        ...[...NUMBERS, ...BROKEN_NUMBERS, ...WORDS, ...BROKEN_WORDS, "", "{}", "[]"],
      ];
      const log = Buffer.concat(
        tokens.flatMap((token) =>
          ["v", "d", "unneeded"].flatMap((name) =>
            // Behind a line of the same shape, and in a shape of its own.
            [JSON.stringify(random.digits(5)), random.digits(5), "true", token].map((value) =>
              bytesOfText(
                `{"type":"call","timestamp":"2026-06-15T07:00:00Z","data":{"d":1,"${name}":${value},"z":0}}\n`,
              ),
            ),
          ),
        ),
      );
      const { query, options, cost } = randomWork(random);
      for (const aggregation of AGGREGATIONS.slice(0, runs(AGGREGATIONS.length))) {
        const work: Work = {
          cost: { ...cost, aggregation, valueProperty: "$.v", groupBy: { d: "$.d" } },
          query: { from: query.from, to: query.to, groupBy: ["d"] },
          options,
        };
        expectSame(await scanned(work, log), { work, log });
        lines += linesOf(log).length;
      }
    });

    test("with more texts than are remembered, of every length", async () => {
      await fc.assert(
        fc.asyncProperty(seeds, fc.constantFrom(30, 300, 30_000), async (seed, variety) => {
          const random = new Random(seed);
          const long = "abcdefghijklmnopqrstuvwxyz0123456789éß漢😀".repeat(2);
          const texts = Array.from({ length: variety }, (_, at) =>
            Array.from(long).slice(0, random.below(50)).join("").concat(String(at)),
          );
          // The same texts where they are wanted and where they are not, so that each takes the other's place.
          const log = Buffer.from(
            Array.from({ length: 3_000 }, (_, at) => {
              const type = random.chance(0.7) ? "call" : random.pick(texts);
              const [a, b, c, d] = Array.from({ length: 4 }, () => random.pick(texts));
              const data = { d: a, n: { e: b }, v: random.chance(0.999) ? at : "1e9999" };
              const fields = { source: c, subject: random.pick(["c1", d]), namespace: "org_1" };
              const key = { idempotencyKey: random.chance(0.1) ? "again" : `${a}${at % 2_900}` };
              const timestamp = "2026-06-15T07:00:00Z";
              return `${JSON.stringify({ type, ...fields, timestamp, ...key, data })}\n`;
            }).join(""),
          );
          const work = randomWork(random);
          expectSame(await scanned(work, log), { work, log });
          lines += 3_000;
        }),
        { numRuns: runs(25) },
      );
    }, 300_000);

    afterAll(() => {
      console.log(`${lines} lines; of those in logs ${counted} counted, ${invalid} invalid`);
      expect(lines).toBeGreaterThan(runs(100_000));
      expect(counted).toBeGreaterThan(runs(5_000));
      expect(invalid).toBeGreaterThan(runs(500));
    });
  });
}
