/** What one writes when no library is at hand: sums by model and region, and by day. */
import { createReadStream } from "node:fs";
import { Decimal } from "decimal.js";
import {
  DAY,
  dayName,
  EVENT_TYPE,
  FROM,
  type Question,
  type Row,
  TO,
  TOTAL,
  UNIT_COST,
} from "../question.ts";
import type { UsageEvent } from "../usage.ts";

/** The time of an event that counts, else NaN. `seen` is there when events are to be deduplicated. */
function timeOf(event: UsageEvent, seen: Set<string> | undefined): number {
  if (seen !== undefined) {
    const key = `${event.source}|${event.idempotencyKey}`;
    if (seen.has(key)) return Number.NaN;
    seen.add(key);
  }
  if (event.type !== EVENT_TYPE) return Number.NaN;
  const time = Date.parse(event.timestamp);
  return time >= FROM && time < TO ? time : Number.NaN;
}

export function floatLoop(events: readonly UsageEvent[], { deduplicate }: Question): Row[] {
  const seen = deduplicate ? new Set<string>() : undefined;
  let total = 0;
  const groups = new Map<string, number>();
  const days = new Map<number, number>();
  for (const event of events) {
    const time = timeOf(event, seen);
    if (Number.isNaN(time)) continue;
    const { model, region, tokens } = event.data;
    total += tokens;
    const group = `${model} ${region}`;
    groups.set(group, (groups.get(group) ?? 0) + tokens);
    const day = Math.floor(time / DAY);
    days.set(day, (days.get(day) ?? 0) + tokens);
  }
  const row = (name: string, quantity: number): Row => [
    name,
    quantity,
    quantity * Number(UNIT_COST),
  ];
  return [
    row(TOTAL, total),
    ...Array.from(groups, ([group, quantity]) => row(group, quantity)),
    ...Array.from(days, ([day, quantity]) => row(dayName(day), quantity)),
  ];
}

export function decimalLoop(events: readonly UsageEvent[], { deduplicate }: Question): Row[] {
  const seen = deduplicate ? new Set<string>() : undefined;
  const zero = new Decimal(0);
  let total = zero;
  const groups = new Map<string, Decimal>();
  const days = new Map<number, Decimal>();
  for (const event of events) {
    const time = timeOf(event, seen);
    if (Number.isNaN(time)) continue;
    const { model, region, tokens } = event.data;
    const value = new Decimal(tokens);
    total = total.plus(value);
    const group = `${model} ${region}`;
    groups.set(group, (groups.get(group) ?? zero).plus(value));
    const day = Math.floor(time / DAY);
    days.set(day, (days.get(day) ?? zero).plus(value));
  }
  const row = (name: string, quantity: Decimal): Row => [name, quantity, quantity.times(UNIT_COST)];
  return [
    row(TOTAL, total),
    ...Array.from(groups, ([group, quantity]) => row(group, quantity)),
    ...Array.from(days, ([day, quantity]) => row(dayName(day), quantity)),
  ];
}

/** Reading alone, the fastest plain way: the whole lines of each chunk, split and parsed. */
export async function parseLines(path: string): Promise<Row[]> {
  let rest = "";
  for await (const chunk of createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 20 })) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) JSON.parse(line);
  }
  return [];
}
