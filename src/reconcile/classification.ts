import {
  dimensionText,
  type Path,
  readAt,
  UnreadableValueError,
  uniqueText,
  usableNumber,
} from "../engine/event-values.ts";
import { type CheckedEvent, checkEvent, type EventProblem } from "../engine/from-any.ts";
import { isPlainObject } from "../engine/from-objects.ts";
import { compilePlan, type Plan } from "../engine/plan.ts";
import { readOptions, type SummaryOptions, timeOfClock } from "../engine/summary-options.ts";
import { InvalidEventError, InvalidInputError } from "../errors.ts";
import type { CostDefinition, CostSummaryParams } from "../models.ts";
import type { Exact } from "../values/scaled-integer.ts";
import { readTime } from "../values/timestamp.ts";
import { truncationOf } from "./accumulators.ts";
import { EqualKeys, EventColumns, Numbered, NumberedCombinations } from "./event-columns.ts";
import type { EventReference, EventSample, Reason } from "./result.ts";
import {
  ALL_KEY_BITS,
  FIRST,
  FIRST_ALONE,
  IN_RANGE,
  isInAnyRange,
  LAST,
  LAST_ALONE,
  MISSING,
  NAMESPACE,
  PASSES,
  PASSES_WITH_EMPTY,
  RELEVANT,
  rangeBits,
  TYPE_SHIFT,
  USABLE,
} from "./rules.ts";

