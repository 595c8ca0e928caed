import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { DAY, DAYS, EVENT_TYPE, FROM } from "./question.ts";

/** A usage event as it is made up: the same in every run. */
export interface Usage {
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly namespace: string | undefined;
  readonly key: string;
  /** Milliseconds since 1970; those of a log are all different. */
  readonly time: number;
  readonly model: string;
  readonly region: string;
  /** Three quarters as many as events: the dimension with many values. */
  readonly thread: string;
  readonly milliseconds: number;
  /** The value is `coefficient / 10 ** places`; at most six digits, at most six places. */
  readonly coefficient: number;
  readonly places: number;
}

const MODELS = [
  ...["atlas-mini", "atlas-large", "atlas-vision", "boreal-7b"],
  ...["boreal-70b", "cirrus-fast", "cirrus-pro", "delta-embed"],
];
const REGIONS = ["eu-west-1", "eu-north-1", "us-east-1", "us-west-2", "ap-south-1"];
/** One event in so many is the repetition, whole, of one sent a little before. */
const REPEATS_EVERY = 500;
const REPEATS_AFTER = 250;
/** Events arrive in the order of their times but for this many, which are stirred. */
const STIRRED = 64;

/** Mixes 32 bits; no two numbers give the same (the finalizer of MurmurHash3). */
export function mix(number: number): number {
  const first = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return (second ^ (second >>> 16)) >>> 0;
}

export function hex(number: number): string {
  return number.toString(16).padStart(8, "0");
}

function pick(values: readonly string[], number: number): string {
  return values[number % values.length] as string;
}

/** Event `index` of a log of `count` events without repetitions. */
function original(index: number, count: number): Usage {
  const a = mix(index + 1);
  const b = mix(a ^ 0x9e3779b9);
  const c = mix(b ^ 0x7f4a7c15);
  const place = index - (index % STIRRED) + ((index * 37) % STIRRED);
  return {
    type: a % 10 === 0 ? "image.render" : EVENT_TYPE,
    source: `relay-${c % 4}`,
    subject: `cus_${b % 500}`,
    namespace: c & 64 ? "org_1" : undefined,
    key: hex(a) + hex(b),
    time: FROM + Math.floor((place * DAYS * DAY) / (count + STIRRED)),
    model: pick(MODELS, a >>> 5),
    region: pick(REGIONS, b >>> 7),
    thread: hex(mix(Math.floor(index * 0.75))),
    milliseconds: c % 3000,
    coefficient: c % 1_000_000,
    places: b % 7,
  };
}

/** The event as an object. */
export function eventOf(event: Usage): UsageEvent {
  const { type, source, subject, namespace, key, time, model, region, thread } = event;
  return {
    type,
    source,
    subject,
    ...(namespace !== undefined && { namespace }),
    timestamp: new Date(time).toISOString(),
    idempotencyKey: key,
    data: {
      model,
      region,
      thread,
      tokens: event.coefficient / 10 ** event.places,
      ms: event.milliseconds,
    },
  };
}

function usage(index: number, count: number): Usage {
  const isRepeat = index % REPEATS_EVERY === REPEATS_EVERY - 1;
  return original(isRepeat ? index - REPEATS_AFTER : index, count);
}

/** The same event with its dimensions and values one object deeper. */
function nestedEventOf(event: Usage): object {
  const { data, ...rest } = eventOf(event);
  const { model, region, thread, tokens, ms } = data;
  return {
    ...rest,
    data: {
      request: { model, region, id: event.key },
      thread,
      usage: { tokens, ms, cached: false },
    },
  };
}

/** How the events of a log are written: in the order of their times, in a random order, or with nested data. */
export type LogKind = "in order" | "in random order" | "nested";

/** A log of `count` events. */
export function* usages(count: number): Generator<Usage> {
  for (let index = 0; index < count; index++) yield usage(index, count);
}

/** A log of so many different keys, all of one source, then of so many of them again, from first to last. */
export function* keyedUsages(keys: number, repeats: number): Generator<Usage> {
  const scope = { source: "relay-0", namespace: undefined };
  for (let index = 0; index < keys; index++) yield { ...original(index, keys), ...scope };
  for (let repeat = 0; repeat < repeats; repeat++) {
    yield { ...original(Math.floor((repeat * keys) / repeats), keys), ...scope };
  }
}

export interface UsageEvent {
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly namespace?: string;
  readonly timestamp: string;
  readonly idempotencyKey: string;
  readonly data: {
    readonly model: string;
    readonly region: string;
    readonly thread: string;
    readonly tokens: number;
    readonly ms: number;
  };
}

function usagesOf(count: number, kind: LogKind): Iterable<Usage> {
  return kind === "in random order" ? shuffled([...usages(count)]) : usages(count);
}

/** The events of a log as `JSON.parse` gives them, allocated one after the other. */
export function parsedEvents(count: number, kind: LogKind = "in order"): UsageEvent[] {
  return Array.from(usagesOf(count, kind), (event) => JSON.parse(JSON.stringify(eventOf(event))));
}

/** The same objects in an order that has nothing to do with where they lie in memory. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item, index) => ({ item, rank: mix(index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** The path of a log of `count` events as NDJSON, in a folder that keeps it for the next one who asks. */
export async function logFile(
  folder: string,
  count: number,
  kind: LogKind = "in order",
): Promise<string> {
  const path = join(folder, `${count}-${kind.replaceAll(" ", "-")}.ndjson`);
  if (existsSync(path)) return path;
  const file = createWriteStream(path);
  let text = "";
  const write = kind === "nested" ? nestedEventOf : eventOf;
  for (const event of usagesOf(count, kind)) {
    text += `${JSON.stringify(write(event))}\n`;
    if (text.length < 1 << 20) continue;
    if (!file.write(text)) await once(file, "drain");
    text = "";
  }
  file.end(text);
  await finished(file);
  return path;
}
