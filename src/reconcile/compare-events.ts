import { isAdditive } from "../engine/accumulators.ts";
import {
  dimensionText,
  readAt,
  UnreadableValueError,
  usableNumber,
} from "../engine/event-values.ts";
import { NONE } from "../engine/exact-sums.ts";
import { type CheckedEvent, checkEvent, unreadable } from "../engine/from-any.ts";
import { doubled, hashSeed, StringInterner } from "../engine/interners.ts";
import { compilePlan, type Plan } from "../engine/plan.ts";
import { currentTime, type SummaryOptions } from "../engine/summary-options.ts";
import { InvalidEventError } from "../errors.ts";
import type { CostDefinition, CostEvent, CostSummaryParams } from "../models.ts";
import { isChunk, type NdjsonOptions } from "../ndjson/byte-source.ts";
import { type EventSource, eachEvent } from "../ndjson/event-source.ts";
import { anything, callback, optional, signal, strictObject } from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { type Decimal, decimalOf, decimalOfProduct } from "../values/decimal.ts";
import { isJsonObject, jsonForm, jsonTree, jsonTreeOfForm } from "../values/json-form.ts";
import { LosslessNumber } from "../values/lossless-json.ts";
import {
  add,
  type Exact,
  exactOf,
  exactOfNumber,
  numberText,
  ONE,
  subtract,
  ZERO,
} from "../values/scaled-integer.ts";
import { unreadableBecause } from "../values/unserializable-value.ts";
import { Sample } from "./classification.ts";
import { EVER } from "./explain-event.ts";
import type { EventSample } from "./result.ts";

/** An event as a server lists it: what `billableMetrics.listAllEvents` gives is one. */
export interface StoredEvent extends Omit<CostEvent, "timestamp"> {
  readonly id?: string | undefined;
  /** In place of `timestamp`. */
  readonly time?: Date | string | undefined;
  readonly timestamp?: Date | string | undefined;
}

/** Which of the two sides an event is of. */
export type ComparedSide = "local" | "server";

/** How events are compared. */
export interface CompareEventsOptions
  extends Pick<SummaryOptions, "clock" | "resolveSubject">,
    Pick<NdjsonOptions, "signal"> {
  /** Says what each difference is worth: the cost's quantity, and that at its unit cost. SUM and COUNT only. */
  readonly cost?: CostDefinition | undefined;
  /** Which events are worth something: those that the cost counts. All of its type unless given. */
  readonly query?: CostSummaryParams | undefined;
  /** Takes each invalid event instead of its being thrown; it is compared with nothing. */
  readonly onInvalidEvent?: ((error: InvalidEventError, side: ComparedSide) => void) | undefined;
  /** Called now and then with how many events of a side were read. What it throws ends the comparison. */
  readonly onProgress?:
    | ((progress: { readonly side: ComparedSide; readonly events: number }) => void)
    | undefined;
}

/** What a difference is worth: server less local, as the cost counts it. */
export interface EventWorth {
  readonly quantity: Decimal;
  readonly cost: Decimal;
}

/** An event of one side. */
export interface ComparedEvent {
  /** Its position among the events of its side, from 0. */
  readonly index: number;
  readonly key: string;
  /** `""` where it has none. */
  readonly source: string;
  readonly type: string;
  /** What `resolveSubject` gives where it has only an `externalSubject`. */
  readonly subject?: string | undefined;
  /** Undefined where it has none. */
  readonly timestamp?: Date | undefined;
  /** With a `cost` of SUM or COUNT only. */
  readonly worth?: EventWorth | undefined;
}

/** A field that both sides have with different values. */
export interface EventFieldDifference {
  /** `["type"]`, `["subject"]`, `["externalSubject"]`, `["timestamp"]`, or the way to a value: `["data", "tokens"]`. */
  readonly path: readonly (string | number)[];
  /**
   * Undefined where there is none. Of `["data"]` as a whole it is undefined when the local events come from a stream,
   * which cannot be read twice.
   */
  readonly local: unknown;
  readonly server: unknown;
}

/** An event of which the server stored something else. */
export interface DifferentEvent extends ComparedEvent {
  /** Its position among the server's events, from 0. */
  readonly serverIndex: number;
  readonly fields: readonly EventFieldDifference[];
}

