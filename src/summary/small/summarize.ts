import { InvalidEventError } from "../../errors.ts";
import { exactOfNumber, ONE } from "../../exact.ts";
import { readTime } from "../../timestamp.ts";
import { concerns } from "../concerns.ts";
import { checkEventBy, type EventProblem, unreadable } from "../event.ts";
import { compilePlanBy, type Plan } from "../plan.ts";
import type { summarizeCost as SummarizeCost } from "../summarize.ts";
import { summaryOf } from "../summary-of.ts";
import { checkEvents, checkOptions, currentTime } from "../summary-options.ts";
import {
  dimensionText,
  readAt,
  type UnreadableValueError,
  uniqueText,
  usableNumber,
} from "../values.ts";
import { Breakdown } from "./breakdown.ts";
import { LargeMap, textOf } from "./large-map.ts";
import type { Counted } from "./quantity.ts";

/** How an event's value is read: what it counts for. */
function valueReader({ aggregation }: Plan): (form: unknown) => Counted {
  if (aggregation === "UNIQUE_COUNT") return uniqueText;
  if (aggregation === "COUNT") return () => ONE;
  return (form) => {
    const number = usableNumber(form);
    return typeof number === "number" ? exactOfNumber(number) : number;
  };
}

/** As the `summarizeCost` of servers, which says what it means, in a third of the code: one event after the other. */
export const summarizeCost: typeof SummarizeCost = (cost, events, query, options = {}) => {
  const plan = compilePlanBy(readTime, cost, query);
  checkOptions(options);
  const deduplicates = options.deduplicate !== false;
  checkEvents(events);
  const readValue = valueReader(plan);
  // A path is read once, whether to group by, to filter by or both.
  const paths = plan.groupBy?.map(({ path }) => path) ?? [];
  const filters = plan.filters.map(({ path, texts }) => {
    const known = paths.findIndex((one) => `${one}` === `${path}`);
    return { at: known < 0 ? paths.push(path) - 1 : known, texts };
  });
  const breakdown = new Breakdown(plan);
  const seen = new LargeMap<string, true>();
  let now: number | undefined;

  const take = (given: unknown): EventProblem | undefined => {
    const event = checkEventBy(readTime, given);
    if ("issues" in event) return event;
    const { namespace, source, idempotencyKey, data } = event;
    const key =
      deduplicates && idempotencyKey !== null
        ? textOf([namespace, source, idempotencyKey])
        : undefined;
    if (key !== undefined && seen.get(key)) return undefined;
    if (event.timestamp === undefined) now ??= currentTime(options);
    const time = event.timestamp ?? (now as number);
    if (concerns(plan, event, time, options)) {
      let counted: Counted;
      let texts: readonly string[];
      try {
        counted = readAt(data, plan.valuePath, readValue);
        texts = paths.map((path) => readAt(data, path, dimensionText));
      } catch (error) {
        return unreadable(error as UnreadableValueError, idempotencyKey ?? undefined);
      }
      if (filters.every(({ at, texts: passing }) => passing.has(texts[at] as string))) {
        breakdown.count(counted, texts, time);
      }
    }
    // Only now: an event that turned out to be invalid does not stand in the way of its repetition.
    if (key !== undefined) seen.add(key, true);
    return undefined;
  };

  let index = 0;
  for (const given of events) {
    const problem = take(given);
    if (problem !== undefined) {
      const error = new InvalidEventError({ index, ...problem });
      const { onInvalidEvent } = options;
      if (onInvalidEvent === undefined) throw error;
      onInvalidEvent(error);
    }
    index++;
  }
  return summaryOf(cost, plan, breakdown);
};
