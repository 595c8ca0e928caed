import fc from "fast-check";
import { addNdjson, type CostEvent, CostSummarizer, summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { jsonTree } from "../../src/values/json-form.ts";
import { stringifyJson } from "../../src/values/lossless-json.ts";
import { runs } from "../runs.ts";
import { plainJson } from "./events.ts";
import { AGGREGATIONS, type AggregationName, resolveSubject, scenarios } from "./random-events.ts";

/** A line of an event, its numbers with all their digits. */
const lineOf = (event: CostEvent): string => `${stringifyJson(jsonTree(event))}\n`;

async function expectPartsAsOnePass(
  aggregation: AggregationName,
  changes: { readonly groupBy?: unknown; readonly window?: unknown },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      scenarios([aggregation], changes),
      fc.array(fc.tuple(fc.nat(24), fc.boolean(), fc.boolean()), { maxLength: 5 }),
      async ({ cost, query, events, now }, cuts) => {
        const options = {
          clock: () => new Date(now),
          deduplicate: false,
          resolveSubject,
          onInvalidEvent: () => {},
        };
        const whole = new CostSummarizer(cost, query, options);
        const borders = [...cuts].sort(([a], [b]) => a - b);
        let from = 0;
        for (const [to, isNdjson, isRead] of [...borders, [events.length, true, false] as const]) {
          const part = new CostSummarizer(cost, query, options);
          const some = events.slice(from, Math.max(from, to));
          from = Math.max(from, to);
          if (isNdjson) await addNdjson(part, some.map(lineOf).join(""));
          else for (const event of some) part.add(event);
          if (isRead) {
            whole.summary();
            part.summary();
          }
          whole.merge(JSON.parse(JSON.stringify(part.state())));
        }
        const once = new CostSummarizer(cost, query, options);
        for (const event of events) once.add(event);
        expect(plainJson(whole.summary())).toEqual(plainJson(once.summary()));
        expect(whole.events).toEqual(once.events);
        expect(plainJson(summarizeCost(cost, events, query, options))).toEqual(
          plainJson(once.summary()),
        );
      },
    ),
    { numRuns: runs(60) },
  );
}

describe.each(AGGREGATIONS)(
  "parts of %s, in memory and of NDJSON, equal one pass",
  (aggregation) => {
    test.each([
      ["in all", {}],
      ["by groups", { groupBy: ["e", "d"], window: undefined }],
      ["by windows", { groupBy: undefined, window: "HOUR" }],
      ["by both", { groupBy: ["d"], window: "DAY" }],
    ])("%s", (_name, changes) => expectPartsAsOnePass(aggregation, changes));
  },
);