/** How two sets of events compare, by idempotency key and source. */
export interface EventComparison {
  /** How many events were read. */
  readonly read: { readonly [Side in ComparedSide]: number };
  /** Keys that both sides have with the same fields. */
  readonly equal: number;
  /** Events that the server lacks, in the order of your own. */
  readonly onlyLocal: readonly ComparedEvent[];
  /** Events that only the server has, in its order. */
  readonly onlyServer: readonly ComparedEvent[];
  /** Events that both have, but not alike; in the server's order. */
  readonly different: readonly DifferentEvent[];
  /** Events without a key, which nothing can match. */
  readonly withoutKey: { readonly [Side in ComparedSide]: EventSample };
  /** Events whose key their own side had before: the first of each key is compared. */
  readonly repeated: { readonly [Side in ComparedSide]: EventSample };
  /** Of all differences together: the server's events less your own. With a `cost` of SUM or COUNT only. */
  readonly worth?: EventWorth | undefined;
}

const REFUSED = "compareEvents: the events cannot be compared";
const compareOptions = /* @__PURE__ */ strictObject(
  {
    cost: /* @__PURE__ */ optional(/* @__PURE__ */ anything<CostDefinition>()),
    query: /* @__PURE__ */ optional(/* @__PURE__ */ anything<CostSummaryParams>()),
    clock: /* @__PURE__ */ optional(/* @__PURE__ */ callback<() => Date>()),
    resolveSubject: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(externalSubject: string) => string | undefined>(),
    ),
    onInvalidEvent: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<NonNullable<CompareEventsOptions["onInvalidEvent"]>>(),
    ),
    onProgress: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<NonNullable<CompareEventsOptions["onProgress"]>>(),
    ),
    signal: /* @__PURE__ */ optional(signal),
  },
  { what: "an object of options" },
);

/** What an event adds to the quantity of a cost; undefined where it does not count. */
function quantityOf(event: CheckedEvent, subject: string | undefined, plan: Plan, now: number) {
  const { type, namespace, timestamp = now, data } = event;
  const isAsked =
    type === plan.eventType &&
    (plan.merchantId === undefined || namespace === null || namespace === plan.merchantId) &&
    (plan.subject === undefined || subject === plan.subject) &&
    timestamp >= plan.from &&
    timestamp < plan.to &&
    plan.filters.every(({ path, texts }) => texts.has(readAt(data, path, dimensionText)));
  if (!isAsked) return undefined;
  return plan.aggregation === "COUNT" ? ONE : readAt(data, plan.valuePath, usableNumber);
}

/** Deeper data cannot be sent. */
const DEEPEST = 1_000;

/** Two hashes of 32 bits of the values of an event's data: equal for equal data, whatever the order of its members. */
class DataHash {
  first = 0;
  second = 0;
  readonly #seed = hashSeed();
  // What `#hash` made last.
  #a = 0;
  #b = 0;

  /** Throws a `NotJsonError` where JSON could not carry the data. */
  of(data: object): void {
    this.first = 0;
    this.second = 0;
    this.#add(data, this.#seed[2] as number, this.#seed[3] as number, 0);
  }

  /** Adds a value in its JSON form, at a place that has those hashes. */
  #add(form: unknown, a: number, b: number, depth: number): void {
    if (depth === DEEPEST) jsonTreeOfForm(form, depth); // refuses an object or an array
    if (Array.isArray(form)) {
      for (let at = 0; at < form.length; at++) {
        this.#hash(String(at), a ^ ARRAY, b);
        this.#add(jsonForm(form[at], String(at)) ?? null, this.#a, this.#b, depth + 1);
      }
      if (form.length === 0) this.#addLeaf("[]", a, b);
    } else if (isJsonObject(form)) {
      let isEmpty = true;
      for (const name of Object.keys(form)) {
        const value = jsonForm(form[name], name);
        if (value === undefined) continue;
        isEmpty = false;
        this.#hash(name, a, b);
        this.#add(value, this.#a, this.#b, depth + 1);
      }
      if (isEmpty) this.#addLeaf("{}", a, b);
    } else this.#addLeaf(leafText(form), a, b);
  }

  /** Sums, so that the order of members makes no difference. */
  #addLeaf(text: string, a: number, b: number): void {
    this.#hash(text, a, b);
    this.first = (this.first + this.#a) | 0;
    this.second = (this.second + this.#b) | 0;
  }

  #hash(text: string, a: number, b: number): void {
    let first = a;
    let second = b;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      first = Math.imul(first ^ code, 0x85ebca6b);
      second = Math.imul((second + code) | 0, 0xc2b2ae35);
      second ^= second >>> 15;
    }
    first ^= first >>> 13;
    this.#a = Math.imul(first, 0x27d4eb2f);
    this.#b = Math.imul(second ^ text.length, 0x165667b1);
  }
}

