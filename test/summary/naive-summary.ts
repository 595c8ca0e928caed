import { Decimal } from "decimal.js";
import type { CostDefinition, CostEvent, CostSummaryParams } from "metered-costs/summary";
import { LosslessNumber } from "../../src/values/lossless-json.ts";
import type { PlainSummary } from "./events.ts";
import { naiveInstant } from "./naive-time.ts";

/**
 * A summary by the rules, one after the other, in the plainest way: arrays and loops over all events, numbers as
 * integers of a unit so small that all of them are whole. For costs and queries that are valid.
 */
export interface NaiveSummary {
  readonly summary: PlainSummary;
  /** The positions of the invalid events. */
  readonly invalid: readonly number[];
  /** How many events count. */
  readonly used: number;
  /** How many of them have no value that the aggregation uses. */
  readonly withoutValue: number;
  /** The namespace, source and key of every keyed event, of invalid ones not. */
  readonly keys: readonly string[];
}

export interface NaiveOptions {
  readonly now: string;
  readonly deduplicate: boolean;
  readonly resolveSubject: (externalSubject: string) => string | undefined;
}

interface Json {
  readonly [name: string]: unknown;
}

/** An event that counts, its value still in JSON. */
interface Counted {
  readonly timestamp: number;
  readonly data: Json;
  readonly fields: Readonly<Record<string, string>>;
}

class InvalidNumber extends Error {}

// --- numbers: integers of 10^-2500; costs, which are products of two, of 10^-5000

const PLACES = 2_500;
// Without a say in digits or exponents: only to look at numbers, and to lay them out as ECMAScript does.
const Unlimited = Decimal.clone({ defaults: true });
const Mean = Decimal.clone({ defaults: true, precision: 34, rounding: Decimal.ROUND_HALF_EVEN });

function unitsOf(number: string): bigint {
  const [mantissa = "", exponent = "0"] = number.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace(/^[+-]/, "").split(".");
  const units =
    BigInt(whole + fraction) * 10n ** BigInt(PLACES + Number(exponent) - fraction.length);
  return number.startsWith("-") ? -units : units;
}

