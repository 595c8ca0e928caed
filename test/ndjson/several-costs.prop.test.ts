import fc from "fast-check";
import { InvalidEventError, summarizeCost, summarizeNdjson } from "metered-costs/summary";
import { expect, test } from "vitest";
import { runs } from "../runs.ts";
import { plainJson } from "../summary/events.ts";
import { withLongBlank } from "./long-blank.ts";
import { eventOfLine, linesOf, scanned } from "./outcome.ts";
import { Random } from "./random.ts";
import { RandomLog, randomWork } from "./random-lines.ts";

test("several costs in one pass equal one by one, over the events that all of them can read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
      const random = new Random(seed);
      const { query, options: given } = randomWork(random);
      // A key is kept when all can read its event, which one cost alone does not know.
      const options = { ...given, deduplicate: false };
      const costs = Array.from({ length: 1 + random.below(4) }, () => randomWork(random).cost);
      const short = new RandomLog(random).bytes(100);
      const log = seed % 2 === 0 ? short : withLongBlank(short);
      const refused = new Set<number | undefined>();
      for (const cost of costs) {
        const { errors } = await scanned({ cost, query, options }, log);
        for (const { line } of errors) refused.add(line);
      }
      const readable = linesOf(log)
        .filter((_, index) => !refused.has(index + 1))
        .map(eventOfLine)
        .flatMap((read) => (read !== undefined && "event" in read ? [read.event] : []));
      const errors: InvalidEventError[] = [];
      const summaries = await summarizeNdjson(costs, log, query, {
        ...options,
        onInvalidEvent: (error) => void errors.push(error),
      });
      expect(summaries.map(plainJson)).toEqual(
        costs.map((cost) => plainJson(summarizeCost(cost, readable as never, query, options))),
      );
      expect(new Set(errors.map(({ line }) => line))).toEqual(refused);
      for (const error of errors) expect(error).toBeInstanceOf(InvalidEventError);
    }),
    { numRuns: runs(150) },
  );
});