/** Every reason, in the order in which they are looked at. */
export const REASONS: readonly Reason[] = [
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

/** How many events a sample names. */
const MAX_NAMED = 5;

/** The first few of some events, and how many they are. */
export class GrowingSample implements EventSample {
  count = 0;
  readonly first: EventReference[] = [];

  add(index: number, key: string | null): void {
    if (this.count++ < MAX_NAMED) this.first.push(referenceOf(index, key));
  }

  sample(): EventSample {
    return { count: this.count, first: [...this.first] };
  }
}

export function referenceOf(index: number, key: string | null): EventReference {
  return key === null ? { index } : { index, key };
}

/** The first few of some rows. */
export function firstReferences(
  rows: Iterable<number>,
  keys: readonly (string | null)[],
): EventReference[] {
  const first: EventReference[] = [];
  for (const row of rows) {
    first.push(referenceOf(row, keys[row] ?? null));
    if (first.length === MAX_NAMED) break;
  }
  return first;
}

/** What becomes of each event as it is read. */
export class AuditCounts {
  used = 0;
  readonly #leftOut = new Map(REASONS.map((reason) => [reason, new GrowingSample()]));
  readonly #withoutTime = new GrowingSample();

  leaveOut(reason: Reason, index: number, key: string | null): void {
    this.#leftOut.get(reason)?.add(index, key);
  }

  missTime(index: number, key: string | null): void {
    this.#withoutTime.add(index, key);
  }

  get withoutTime(): EventSample {
    return this.#withoutTime;
  }

  leftOut(): Record<Reason, EventSample> {
    return Object.fromEntries(
      [...this.#leftOut].map(([reason, sample]) => [reason, sample.sample()]),
    ) as Record<Reason, EventSample>;
  }
}

/**
 * The one place where an event is read: its fields, checked as `checkEvent` does, whose word is the last. Only what is
 * the same without it, a plain object of plain fields, is read by hand, because this is done for every event.
 */
export function readEventFields(given: unknown): CheckedEvent | EventProblem {
  try {
    return plainFields(given) ?? checkEvent(given);
  } catch {
    return checkEvent(given); // which says what threw
  }
}

function plainFields(event: unknown): CheckedEvent | undefined {
  if (!isPlainObject(event)) return undefined;
  let type: unknown;
  let source: unknown = null;
  let subject: unknown = null;
  let externalSubject: unknown = null;
  let namespace: unknown = null;
  let idempotencyKey: unknown = null;
  let time: unknown;
  let data: unknown;
  // Own enumerable members, as JSON has them; `for in` is the fast way to them.
  for (const name in event) {
    switch (name) {
      case "type":
        type = event[name];
        break;
      case "source":
        source = event[name] ?? null;
        break;
      case "subject":
        subject = event[name] ?? null;
        break;
      case "externalSubject":
        externalSubject = event[name] ?? null;
        break;
      case "namespace":
        namespace = event[name] ?? null;
        break;
      case "idempotencyKey":
        idempotencyKey = event[name] ?? null;
        break;
      case "timestamp":
        time = event[name];
        break;
      case "data":
        data = event[name];
        break;
    }
  }
  const timestamp = time === undefined ? undefined : readTime(time);
  if (
    typeof type !== "string" ||
    Number.isNaN(timestamp) ||
    !isText(source) ||
    !isText(subject) ||
    !isText(externalSubject) ||
    !isText(namespace) ||
    !isText(idempotencyKey) ||
    !isPlainObject(data)
  ) {
    return undefined;
  }
  return { type, source, subject, externalSubject, namespace, idempotencyKey, timestamp, data };
}

const isText = (value: unknown): value is string | null =>
  typeof value === "string" || value === null;

const isOwn = Object.prototype.propertyIsEnumerable;

/** The text or the finite number at `path`, reached by hand; undefined for all else, which is `readAt`'s to read. */
export function plainAt(
  data: Readonly<Record<string, unknown>>,
  path: Path,
): string | number | undefined {
  try {
    let value: unknown = data;
    for (let depth = 0; depth < path.length; depth++) {
      if (!isPlainObject(value)) return undefined;
      const name = path[depth] as string;
      if (!isOwn.call(value, name)) return undefined;
      value = value[name];
    }
    if (typeof value === "string") return value;
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined; // a getter threw; `readAt` says so
  }
}

/** What stands at the path of the value: one that counts, or why there is none. */
export type EventValue =
  | { readonly kind: "number"; readonly value: number | Exact }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "event" | "missing" | "null" | "unusable" };

type Data = Readonly<Record<string, unknown>>;

const EVENT: EventValue = { kind: "event" };
const NO_VALUE: EventValue = { kind: "missing" };
const NULL: EventValue = { kind: "null" };
const UNUSABLE: EventValue = { kind: "unusable" };

function numberValue(value: unknown): EventValue {
  const number = usableNumber(value);
  if (number !== undefined) return { kind: "number", value: number };
  return value === undefined ? NO_VALUE : value === null ? NULL : UNUSABLE;
}

function textValue(value: unknown): EventValue {
  const text = uniqueText(value);
  if (text !== undefined) return { kind: "text", value: text };
  return value === undefined ? NO_VALUE : NULL;
}

/** Reads what an event counts as. Throws an `UnreadableValueError`. */
export function readEventValue(data: Data, { aggregation, valuePath }: Plan): EventValue {
  if (aggregation === "COUNT") return EVENT;
  const plain = plainAt(data, valuePath);
  if (aggregation === "UNIQUE_COUNT") {
    return plain === undefined ? readAt(data, valuePath, textValue) : textValue(plain);
  }
  return typeof plain === "number"
    ? { kind: "number", value: plain }
    : readAt(data, valuePath, numberValue);
}

const textOrNull = (value: unknown): string | null =>
  value === null ? null : dimensionText(value);

/** The text of a dimension, null apart from `"null"`. Throws an `UnreadableValueError`. */
export function readDimension(data: Data, path: Path): string | null {
  const plain = plainAt(data, path);
  return typeof plain === "string" ? plain : readAt(data, path, textOrNull);
}

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

/** How many other event types are looked at; events of further ones are never candidates. */
export const MAX_OTHER_TYPES = 64;

/**
 * The one pass over the events: each is read once, and what every rule would say of it is kept in columns. The rules
 * for the local summary are those of `summarizeCost`, to the letter.
 */
export class EventClassification {
  readonly plan: Plan;
  readonly columns = new EventColumns();
  readonly audit = new AuditCounts();
  /** The subjects of the events, by their numbers in the columns. */
  readonly subjects = new Numbered();
  /** The pairs of namespace and source. */
  readonly scopes = new NumberedCombinations();
  /** The combinations of the dimensions' values that are grouped by, null apart from `"null"`. */
  readonly groups = new NumberedCombinations();
  /** The texts of UNIQUE_COUNT's values. */
  readonly texts = new Numbered();
  /** Event types other than the cost's; in a mask they are numbered from 1. */
  readonly otherTypes = new Numbered();

  /** Whether a value has more than 19 digits behind the point. */
  hasLongFractions = false;

  readonly #options: SummaryOptions;
  readonly #createdAt: number;
  readonly #keys: EqualKeys | undefined;
  readonly #groupTexts: (string | null)[] = [];
  #lastScope: readonly [namespace: string | null, source: string | null, number: number] = [
    null,
    null,
    -1,
  ];
  #now: number | undefined;

  /** `createdAt` is when the cost was created, in milliseconds since 1970, where that is known. */
  constructor(plan: Plan, options: SummaryOptions, createdAt = Number.NEGATIVE_INFINITY) {
    this.plan = plan;
    this.#options = options;
    this.#createdAt = createdAt;
    if (options.deduplicate !== false) {
      this.#keys = new EqualKeys((row) => this.columns.scope[row] as number);
    }
  }

  /** Adds an event, received after all those before; gives why it does not count, undefined when it does. */
  add(given: unknown): Reason | undefined {
    const fields = readEventFields(given);
    if ("issues" in fields) {
      return this.#refuse(this.columns.push(fields.key ?? null), fields);
    }
    const { plan, columns } = this;
    const { idempotencyKey: key, namespace, type } = fields;
    const row = columns.push(key);
    const scope = this.#scopeOf(fields);
    const timestamp = fields.timestamp ?? this.#currentTime();
    if (fields.timestamp === undefined) this.audit.missTime(row, key);
    const subject = this.#subjectOf(fields);
    const typeNumber = type === plan.eventType ? 0 : this.#numberOfOtherType(type);
    const isOfNamespace =
      plan.merchantId === undefined || namespace === null || namespace === plan.merchantId;
    const isOfSubject = plan.subject === undefined || subject === plan.subject;

    let bits = rangeBits(timestamp, plan, this.#createdAt);
    let isRelevant = isOfSubject && isInAnyRange(bits) && typeNumber <= MAX_OTHER_TYPES;
    bits |= (isOfNamespace ? NAMESPACE : 0) | (typeNumber << TYPE_SHIFT) | RELEVANT | ALL_KEY_BITS;
    const repetition = key === null ? undefined : this.#keys?.find(key, scope);
    const { before, beforeInScope } = repetition ?? {};
    if (before !== undefined) bits &= ~FIRST_ALONE;
    if (beforeInScope !== undefined) bits &= ~FIRST;
    const concerns = typeNumber === 0 && isOfNamespace && isOfSubject && (bits & IN_RANGE) !== 0;

    let value: EventValue | undefined;
    if (isRelevant) {
      try {
        value = readEventValue(fields.data, plan);
        columns.group[row] = this.#groupOf(fields.data);
        bits |= this.#filterBits(fields.data) | this.#valueBits(row, value);
      } catch (error) {
        if (!(error instanceof UnreadableValueError)) throw error;
        if (concerns && beforeInScope === undefined) {
          const { path, message } = error;
          const issues = [{ path: ["data", ...path], message }];
          return this.#refuse(row, { key: key ?? undefined, issues });
        }
        // It counts under no rules: nobody looks at its value but to say what might have been.
        isRelevant = false;
      }
    }
    columns.timestamp[row] = timestamp;
    columns.scope[row] = scope;
    columns.subject[row] = subject === undefined ? -1 : this.subjects.numberOf(subject);
    if (key !== null && this.#keys !== undefined) {
      if (before !== undefined) this.#clear(before, LAST_ALONE);
      if (beforeInScope !== undefined) this.#clear(beforeInScope, LAST);
      this.#keys.add(key, scope, row);
    }
    if (isRelevant && (bits & (PASSES | PASSES_WITH_EMPTY)) !== 0) columns.mask[row] = bits;

    const reason = ((): Reason | undefined => {
      if (beforeInScope !== undefined) return "duplicate";
      if (typeNumber !== 0) return "other-type";
      if (!isOfNamespace) return "other-namespace";
      if (!isOfSubject) {
        const hasExternalOnly = fields.subject === null && fields.externalSubject !== null;
        return hasExternalOnly && subject === undefined ? "unresolved-subject" : "other-subject";
      }
      if (timestamp < plan.from) return "before";
      if (timestamp >= plan.to) return "after";
      if ((bits & PASSES) === 0) return "filtered";
      if ((bits & USABLE) !== 0) return undefined;
      return value?.kind === "unusable" ? "unusable-value" : "no-value";
    })();
    if (reason === undefined) this.audit.used++;
    else this.audit.leaveOut(reason, row, key);
    return reason;
  }

  #refuse(row: number, problem: EventProblem): "invalid" {
    const { key } = problem;
    this.columns.scope[row] = -1;
    this.audit.leaveOut("invalid", row, key ?? null);
    this.#options.onInvalidEvent?.(
      new InvalidEventError({ index: row, line: undefined, ...problem }),
    );
    return "invalid";
  }

  #clear(row: number, bit: number): void {
    this.columns.mask[row] = (this.columns.mask[row] as number) & ~bit;
  }

  #scopeOf({ namespace, source }: CheckedEvent): number {
    const [lastNamespace, lastSource, last] = this.#lastScope;
    if (last !== -1 && namespace === lastNamespace && source === lastSource) return last;
    const number = this.scopes.numberOf([namespace, source]);
    this.#lastScope = [namespace, source, number];
    return number;
  }

  #subjectOf({ subject, externalSubject }: CheckedEvent): string | undefined {
    if (subject !== null) return subject;
    if (externalSubject === null) return undefined;
    const resolved: unknown = this.#options.resolveSubject?.(externalSubject);
    if (resolved === undefined || typeof resolved === "string") return resolved;
    throw new InvalidInputError("The events cannot be read", [
      { path: ["resolveSubject"], message: "expected it to give text or undefined" },
    ]);
  }

  #numberOfOtherType(type: string): number {
    const { otherTypes } = this;
    if (otherTypes.texts.length < MAX_OTHER_TYPES || otherTypes.texts.includes(type)) {
      return otherTypes.numberOf(type) + 1;
    }
    return MAX_OTHER_TYPES + 1;
  }

  #groupOf(data: Readonly<Record<string, unknown>>): number {
    const { groupBy } = this.plan;
    if (groupBy === undefined) return 0;
    const texts = this.#groupTexts;
    for (let at = 0; at < groupBy.length; at++) {
      texts[at] = readDimension(data, groupBy[at]?.path ?? []);
    }
    return this.groups.numberOf(texts);
  }

  #filterBits(data: Readonly<Record<string, unknown>>): number {
    let bits = PASSES | PASSES_WITH_EMPTY;
    for (const { path, texts } of this.plan.filters) {
      const text = readDimension(data, path);
      if (!texts.has(text ?? "null")) bits &= ~PASSES;
      if (!texts.has(text ?? "")) bits &= ~PASSES_WITH_EMPTY;
    }
    return bits;
  }

  #valueBits(row: number, value: EventValue): number {
    switch (value.kind) {
      case "number":
        this.columns.setValue(row, value.value);
        this.hasLongFractions ||= truncationOf(value.value) !== undefined;
        return USABLE;
      case "text":
        this.columns.value[row] = this.texts.numberOf(value.value);
        return USABLE;
      case "event":
        return USABLE;
      case "missing":
        return MISSING;
      default:
        return 0;
    }
  }

  #currentTime(): number {
    if (this.#now !== undefined) return this.#now;
    const now = timeOfClock(this.#options);
    if (Number.isNaN(now)) {
      throw new InvalidInputError("The events cannot be read", [
        { path: ["clock"], message: "expected it to give a valid Date" },
      ]);
    }
    this.#now = now;
    return now;
  }
}
