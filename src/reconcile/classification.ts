import { KeyScopes } from "../engine/deduplicator.ts";
import {
  ABSENT,
  CAPACITY,
  type Column,
  type EventBatch,
  EventLayout,
  NULL_TEXT,
  PRESENT,
} from "../engine/event-batch.ts";
import { type EventConsumer, EventPipeline } from "../engine/event-pipeline.ts";
import { NONE } from "../engine/exact-sums.ts";
import { subjectOf } from "../engine/filter.ts";
import { Combinations, doubled, PairInterner, StringInterner } from "../engine/interners.ts";
import { compilePlan, type Plan } from "../engine/plan.ts";
import { readOptions, type SummaryOptions } from "../engine/summary-options.ts";
import { orderOf } from "../engine/text-order.ts";
import type { InvalidEventError } from "../errors.ts";
import type { CostDefinition, CostSummaryParams } from "../models.ts";
import { BoundedAccumulators, truncationOf } from "./accumulators.ts";
import { EventColumns } from "./event-columns.ts";
import type { EventReference, EventSample, ExplainedEvents, Reason } from "./result.ts";
import {
  ALL_KEY_BITS,
  FIRST,
  FIRST_ALONE,
  IN_RANGE,
  isNearRange,
  LAST,
  LAST_ALONE,
  MISSING,
  NAMESPACE,
  OF_SUBJECT,
  PASSES,
  PASSES_WITH_EMPTY,
  type Rules,
  rangeBits,
  TYPE_SHIFT,
  USABLE,
} from "./rules.ts";

/** Every reason, in the order in which they are looked at. */
const REASONS: readonly Reason[] = [
  "duplicate",
  "other-type",
  "other-namespace",
  "other-subject",
  "unresolved-subject",
  "before",
  "after",
  "filtered",
  "no-value",
  "unusable-value",
  "invalid",
];

/** Events by their rows. */
export interface RowSet {
  readonly count: number;
  /** In ascending order. */
  rows(): Iterable<number>;
}

/** How many events a sample names. */
const MAX_NAMED = 5;

/** Counts events, and names the first few. */
export class Sample implements EventSample {
  count = 0;
  readonly first: EventReference[] = [];

  /** `keyOf` gives the event's key: most are not asked for. */
  add(index: number, keyOf: () => string | null | undefined): void {
    if (this.count++ < MAX_NAMED) this.first.push(referenceOf(index, keyOf() ?? null));
  }
}
/** How many other event types are looked at; events of further ones are never candidates. */
const MAX_OTHER_TYPES = 64;

/** The plan of a summary; throws an `InvalidInputError` for a cost, a query or options that no summary can be made of. */
export function checkArguments(
  cost: CostDefinition,
  query: CostSummaryParams,
  options: SummaryOptions,
): Plan {
  const plan = compilePlan(cost, query);
  readOptions(options);
  return plan;
}

/** Tells the groups of different values apart, whatever is in them. */
export function groupKey(values: readonly string[]): string {
  return JSON.stringify(values);
}

/** The values that a group's key was made of. */
export function valuesOfGroup(key: string): readonly string[] {
  return JSON.parse(key);
}

function referenceOf(index: number, key: string | null): EventReference {
  return key === null ? { index } : { index, key };
}

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

function keyTextOf({ keys, keyBytes }: EventBatch, row: number): string | null | undefined {
  if (keyBytes === undefined) return keys[row];
  const { bytes, starts, ends } = keyBytes;
  return starts[row] === -1 ? null : decoder.decode(bytes.subarray(starts[row], ends[row]));
}

/** The last row of each idempotency key, and of each key in its namespace and source. */
class LastRows {
  readonly #columns: EventColumns;
  /** By the number of the key: the row + 1, 0 for none; negative for a key of several scopes, which few logs have. */
  #ofKey = new Int32Array(1_024);
  /** Of those keys: the pairs of a scope and a key, and the row of each. */
  readonly #pairs = new PairInterner();
  readonly #ofPair: number[] = [];

  constructor(columns: EventColumns) {
    this.#columns = columns;
  }