/** Tells the items of an array from members of an object that are called `0`, `1`, ... */
const ARRAY = 0x5b;

/** The text of a value that is no object and no array, with its kind before it; of what is absent, one of its own. */
function leafText(value: unknown): string {
  if (typeof value === "string") return `s${value}`;
  return value instanceof LosslessNumber ? `n${numberText(value.text)}` : `n${value}`;
}

/** Where two plain trees differ, each value by its way. */
function* differences(
  local: unknown,
  server: unknown,
  path: readonly (string | number)[],
): Generator<EventFieldDifference> {
  if (isJsonObject(local) && isJsonObject(server)) {
    for (const name of new Set([...Object.keys(local), ...Object.keys(server)])) {
      const member = (of: object): unknown =>
        Object.hasOwn(of, name) ? (of as Record<string, unknown>)[name] : undefined;
      yield* differences(member(local), member(server), [...path, name]);
    }
  } else if (Array.isArray(local) && Array.isArray(server) && local.length === server.length) {
    for (const [at, item] of local.entries()) yield* differences(item, server[at], [...path, at]);
  } else if (!isSameLeaf(local, server)) yield { path, local, server };
}

/** Whether both are the same leaf: trees that have members differ here, in their kind or in their length. */
function isSameLeaf(a: unknown, b: unknown): boolean {
  const isLeaf = (tree: unknown): boolean => !Array.isArray(tree) && !isJsonObject(tree);
  return isLeaf(a) && isLeaf(b) && leafText(a) === leafText(b);
}

/** Whether a source gives the same again. */
const isRepeatable = (source: unknown): boolean =>
  Array.isArray(source) ||
  isChunk(source) ||
  typeof (source as { stream?: unknown }).stream === "function";

/** A typed array that grows. */
class Column<Numbers extends Int32Array | Float64Array> {
  values: Numbers;
  #length = 0;

  constructor(values: Numbers) {
    this.values = values;
  }

