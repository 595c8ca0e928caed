import * as meteredCosts from "metered-costs/summary";
import { piecesOf } from "../../examples/file-pieces.ts";
import {
  DAY,
  dayName,
  EVENT_TYPE,
  FROM,
  groupName,
  type Question,
  type Row,
  TO,
  TOTAL,
  UNIT_COST,
} from "../question.ts";

export function costOf({ aggregation, isNested }: Question): meteredCosts.CostDefinition {
  const [value, dimension] = isNested ? ["$.usage", "$.request"] : ["$", "$"];
  return {
    unitCost: UNIT_COST,
    aggregation,
    eventType: EVENT_TYPE,
    valueProperty: `${value}.tokens`,
    groupBy: { model: `${dimension}.model`, region: `${dimension}.region`, thread: "$.thread" },
  };
}

export function queryOf({ groupBy }: Question): meteredCosts.CostSummaryParams {
  return { from: new Date(FROM), to: new Date(TO), groupBy, window: "DAY" };
}

export function* rowsOf(summary: meteredCosts.CostSummary, { groupBy }: Question): Generator<Row> {
  yield [TOTAL, summary.totalQuantity, summary.totalCost];
  for (const { dimensions, quantity, cost } of summary.groups ?? []) {
    yield [groupName(groupBy.map((name) => dimensions[name] ?? "")), quantity, cost];
  }
  for (const { windowStart, quantity, cost } of summary.timeSeries ?? []) {
    yield [dayName(windowStart.getTime() / DAY), quantity, cost];
  }
}

export function ofEvents(
  events: Iterable<meteredCosts.CostEvent>,
  question: Question,
): Iterable<Row> {
  const { deduplicate } = question;
  const summary = meteredCosts.summarizeCost(costOf(question), events, queryOf(question), {
    deduplicate,
  });
  return rowsOf(summary, question);
}

export async function ofFile(path: string, question: Question): Promise<Iterable<Row>> {
  const { deduplicate } = question;
  const source = piecesOf(path);
  const summary = await meteredCosts.summarizeNdjson(costOf(question), source, queryOf(question), {
    deduplicate,
  });
  return rowsOf(summary, question);
}

interface WorkersExample {
  summarizeFileInParts(
    path: string,
    cost: meteredCosts.CostDefinition,
    query: meteredCosts.CostSummaryParams,
    options: { readonly workers: number },
  ): Promise<meteredCosts.CostSummary>;
}

/**
 * The example `ndjson-workers`, which shares a file among worker threads. It is imported by the address of its built
 * copy and not bundled: its workers start from a file of their own, as plain JavaScript.
 */
export async function ofFileInTwoParts(path: string, question: Question): Promise<Iterable<Row>> {
  const example = new URL("./ndjson-workers.js", import.meta.url).href;
  const { summarizeFileInParts }: WorkersExample = await import(example);
  const summary = await summarizeFileInParts(path, costOf(question), queryOf(question), {
    workers: 2,
  });
  return rowsOf(summary, question);
}
