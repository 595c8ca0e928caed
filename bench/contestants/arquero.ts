import { from, op } from "arquero";
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
import type { UsageEvent } from "../usage.ts";

interface Sums {
  readonly model: string;
  readonly region: string;
  readonly day: number;
  readonly quantity: number;
}

/** From the events that count by type and time, both looked at in JavaScript; then its own verbs. */
export function ofEvents(events: readonly UsageEvent[], { deduplicate }: Question): Row[] {
  const counted = events
    .filter(({ type }) => type === EVENT_TYPE)
    .map(({ source, idempotencyKey, timestamp, data: { model, region, tokens } }) => {
      const time = Date.parse(timestamp);
      return { source, idempotencyKey, time, day: Math.floor(time / DAY), model, region, tokens };
    })
    .filter(({ time }) => time >= FROM && time < TO);
  const table = from(counted);
  const distinct = deduplicate ? table.dedupe("source", "idempotencyKey") : table;
  const [totals = [], groups = [], days = []]: (readonly Sums[])[] = [
    distinct,
    distinct.groupby("model", "region"),
    distinct.groupby("day"),
  ].map((grouped) => grouped.rollup({ quantity: op.sum("tokens") }).objects());
  const row = (name: string, { quantity }: Sums): Row => [
    name,
    quantity,
    quantity * Number(UNIT_COST),
  ];
  return [
    ...totals.map((sums) => row(TOTAL, sums)),
    ...groups.map((sums) => row(groupName([sums.model, sums.region]), sums)),
    ...days.map((sums) => row(dayName(sums.day), sums)),
  ];
}