  /** `NONE` where there is none, and for no key. */
  ofKey(key: number): number {
    return Math.abs(this.#ofKey[key] ?? 0) - 1;
  }

  inScope(key: number, scope: number): number {
    if ((this.#ofKey[key] ?? 0) < 0) {
      return this.#ofPair[this.#pairs.numberOf(scope, key)] ?? NONE;
    }
    const row = this.ofKey(key);
    return row !== NONE && this.#columns.scope[row] === scope ? row : NONE;
  }

  set(key: number, scope: number, row: number): void {
    while (key >= this.#ofKey.length) this.#ofKey = doubled(this.#ofKey);
    const before = this.ofKey(key);
    let isShared = (this.#ofKey[key] as number) < 0;
    if (!isShared && before !== NONE && this.#columns.scope[before] !== scope) {
      isShared = true;
      const other = this.#columns.scope[before] as number;
      this.#ofPair[this.#pairs.numberOf(other, key)] = before;
    }
    if (isShared) this.#ofPair[this.#pairs.numberOf(scope, key)] = row;
    this.#ofKey[key] = isShared ? -row - 1 : row + 1;
  }
}

/** A filter on a dimension: the numbers of the texts that pass, and whether null does as `"null"` and as `""`. */
interface Filter {
  readonly column: Column;
  readonly passing: readonly number[];
  readonly passesNull: boolean;
  readonly passesEmpty: boolean;
}

/**
 * Classifies events under all rules at once: the engine reads them, and what every rule would say of each is kept in a
 * column of masks. The rules of the local summary are those of `summarizeCost`. Events go into `pipeline`, in the order
 * received.
 */
export class EventClassification implements EventConsumer {
  readonly plan: Plan;
  readonly pipeline: EventPipeline;
  readonly columns = new EventColumns();
  /** The subjects and the idempotency keys of the events, by their numbers in the columns. */
  readonly subjects = new StringInterner();
  readonly keys = new StringInterner();
  readonly scopes = new KeyScopes();
  /** Event types other than the cost's, at most 64; in a mask they are numbered from 1. */
  readonly otherTypes: string[] = [];
  /** Whether a value has more than 19 digits behind the point. */
  hasLongFractions = false;
  /** Whether a dimension that is grouped by is null somewhere. */
  hasNullDimensions = false;
  /** Why the last event does not count; undefined where it does. */
  lastReason: Reason | undefined;

  readonly #createdAt: number;
  readonly #isDeduplicating: boolean;
  readonly #leftOut = new Map(REASONS.map((reason) => [reason, new Sample()]));
  readonly #typeNumbers = new Map<string, number>();
  readonly #lastRows = new LastRows(this.columns);

  readonly type: number;
  readonly valueColumns: readonly Column[];
  readonly #value: Column | undefined;
  readonly #presence: Column | undefined;
  readonly #groupBy: readonly Column[];
  readonly #filters: readonly Filter[];
  readonly #combinations: Combinations | undefined;
  #keysWithNull: readonly string[] | undefined;
  #keysWithEmpty: readonly string[] | undefined;
  readonly #ranks = new Map<string, Float64Array>();
  #byTime: Int32Array | undefined;

  // Of the batch at hand: the rows that could count under some rules, and what is known of each row.
  readonly rows = new Int32Array(CAPACITY);
  selected = 0;
  readonly #bits = new Int32Array(CAPACITY);
  readonly #subjects = new Int32Array(CAPACITY);
  readonly #texts: readonly Int32Array[];
  readonly #groups = new Int32Array(CAPACITY);

  /** `createdAt` is when the cost was created, in milliseconds since 1970, where that is known. */
  constructor(plan: Plan, options: SummaryOptions, createdAt = Number.NEGATIVE_INFINITY) {
    const { aggregation, eventType, valuePath, groupBy = [], filters } = plan;
    const layout = new EventLayout();
    this.plan = plan;
    this.#createdAt = createdAt;
    this.#isDeduplicating = options.deduplicate !== false;
    layout.hasScope = true;
    layout.hasKeys = true;
    layout.hasExternalSubjects = plan.subject !== undefined;
    this.type = layout.typeNumber(eventType);
    if (valuePath.length > 0) {
      const kind = aggregation === "UNIQUE_COUNT" ? "distinct" : "number";
      this.#value = layout.column(eventType, kind, valuePath);
      this.#presence = layout.column(eventType, "presence", valuePath);
    }
    this.#groupBy = groupBy.map((place) => layout.nullableColumn(eventType, place));
    this.#filters = filters.map(({ texts, ...place }) => {
      const column = layout.nullableColumn(eventType, place);
      const passing = [...texts].map((text) => column.numberOf(text));
      return { column, passing, passesNull: texts.has("null"), passesEmpty: texts.has("") };
    });
    this.#texts = groupBy.map(() => new Int32Array(CAPACITY));
    this.#combinations = groupBy.length === 0 ? undefined : new Combinations(groupBy.length);
    this.valueColumns = layout.columns;
    const { onInvalidEvent } = options;
    const read: SummaryOptions = {
      ...options,
      // Repeated events are classified, too.
      deduplicate: false,
      onInvalidEvent: (error) => {
        this.#refuse(error);
        onInvalidEvent?.(error);
      },
    };
    this.pipeline = new EventPipeline(read, layout, [this]);
  }

  select(batch: EventBatch, options: SummaryOptions): void {
    const { plan } = this;
    const { size, types, namespaces, times } = batch;
    let selected = 0;
    for (let row = 0; row < size; row++) {
      const type = types[row] as string;
      const typeNumber = type === plan.eventType ? 0 : this.#numberOfOtherType(type);
      const namespace = namespaces[row] ?? plan.merchantId;
      const subject = subjectOf(batch, row, options);
      const isOfSubject = plan.subject === undefined || subject === plan.subject;
      const time = times[row] as number;
      let bits = rangeBits(time, plan, this.#createdAt);
      // Another subject's may be booked on the query's.
      const isLikely = isOfSubject ? typeNumber <= MAX_OTHER_TYPES : typeNumber === 0;
      if (isLikely && isNearRange(bits, time, plan)) {
        this.rows[selected++] = row;
      }
      if (isOfSubject) bits |= OF_SUBJECT;
      if (plan.merchantId === undefined || namespace === plan.merchantId) bits |= NAMESPACE;
      this.#bits[row] = bits | (typeNumber << TYPE_SHIFT);
      this.#subjects[row] = subject === undefined ? NONE : this.subjects.numberOf(subject);
    }
    this.selected = selected;
  }

  needsValues(batch: EventBatch): boolean {
    const asked = OF_SUBJECT | NAMESPACE | IN_RANGE;
    const bits = this.#bits[0] as number;
    const isAsked = (bits & asked) === asked && bits >> TYPE_SHIFT === 0;
    const key = this.#keyOf(batch, 0);
    const before = this.#lastRows.inScope(key, this.#scopeOf(batch, 0));
    const isRepeated = this.#isDeduplicating && before !== NONE;
    if (isAsked && !isRepeated) return true;
    // It counts under no rules.
    this.selected = 0;
    return false;
  }

  count(batch: EventBatch, count: number): number {
    const { columns } = this;
    let { selected } = this;
    while (selected > 0 && (this.rows[selected - 1] as number) >= count) selected--;
    this.#numberGroups(selected);
    let next = 0;
    let used = 0;
    for (let row = 0; row < count; row++) {
      const at = columns.push();
      const key = this.#keyOf(batch, row);
      const scope = this.#scopeOf(batch, row);
      columns.timestamp[at] = batch.times[row] as number;
      columns.subject[at] = this.#subjects[row] as number;
      columns.scope[at] = scope;
      columns.key[at] = key;
      let bits = (this.#bits[row] as number) | ALL_KEY_BITS;
      if (key !== NONE && this.#isDeduplicating) bits &= ~this.#repeat(key, scope, at);
      if (next < selected && this.rows[next] === row) {
        columns.group[at] = this.#groups[next] as number;
        bits |= this.#filterBits(row) | this.#valueBits(row, at);
        if ((bits & (PASSES | PASSES_WITH_EMPTY)) !== 0) columns.mask[at] = bits;
        next++;
      }
      this.lastReason = this.#reasonOf(batch, row, bits);
      if (this.lastReason === undefined) used++;
      else this.#leaveOut(this.lastReason, at, () => keyTextOf(batch, row));
    }
    return used;
  }

  /** The idempotency key of a row; null where it has none. */
  keyOf(row: number): string | null {
    const key = this.columns.key[row] as number;
    return key === NONE ? null : this.keys.textOf(key);
  }

  /** The source of each scope, null where it has none. */
  get sources(): readonly (string | null)[] {
    return Array.from({ length: this.scopes.size }, (_, scope) => this.scopes.sourceOf(scope));
  }

  referenceTo(row: number): EventReference {
    return referenceOf(row, this.keyOf(row));
  }

  /** References to the first few of some rows. */
  firstOf(rows: Iterable<number>): EventReference[] {
    const first: number[] = [];
    for (const row of rows) {
      first.push(row);
      if (first.length === MAX_NAMED) break;
    }
    const numbers = first.map((row) => this.columns.key[row] as number);
    const keys = this.keys.textsOf(numbers.filter((number) => number !== NONE));
    return first.map((row, at) => referenceOf(row, keys.get(numbers[at] as number) ?? null));
  }

  /** Some rows as the events that are named. */
  eventsAt({ count, rows }: RowSet): ExplainedEvents {
    const referenceTo = (row: number): EventReference => this.referenceTo(row);
    return {
      count,
      first: this.firstOf(rows()),
      *all() {
        for (const row of rows()) yield referenceTo(row);
      },
    };
  }

  /** The events that do not count, by the first reason that holds. */
  leftOut(): Record<Reason, EventSample> {
    const samples = [...this.#leftOut].map(
      ([reason, { count, first }]) => [reason, { count, first: [...first] }] as const,
    );
    return Object.fromEntries(samples) as Record<Reason, EventSample>;
  }

  /** The key of each group by its number; null dimensions are `"null"`, or `""`. */
  groupKeys(isNullEmpty = false): readonly string[] {
    // Most events have no null dimension: both names of a group are one.
    const isEmpty = isNullEmpty && this.hasNullDimensions;
    const known = isEmpty ? this.#keysWithEmpty : this.#keysWithNull;
    if (known !== undefined) return known;
    const keys = this.#keysWith(isEmpty ? "" : "null");
    if (isEmpty) this.#keysWithEmpty = keys;
    else this.#keysWithNull = keys;
    return keys;
  }

  /** Whether a dimension of a group is null. */
  hasNull(group: number): boolean {
    return this.#combinations?.numbersOf(group).includes(NULL_TEXT) === true;
  }

  /** For each row, how many are before it in the order that LATEST goes by under some rules. */
  ranks({ wholeSeconds, firstOfEqual }: Rules): Float64Array {
    const id = `${wholeSeconds} ${firstOfEqual}`;
    let ranks = this.#ranks.get(id);
    if (ranks === undefined) {
      ranks = new Float64Array(this.columns.length);
      const isPlain = !wholeSeconds && !firstOfEqual;
      const order = isPlain
        ? this.byTime()
        : this.#sortedByTime(wholeSeconds ? 1_000 : 1, firstOfEqual);
      for (const [rank, row] of order.entries()) ranks[row] = rank;
      this.#ranks.set(id, ranks);
    }
    return ranks;
  }

  /** All rows by their times; those of equal times in the order received. */
  byTime(): Int32Array {
    this.#byTime ??= this.#sortedByTime(1, false);
    return this.#byTime;
  }

  /** The text of UNIQUE_COUNT's values that is empty, by its number. */
  emptyText(): number {
    return this.#value?.numberOf("") ?? 0;
  }

  /** The engine's accumulators for the values of these events; `isRemovable` ones have `without`. */
  createAccumulators(isRemovable = false): BoundedAccumulators {
    return new BoundedAccumulators(this.plan.aggregation, this.texts, isRemovable);
  }

  /** The texts of UNIQUE_COUNT's values. */
  get texts(): StringInterner | undefined {
    return this.#value?.interner;
  }

  #keysWith(nullText: string): string[] {
    const combinations = this.#combinations;
    if (combinations === undefined) return [];
    const [first, ...others] = this.#groupBy.map(({ interner }) => interner?.texts ?? []);
    const size =
      others.length === 0 ? (first?.length ?? 0) + 1 : (combinations.pairs.at(-1)?.size ?? 0);
    return Array.from({ length: size }, (_, group) =>
      groupKey(
        combinations
          .numbersOf(group)
          .map((number, at) =>
            number === NULL_TEXT
              ? nullText
              : ((at === 0 ? first : others[at - 1])?.[number - 1] ?? ""),
          ),
      ),
    );
  }

  /**
   * All rows by their times in units of so many milliseconds; those of equal ones in the order received, or the other
   * way round.
   */
  #sortedByTime(unit: number, isBackward: boolean): Int32Array {
    const { length, timestamp } = this.columns;
    const keys = new Float64Array(length);
    let least = Number.POSITIVE_INFINITY;
    let isInOrder = !isBackward;
    for (let row = 0; row < length; row++) {
      const key = Math.floor((timestamp[row] as number) / unit);
      if (row > 0 && key < (keys[row - 1] as number)) isInOrder = false;
      keys[row] = key;
      if (key < least) least = key;
    }
    for (let row = 0; row < length; row++) keys[row] = (keys[row] as number) - least;
    return isInOrder
      ? Int32Array.from(keys, (_, row) => row)
      : orderOf(keys, Number.POSITIVE_INFINITY, (a, b) => (isBackward ? b - a : a - b));
  }

  #refuse({ key }: InvalidEventError): void {
    const row = this.columns.push();
    this.columns.scope[row] = NONE;
    this.columns.subject[row] = NONE;
    this.columns.key[row] = key === undefined ? NONE : this.keys.numberOf(key);
    this.lastReason = "invalid";
    this.#leaveOut("invalid", row, () => key);
  }

  #leaveOut(reason: Reason, row: number, keyOf: () => string | null | undefined): void {
    this.#leftOut.get(reason)?.add(row, keyOf);
  }

  #numberOfOtherType(type: string): number {
    const known = this.#typeNumbers.get(type);
    if (known !== undefined) return known;
    if (this.otherTypes.length === MAX_OTHER_TYPES) return MAX_OTHER_TYPES + 1;
    const number = this.otherTypes.push(type);
    this.#typeNumbers.set(type, number);
    return number;
  }