  push(value: number): void {
    if (this.#length === this.values.length) this.values = doubled(this.values);
    this.values[this.#length++] = value;
  }
}
const integers = () => new Column(new Int32Array(1_024));
const doubles = () => new Column(new Float64Array(1_024));

/** What is kept of each local event that has a key: one row of numbers. */
class LocalRows {
  readonly index = integers();
  readonly type = integers();
  readonly subject = integers();
  readonly externalSubject = integers();
  readonly timestamp = doubles();
  readonly firstHash = integers();
  readonly secondHash = integers();
  /** What it adds to the cost's quantity, NaN where it is in `exacts`; 0 where it does not count. */
  readonly quantity = doubles();
  readonly exacts = new Map<number, Exact>();
  /** The server's event with its key; -1 while there is none. */
  readonly server = integers();
  length = 0;

  quantityOf(row: number): Exact {
    const number = this.quantity.values[row] as number;
    return Number.isNaN(number) ? (this.exacts.get(row) ?? ZERO) : exactOfNumber(number);
  }
}

/** One event as it is read. */
interface ReadEvent {
  readonly event: CheckedEvent;
  readonly index: number;
  readonly subject: string | undefined;
  readonly quantity: number | Exact | undefined;
}

interface Difference {
  readonly row: number;
  readonly serverIndex: number;
  readonly fields: EventFieldDifference[];
  /** The server's data, where it differs. */
  readonly data: unknown;
  readonly quantity: Exact;
}

class EventComparer {
  readonly #options: CompareEventsOptions;
  /** What events are worth; undefined where they are worth nothing one by one. */
  readonly #plan: Plan | undefined;
  readonly #sources = new StringInterner();
  readonly #types = new StringInterner();
  readonly #subjects = new StringInterner();
  /** The number of a key's source, a colon, and the key. */
  readonly #keys = new StringInterner();
  readonly #rows = new LocalRows();
  readonly #hash = new DataHash();
  readonly #now: number;
  readonly #read = { local: 0, server: 0 };
  readonly #withoutKey = { local: new Sample(), server: new Sample() };
  readonly #repeated = { local: new Sample(), server: new Sample() };
  readonly #onlyServer: ComparedEvent[] = [];
  readonly #different: Difference[] = [];
  #equal = 0;
  #worth = ZERO;

  constructor(options: CompareEventsOptions) {
    const { cost, query } = options;
    this.#options = options;
    const plan = cost === undefined ? undefined : compilePlan(cost, query ?? EVER);
    this.#plan = plan && isAdditive(plan.aggregation) ? plan : undefined;
    this.#now = currentTime({ clock: options.clock });
  }

  async compare(local: unknown, server: unknown): Promise<EventComparison> {
    await this.#each("local", local, (read) => this.#addLocal(read));
    await this.#each("server", server, (read) => this.#addServer(read));
    await this.#findData(local);
    const rows = this.#rows;
    const onlyLocal: ComparedEvent[] = [];
    for (let row = 0; row < rows.length; row++) {
      if (rows.server.values[row] !== NONE) continue;
      const quantity = rows.quantityOf(row);
      onlyLocal.push(this.#localEvent(row, subtract(ZERO, quantity)));
      this.#worth = subtract(this.#worth, quantity);
    }
    const different = this.#different.map(({ row, serverIndex, fields, quantity }) => {
      const change = subtract(quantity, rows.quantityOf(row));
      this.#worth = add(this.#worth, change);
      return { ...this.#localEvent(row, change), serverIndex, fields };
    });
    return {
      read: { ...this.#read },
      equal: this.#equal,
      onlyLocal,
      onlyServer: this.#onlyServer,
      different,
      withoutKey: this.#withoutKey,
      repeated: this.#repeated,
      ...this.#worthOf(this.#worth),
    };
  }

  async #each(side: ComparedSide, source: unknown, use: (read: ReadEvent) => void): Promise<void> {
    const { signal, onInvalidEvent, onProgress } = this.#options;
    const refuse = (error: InvalidEventError): void => {
      if (onInvalidEvent === undefined) throw error;
      onInvalidEvent(error, side);
    };
    let index = 0;
    const options = {
      signal,
      onProgress: onProgress && (() => onProgress({ side, events: index })),
      // Of lines that are no events; those that are come to be checked below.
      onInvalidEvent: (error: InvalidEventError): void => {
        index++;
        refuse(error);
      },
    };
    await eachEvent(source, options, (given) => {
      const at = index++;
      const checked = checkEvent(withTimestamp(given));
      if ("issues" in checked) {
        refuse(new InvalidEventError({ index: at, line: undefined, ...checked }));
        return;
      }
      const subject =
        checked.subject ??
        (checked.externalSubject === null ? undefined : this.#resolved(checked.externalSubject));
      let quantity: number | Exact | undefined;
      try {
        this.#hash.of(checked.data);
        quantity = this.#plan && quantityOf(checked, subject, this.#plan, this.#now);
      } catch (error) {
        const problem = unreadableProblem(error, checked);
        refuse(new InvalidEventError({ index: at, line: undefined, ...problem }));
        return;
      }
      if (checked.idempotencyKey === null) this.#withoutKey[side].add(at, () => null);
      else use({ event: checked, index: at, subject, quantity });
    });
    this.#read[side] = index;
    onProgress?.({ side, events: index });
  }

  #resolved(externalSubject: string): string | undefined {
    const subject: unknown = this.#options.resolveSubject?.(externalSubject);
    if (subject === undefined || typeof subject === "string") return subject;
    return refuseInput(
      REFUSED,
      ["resolveSubject"],
      "expected a function that returns text or undefined",
    );
  }

  #keyOf({ source, idempotencyKey }: CheckedEvent): number {
    return this.#keys.numberOf(`${this.#sources.numberOf(source ?? "")}:${idempotencyKey}`);
  }

  #addLocal({ event, index, subject, quantity }: ReadEvent): void {
    const rows = this.#rows;
    const row = this.#keyOf(event);
    if (row < rows.length) {
      this.#repeated.local.add(index, () => event.idempotencyKey);
      return;
    }
    rows.length++;
    rows.index.push(index);
    rows.type.push(this.#types.numberOf(event.type));
    rows.subject.push(subject === undefined ? NONE : this.#subjects.numberOf(subject));
    rows.externalSubject.push(
      event.externalSubject === null ? NONE : this.#subjects.numberOf(event.externalSubject),
    );
    rows.timestamp.push(event.timestamp ?? Number.NaN);
    rows.firstHash.push(this.#hash.first);
    rows.secondHash.push(this.#hash.second);
    rows.server.push(NONE);
    if (typeof quantity === "object") rows.exacts.set(row, quantity);
    rows.quantity.push(typeof quantity === "object" ? Number.NaN : (quantity ?? 0));
  }

  #addServer({ event, index, subject, quantity }: ReadEvent): void {
    const rows = this.#rows;
    const known = this.#keys.size;
    const row = this.#keyOf(event);
    const exact = exactOf(quantity ?? ZERO);
    if (row >= rows.length) {
      // A key that is known, but not from here, came from the server before.
      if (row < known) this.#repeated.server.add(index, () => event.idempotencyKey);
      else {
        this.#onlyServer.push({
          index,
          key: event.idempotencyKey as string,
          source: event.source ?? "",
          type: event.type,
          ...(subject !== undefined && { subject }),
          ...(event.timestamp !== undefined && { timestamp: new Date(event.timestamp) }),
          ...this.#worthOf(exact),
        });
        this.#worth = add(this.#worth, exact);
      }
      return;
    }
    if (rows.server.values[row] !== NONE) {
      this.#repeated.server.add(index, () => event.idempotencyKey);
      return;
    }
    rows.server.values[row] = index;
    const fields: EventFieldDifference[] = [];
    const compare = (name: string, local: unknown, server: unknown): void => {
      if (local !== server) fields.push({ path: [name], local, server });
    };
    compare("type", this.#types.textOf(rows.type.values[row] as number), event.type);
    const subjectNumber = rows.subject.values[row] as number;
    // Whose event it is may be known to the server alone.
    if (subjectNumber !== NONE) compare("subject", this.#subjects.textOf(subjectNumber), subject);
    const external = rows.externalSubject.values[row] as number;
    if (external !== NONE && event.externalSubject !== null) {
      compare("externalSubject", this.#subjects.textOf(external), event.externalSubject);
    }
    const time = rows.timestamp.values[row] as number;
    // One that was sent without a time has that of its receipt.
    if (!Number.isNaN(time) && time !== event.timestamp) {
      const stored = event.timestamp === undefined ? undefined : new Date(event.timestamp);
      fields.push({ path: ["timestamp"], local: new Date(time), server: stored });
    }
    const isOther =
      rows.firstHash.values[row] !== this.#hash.first ||
      rows.secondHash.values[row] !== this.#hash.second;
    if (fields.length === 0 && !isOther) {
      this.#equal++;
      // A subject that the server alone knows makes a difference to a query that names it.
      if (rows.quantity.values[row] !== (quantity ?? 0)) {
        this.#worth = add(this.#worth, subtract(exact, rows.quantityOf(row)));
      }
      return;
    }
    const data = isOther ? jsonTree(event.data) : undefined;
    this.#different.push({ row, serverIndex: index, fields, data, quantity: exact });
  }

  /** Reads the local events once more for the data of those that differ; of a stream only the server's are known. */
  async #findData(source: unknown): Promise<void> {
    const byIndex = new Map<number, Difference>();
    for (const difference of this.#different) {
      if (difference.data === undefined) continue;
      byIndex.set(this.#rows.index.values[difference.row] as number, difference);
    }
    if (byIndex.size === 0) return;
    if (!isRepeatable(source)) {
      for (const { fields, data } of byIndex.values()) {
        fields.push({ path: ["data"], local: undefined, server: data });
      }
      return;
    }
    let index = 0;
    const onInvalidEvent = (): void => {
      index++;
    };
    await eachEvent(source, { signal: this.#options.signal, onInvalidEvent }, (given) => {
      const difference = byIndex.get(index++);
      if (difference === undefined) return;
      const local = jsonTree((given as CostEvent).data);
      difference.fields.push(...differences(local, difference.data, ["data"]));
    });
  }

  #localEvent(row: number, worth: Exact): ComparedEvent {
    const { index, type, subject, timestamp } = this.#rows;
    const text = this.#keys.textOf(row);
    const colon = text.indexOf(":");
    const subjectNumber = subject.values[row] as number;
    const time = timestamp.values[row] as number;
    return {
      index: index.values[row] as number,
      key: text.slice(colon + 1),
      source: this.#sources.textOf(Number(text.slice(0, colon))),
      type: this.#types.textOf(type.values[row] as number),
      ...(subjectNumber !== NONE && { subject: this.#subjects.textOf(subjectNumber) }),
      ...(!Number.isNaN(time) && { timestamp: new Date(time) }),
      ...this.#worthOf(worth),
    };
  }

  #worthOf(quantity: Exact): { worth?: EventWorth } {
    if (this.#plan === undefined) return {};
    const cost = decimalOfProduct(this.#plan.unitCost, quantity);
    return { worth: { quantity: decimalOf(quantity), cost } };
  }
}

/** An event with the name that its time has here; a server lists it as `time`. */
function withTimestamp(event: unknown): unknown {
  if (typeof event !== "object" || event === null || !("time" in event)) return event;
  const { timestamp } = event as StoredEvent;
  return timestamp === undefined ? { ...event, timestamp: event.time } : event;
}

function unreadableProblem(error: unknown, { idempotencyKey }: CheckedEvent) {
  const key = idempotencyKey ?? undefined;
  if (error instanceof UnreadableValueError) return unreadable(error, key);
  return { key, issues: [{ path: ["data"], message: unreadableBecause(error) }] };
}

/**
 * Compares your own events with those that a server stored, one by one: events that only one side has, and events that
 * the server stored differently, field by field. Where `reconcile` finds causes from sums, this is exact; it needs the
 * server's list of events, which `billableMetrics.listAllEvents` gives for a billable metric of the same event type.
 *
 * - Events match by idempotency key and source. Those without a key match nothing and are counted apart; of repeated keys
 *   the first is compared, the others are counted.
 * - Both sides are arrays or other iterables of events, asynchronous or not, or NDJSON as `summarizeNdjson` reads it. Of
 *   the server's events the time is in `time` or `timestamp`. Each side is read once; the local one a second time for
 *   the data that differs, if it is an array, text, bytes or a `Blob`.
 * - Memory holds each key and about 50 bytes for each local event, besides the differences. Data is compared by two seeded
 *   hashes of 32 bits: of two events whose data differs by accident, about 1 in 10^19 would pass as equal.
 * - Numbers are compared as decimals, times to the millisecond. What only the server has is no difference: its `id`,
 *   the subject of an event of which you have only the `externalSubject`, the time of one that was sent without.
 * - With a `cost` of SUM or COUNT, `worth` says what each difference changes in the server's quantity and cost; it adds up
 *   to the server's total less your own. Other aggregations do not add up, and have none.
 * - Two empty sides have nothing to tell: all lists are empty.
 *
 * Rejects with an `InvalidInputError` for options or a source that cannot be used, with an `InvalidEventError` for an
 * invalid event, unless `onInvalidEvent` takes it, with what a source throws, and with the signal's reason.
 *
 * @example
 * ```ts
 * import { compareEvents } from "metered-costs/summary";
 *
 * const local = ["a", "b"].map((key) => ({
 *   type: "llm",
 *   source: "gateway",
 *   subject: "cus_1",
 *   idempotencyKey: key,
 *   timestamp: "2026-06-01T10:00:00Z",
 *   data: { tokens: 100 },
 * }));
 * const stored = [
 *   { id: "ev_1", type: "llm", source: "gateway", subject: "cus_1", idempotencyKey: "a",
 *     time: new Date("2026-06-01T10:00:00Z"), data: { tokens: 90 } },
 * ];
 * const cost = { unitCost: "0.01", aggregation: "SUM", eventType: "llm", valueProperty: "$.tokens" };
 * const { onlyLocal, different, worth } = await compareEvents(local, stored, { cost });
 * console.log(onlyLocal.map(({ key, worth }) => `${key} ${worth?.cost}`)); // [ 'b -1' ]
 * console.log(different[0]?.fields); // [ { path: [ 'data', 'tokens' ], local: 100, server: 90 } ]
 * console.log(`${worth?.cost}`); // -1.1
 * ```
 */
export async function compareEvents(
  local: EventSource<CostEvent>,
  server: EventSource<StoredEvent>,
  options: CompareEventsOptions = {},
): Promise<EventComparison> {
  return new EventComparer(readInput(compareOptions, options, REFUSED)).compare(local, server);
}