export function textOfUnits(units: bigint, places: number): string {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -places)}${fraction === "" ? "" : `.${fraction}`}`;
}

export function unitsOfText(plain: string): bigint {
  return unitsOf(plain);
}

// --- values

/** The JSON form of an event; a number that was kept as text is `{ long: text }`. */
function jsonFormOf(event: unknown): Json | undefined {
  const text = JSON.stringify(event, function (this: Json, name, value) {
    const own = this[name];
    return own instanceof LosslessNumber ? { "\u0000long": own.text } : value;
  });
  const form: unknown = text === undefined ? undefined : JSON.parse(text);
  return isObject(form) ? form : undefined;
}

function longTextOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const text = (value as Json)["\u0000long"];
  return typeof text === "string" ? text : undefined;
}

function isObject(value: unknown): value is Json {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    longTextOf(value) === undefined
  );
}

function valueAt(data: Json, path: string): unknown {
  let value: unknown = data;
  for (const name of path.replace("$.", "").split(".")) {
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

function usableUnits(value: unknown): bigint | undefined {
  const text = typeof value === "number" ? String(value) : (longTextOf(value) ?? value);
  if (typeof text !== "string") return undefined;
  if (!/^[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?(?!\n)$/.test(text))
    return undefined;
  const number = new Unlimited(text);
  if (number.isZero()) return 0n;
  if (number.precision() > 1_000 || Math.abs(number.e) > 1_000) throw new InvalidNumber();
  return unitsOf(text);
}

/** The text of a number, a boolean or a string; undefined for everything else. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const long = longTextOf(value);
  // decimal.js lays numbers out as ECMAScript does, without a limit to their digits.
  return long === undefined ? undefined : new Unlimited(long).toString();
}

function dimensionText(value: unknown): string {
  return value === null ? "null" : (scalarText(value) ?? "");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : (scalarText(value) ?? "null");
}

function uniqueText(value: unknown): string | undefined {
  return value === null || value === undefined
    ? undefined
    : (scalarText(value) ?? canonical(value));
}

// --- aggregates

/** Undefined where there is no row, or no total. */
function aggregate(cost: CostDefinition, events: readonly Counted[]): bigint | undefined {
  const read = ({ data }: Counted): unknown => valueAt(data, cost.valueProperty ?? "");
  if (cost.aggregation === "COUNT") return unitsOf(String(events.length));
  if (cost.aggregation === "UNIQUE_COUNT") {
    const texts: string[] = [];
    for (const event of events) {
      const text = uniqueText(read(event));
      if (text !== undefined && !texts.includes(text)) texts.push(text);
    }
    return unitsOf(String(texts.length));
  }
  const usable: { readonly units: bigint; readonly timestamp: number }[] = [];
  for (const event of events) {
    const units = usableUnits(read(event));
    if (units !== undefined) usable.push({ units, timestamp: event.timestamp });
  }
  if (usable.length === 0) return undefined;
  let sum = 0n;
  for (const { units } of usable) sum += units;
  if (cost.aggregation === "SUM") return sum;
  if (cost.aggregation === "AVG") {
    return unitsOf(new Mean(textOfUnits(sum, PLACES)).div(usable.length).toFixed());
  }
  let [chosen] = usable;
  for (const one of usable) {
    if (chosen === undefined) break;
    const isBetter =
      cost.aggregation === "MIN"
        ? one.units < chosen.units
        : cost.aggregation === "MAX"
          ? one.units > chosen.units
          : one.timestamp >= chosen.timestamp;
    if (isBetter) chosen = one;
  }
  return chosen?.units;
}

function amounts(cost: CostDefinition, units: bigint): { quantity: string; cost: string } {
  return {
    quantity: textOfUnits(units, PLACES),
    cost: textOfUnits(units * unitsOf(String(cost.unitCost)), 2 * PLACES),
  };
}

// --- the summary

const TEXT_FIELDS = ["source", "subject", "externalSubject", "namespace", "idempotencyKey"];
const WINDOWS = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };

export function naiveSummary(
  cost: CostDefinition,
  events: readonly CostEvent[],
  query: CostSummaryParams,
  options: NaiveOptions,
): NaiveSummary {
  const invalid: number[] = [];
  const keys: string[] = [];
  const counted: Counted[] = [];
  const names = namesOf(query.groupBy);
  const declared = new Map(Object.entries(cost.groupBy ?? {}));
  const textOf = (name: string, { data, fields }: Omit<Counted, "timestamp">): string => {
    const path = declared.get(name);
    return path === undefined ? (fields[name] ?? "") : dimensionText(valueAt(data, path));
  };
  const readsNumbers = cost.aggregation !== "COUNT" && cost.aggregation !== "UNIQUE_COUNT";

  for (const [index, given] of events.entries()) {
    const event = jsonFormOf(given);
    const isTextOrNothing = (name: string): boolean => {
      const value = event?.[name];
      return value === undefined || value === null || typeof value === "string";
    };
    const time = event?.["timestamp"] === undefined ? options.now : event["timestamp"];
    const timestamp = typeof time === "string" ? naiveInstant(time) : Number.NaN;
    const data = event?.["data"];
    if (
      event === undefined ||
      typeof event["type"] !== "string" ||
      !TEXT_FIELDS.every(isTextOrNothing) ||
      Number.isNaN(timestamp) ||
      !isObject(data)
    ) {
      invalid.push(index);
      continue;
    }
    const { type, source, subject, externalSubject, namespace, idempotencyKey } = event;

    const key = JSON.stringify([namespace ?? null, source ?? null, idempotencyKey]);
    const isKeyed = typeof idempotencyKey === "string";
    if (options.deduplicate && isKeyed && keys.includes(key)) continue;

    const ownSubject =
      typeof subject === "string"
        ? subject
        : typeof externalSubject === "string"
          ? options.resolveSubject(externalSubject)
          : undefined;
    const concerns =
      type === cost.eventType &&
      (typeof namespace !== "string" ||
        typeof cost.merchantId !== "string" ||
        namespace === cost.merchantId) &&
      (query.subject === undefined || ownSubject === query.subject) &&
      timestamp >= naiveTime(query.from) &&
      timestamp < naiveTime(query.to);
    const fields = {
      $subject: ownSubject ?? "",
      $source: typeof source === "string" ? source : "",
    };
    const passes = Object.entries(query.filterGroupBy ?? {}).every(([name, filter]) =>
      (Array.isArray(filter) ? filter : [filter]).some(
        (value) => String(value) === textOf(name, { data, fields }),
      ),
    );
    if (concerns) {
      try {
        if (readsNumbers) usableUnits(valueAt(data, cost.valueProperty ?? ""));
      } catch (error) {
        if (!(error instanceof InvalidNumber)) throw error;
        invalid.push(index);
        continue;
      }
      if (passes) counted.push({ timestamp, data, fields });
    }
    if (isKeyed) keys.push(key);
  }

  const total = aggregate(cost, counted) ?? (cost.aggregation === "SUM" ? 0n : undefined);
  const totals = total === undefined ? undefined : amounts(cost, total);

  const groups: NonNullable<PlainSummary["groups"]>[number][] = [];
  const valuesOf = (event: Counted): string[] => names.map((name) => textOf(name, event));
  const isSame = (a: readonly string[], b: readonly string[]): boolean =>
    a.every((value, position) => value === b[position]);
  const combinations: string[][] = [];
  for (const event of counted) {
    const values = valuesOf(event);
    if (!combinations.some((known) => isSame(known, values))) combinations.push(values);
  }
  combinations.sort((a, b) => {
    const position = a.findIndex((value, at) => value !== b[at]);
    return (a[position] ?? "") < (b[position] ?? "") ? -1 : 1;
  });
  for (const values of combinations) {
    const members = counted.filter((event) => isSame(valuesOf(event), values));
    const units = aggregate(cost, members);
    if (units === undefined) continue;
    const dimensions = Object.fromEntries(names.map((name, at) => [name, values[at] ?? ""]));
    groups.push({ dimensions, ...amounts(cost, units) });
  }

  const timeSeries: NonNullable<PlainSummary["timeSeries"]>[number][] = [];
  const length = query.window === undefined ? 1 : WINDOWS[query.window];
  const startOf = (timestamp: number): number => {
    const beyond = timestamp % length;
    return timestamp - (beyond < 0 ? beyond + length : beyond);
  };
  const starts = [...new Set(counted.map(({ timestamp }) => startOf(timestamp)))];
  for (const start of starts.sort((a, b) => a - b)) {
    const members = counted.filter(({ timestamp }) => startOf(timestamp) === start);
    const units = aggregate(cost, members);
    if (units === undefined) continue;
    timeSeries.push({
      windowStart: new Date(start).toISOString(),
      windowEnd: new Date(start + length).toISOString(),
      ...amounts(cost, units),
    });
  }

  return {
    summary: {
      totalQuantity: totals?.quantity ?? null,
      totalCost: totals?.cost ?? null,
      ...(names.length === 0 ? {} : { groups }),
      ...(query.window === undefined ? {} : { timeSeries }),
    },
    invalid,
    used: counted.length,
    withoutValue: readsNumbers
      ? counted.filter(
          ({ data }) => usableUnits(valueAt(data, cost.valueProperty ?? "")) === undefined,
        ).length
      : 0,
    keys,
  };
}

function namesOf(groupBy: CostSummaryParams["groupBy"]): readonly string[] {
  const names = typeof groupBy === "string" ? groupBy.split(",") : (groupBy ?? []);
  const trimmed = typeof groupBy === "string" ? names.map((name) => name.trim()) : names;
  return [...new Set(trimmed)].filter((name) => typeof groupBy !== "string" || name !== "");
}

function naiveTime(time: Date | string): number {
  return naiveInstant(typeof time === "string" ? time : time.toISOString());
}