  #keyOf({ keys, keyBytes }: EventBatch, row: number): number {
    if (keyBytes !== undefined) {
      const start = keyBytes.starts[row] as number;
      if (start === -1) return NONE;
      return this.keys.numberOfBytes(keyBytes.bytes, start, keyBytes.ends[row] as number);
    }
    const key = keys[row] ?? null;
    return key === null ? NONE : this.keys.numberOf(key);
  }

  #scopeOf({ namespaces, sources }: EventBatch, row: number): number {
    return this.scopes.numberOf(namespaces[row], sources[row]);
  }

  /** The bits that a row lacks because of rows before it with the same key; takes the bits of the last from those. */
  #repeat(key: number, scope: number, row: number): number {
    const masks = this.columns.mask;
    const before = this.#lastRows.ofKey(key);
    const beforeInScope = this.#lastRows.inScope(key, scope);
    let lacking = 0;
    if (before !== NONE) {
      masks[before] = (masks[before] as number) & ~LAST_ALONE;
      lacking = FIRST_ALONE;
    }
    if (beforeInScope !== NONE) {
      masks[beforeInScope] = (masks[beforeInScope] as number) & ~LAST;
      lacking |= FIRST;
    }
    this.#lastRows.set(key, scope, row);
    return lacking;
  }

  /** Numbers the groups of the first so many of `rows`. */
  #numberGroups(size: number): void {
    const combinations = this.#combinations;
    if (combinations === undefined) return;
    for (const [at, { texts }] of this.#groupBy.entries()) {
      const into = this.#texts[at] as Int32Array;
      for (let index = 0; index < size; index++) {
        const text = texts[this.rows[index] as number] as number;
        if (text === NULL_TEXT) this.hasNullDimensions = true;
        into[index] = text;
      }
    }
    combinations.number(this.#texts, size, this.#groups);
  }

  #filterBits(row: number): number {
    let bits = PASSES | PASSES_WITH_EMPTY;
    for (const { column, passing, passesNull, passesEmpty } of this.#filters) {
      const text = column.texts[row] as number;
      const isNull = text === NULL_TEXT;
      const passes = isNull ? passesNull : passing.includes(text);
      if (!passes) bits &= ~PASSES;
      if (!(isNull ? passesEmpty : passes)) bits &= ~PASSES_WITH_EMPTY;
    }
    return bits;
  }

  /** Keeps the value of a row of the batch. */
  #valueBits(row: number, at: number): number {
    const column = this.#value;
    if (column === undefined) return USABLE;
    const { columns } = this;
    const number = column.values[row] as number;
    columns.value[at] = number;
    if (!Number.isNaN(number)) {
      if (column.kind === "number") this.hasLongFractions ||= truncationOf(number) !== undefined;
      return USABLE;
    }
    const exact = column.exacts[row];
    if (exact !== undefined) {
      columns.exactValues.set(at, exact);
      this.hasLongFractions ||= truncationOf(exact) !== undefined;
      return USABLE;
    }
    return this.#presence?.values[row] === ABSENT ? MISSING : 0;
  }

  #reasonOf(batch: EventBatch, row: number, bits: number): Reason | undefined {
    const { plan } = this;
    if ((bits & FIRST) === 0) return "duplicate";
    if (bits >> TYPE_SHIFT !== 0) return "other-type";
    if ((bits & NAMESPACE) === 0) return "other-namespace";
    if ((bits & OF_SUBJECT) === 0) {
      const isUnresolved =
        this.#subjects[row] === NONE && typeof batch.externalSubjects[row] === "string";
      return isUnresolved ? "unresolved-subject" : "other-subject";
    }
    const time = batch.times[row] as number;
    if (time < plan.from) return "before";
    if (time >= plan.to) return "after";
    if ((bits & PASSES) === 0) return "filtered";
    if ((bits & USABLE) !== 0) return undefined;
    return this.#presence?.values[row] === PRESENT ? "unusable-value" : "no-value";
  }
}
