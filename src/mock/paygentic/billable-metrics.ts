/** The mock's answers about billable metrics: what they measured, and the events behind them. */
import type { CostDefinition } from "../../models.ts";
import { parseTimestamp } from "../../values/timestamp.ts";
import { type Answer, failure } from "../answer.ts";
import { type CallSchemas, operation, type Perform } from "../requests.ts";
import { meterQuery, metricPath, storedEventsQuery } from "./requests.ts";
import type { BillableMetricSeed, MockStore, StoredEvent } from "./store.ts";
import { compute, type SummaryQuery } from "./usage.ts";

const DEFAULT_LIMIT = 20;

/** A metric is measured as a cost of unit cost 1. */
const asCost = (metric: BillableMetricSeed): CostDefinition => ({ ...metric, unitCost: 1 });

const quantityOf = (
  metric: BillableMetricSeed,
  events: readonly StoredEvent[],
  query: SummaryQuery,
) => compute(asCost(metric), events, query);

/** An operation on the metric whose id the path has. */
function onMetric<Query>(
  query: CallSchemas<never, Query, never>["query"] & object,
  use: (store: MockStore, metric: BillableMetricSeed, query: Query) => Answer,
): Perform<MockStore> {
  return operation({ parameters: metricPath, query }, (store, { parameters: { id }, ...call }) => {
    const metric = store.metrics.find((each) => each.id === id);
    // The contract names no 404 here.
    return metric === undefined
      ? failure(403, "forbidden", `There is no billable metric ${id} for this key`)
      : use(store, metric, call.query);
  });
}

/** The UTC calendar months that a range touches, each cut to the range. */
function monthsOf(from: Date, to: Date): { start: Date; end: Date; from: Date; to: Date }[] {
  const months = [];
  let start = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth()));
  while (start < to) {
    const end = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1));
    months.push({ start, end, from: start > from ? start : from, to: end < to ? end : to });
    start = end;
  }
  return months;
}

/** `getBillableMetricMeter`, computed as a summary. */
export const getBillableMetricMeter = onMetric(meterQuery, (store, metric, query) => {
  const { from, to, subject, windowSize, groupBy = [], groupLimit, groupOffset = 0 } = query;
  const { filterGroupBy } = query;
  const base = {
    from,
    to,
    ...(subject !== undefined && { subject }),
    ...(filterGroupBy && { filterGroupBy }),
  };
  const total = quantityOf(metric, store.events, base);
  const windows = (): object[] => {
    if (windowSize === "MONTH") {
      return monthsOf(from, to).flatMap(({ start, end, ...range }) => {
        const { totalQuantity } = quantityOf(metric, store.events, { ...base, ...range });
        return totalQuantity == null
          ? []
          : [
              {
                windowStart: start.toISOString(),
                windowEnd: end.toISOString(),
                value: totalQuantity,
              },
            ];
      });
    }
    const { timeSeries = [] } = quantityOf(metric, store.events, {
      ...base,
      window: windowSize,
    } as SummaryQuery);
    return timeSeries.map(({ windowStart, windowEnd, quantity }) => ({
      windowStart: windowStart.toISOString(),
      windowEnd: windowEnd.toISOString(),
      value: quantity,
    }));
  };
  const dimensions = groupBy.filter((name) => name !== "subject");
  const groupsOf = (events: readonly StoredEvent[], own: Record<string, string>): object[] => {
    if (dimensions.length === 0) {
      const { totalQuantity } = quantityOf(metric, events, base);
      return totalQuantity == null ? [] : [{ groupBy: own, value: totalQuantity }];
    }
    const { groups = [] } = quantityOf(metric, events, { ...base, groupBy: dimensions });
    return groups.map((group) => ({
      groupBy: { ...own, ...group.dimensions },
      value: group.quantity,
    }));
  };
  const subjectOf = ({ subject: given }: StoredEvent): string => given ?? "";
  const bySubject = (): object[] =>
    [...new Set(store.events.filter(({ type }) => type === metric.eventType).map(subjectOf))]
      .sort()
      .flatMap((each) =>
        groupsOf(
          store.events.filter((event) => subjectOf(event) === each),
          { subject: each },
        ),
      );
  const all = groupBy.includes("subject") ? bySubject() : groupsOf(store.events, {});
  return {
    status: 200,
    body: {
      object: "meter",
      billableMetricId: metric.id,
      totalValue: total.totalQuantity,
      ...(windowSize !== undefined && { windowedValues: windows() }),
      ...(groupBy.length > 0 && {
        groupedValues: all.slice(groupOffset, groupLimit && groupOffset + groupLimit),
        groupCount: all.length,
      }),
    },
  };
});

/** `listBillableMetricEvents`: the stored events of the metric's type, newest first. */
export const listBillableMetricEvents = onMetric(storedEventsQuery, (store, metric, query) => {
  const { from, to, limit = DEFAULT_LIMIT, offset = 0 } = query;
  const found = store.events
    .filter(({ type }) => type === metric.eventType)
    .filter((event) =>
      (["subject", "externalSubject", "externalId"] as const).every(
        (name) => query[name] === undefined || event[name] === query[name],
      ),
    )
    .map((event) => ({ event, at: parseTimestamp(event.timestamp) }))
    .filter(({ at }) => at >= from.getTime() && at < to.getTime())
    .reverse()
    .sort((a, b) => b.at - a.at);
  const events = found.slice(offset, offset + limit).map(({ event }) => ({
    id: event.id,
    object: "meterEvent",
    type: event.type,
    source: event.source ?? "",
    subject: event.subject ?? "",
    time: event.timestamp,
    idempotencyKey: event.idempotencyKey,
    data: event.data,
    externalId: event.externalId,
    externalSubject: event.externalSubject ?? undefined,
  }));
  return {
    status: 200,
    body: {
      object: "list",
      billableMetricId: metric.id,
      events,
      pagination: { limit, offset, total: found.length },
    },
  };
});
