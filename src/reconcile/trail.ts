import { InvalidEventError, InvalidInputError } from "../errors.ts";
import type { CheckedEvent, EventProblem } from "../summary/event.ts";
import type { Plan } from "../summary/plan.ts";
import { type SummaryOptions, timeOfClock } from "../summary/summary-options.ts";
import { UnreadableValueError } from "../summary/values.ts";
import { AuditCounts } from "./audit.ts";
import { EventColumns } from "./columns.ts";
import { EqualKeys } from "./equal-keys.ts";
import { readFacts } from "./event-facts.ts";
import { type EventValue, readDimension, readEventValue } from "./event-value.ts";
import { Numbered, NumberedCombinations } from "./numbered.ts";
import type { Reason } from "./result.ts";
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
import { truncationOf } from "./truncation.ts";

/** How many other event types are looked at; events of further ones are never candidates. */
export const MOST_OTHER_TYPES = 64;

/**
 * The one pass over the events: each is read once, and what every rule would say of it is kept in columns. The rules
 * for the local summary are those of `summarizeCost`, to the letter.
 */
export class EventTrail {
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
    const facts = readFacts(given);
    if ("issues" in facts) {
      return this.#refuse(this.columns.push(facts.key ?? null), facts);
    }
    const { plan, columns } = this;
    const { idempotencyKey: key, namespace, type } = facts;
    const row = columns.push(key);
    const scope = this.#scopeOf(facts);
    const timestamp = facts.timestamp ?? this.#currentTime();
    if (facts.timestamp === undefined) this.audit.missTime(row, key);
    const subject = this.#subjectOf(facts);
    const typeNumber = type === plan.eventType ? 0 : this.#numberOfOtherType(type);
    const isOfNamespace =
      plan.merchantId === undefined || namespace === null || namespace === plan.merchantId;
    const isOfSubject = plan.subject === undefined || subject === plan.subject;

    let bits = rangeBits(timestamp, plan, this.#createdAt);
    let isRelevant = isOfSubject && isInAnyRange(bits) && typeNumber <= MOST_OTHER_TYPES;
    bits |= (isOfNamespace ? NAMESPACE : 0) | (typeNumber << TYPE_SHIFT) | RELEVANT | ALL_KEY_BITS;
    const repetition = key === null ? undefined : this.#keys?.find(key, scope);
    const { before, beforeInScope } = repetition ?? {};
    if (before !== undefined) bits &= ~FIRST_ALONE;
    if (beforeInScope !== undefined) bits &= ~FIRST;
    const concerns = typeNumber === 0 && isOfNamespace && isOfSubject && (bits & IN_RANGE) !== 0;

    let value: EventValue | undefined;
    if (isRelevant) {
      try {
        value = readEventValue(facts.data, plan);
        columns.group[row] = this.#groupOf(facts.data);
        bits |= this.#filterBits(facts.data) | this.#valueBits(row, value);
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
        const hasExternalOnly = facts.subject === null && facts.externalSubject !== null;
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
    if (otherTypes.texts.length < MOST_OTHER_TYPES || otherTypes.texts.includes(type)) {
      return otherTypes.numberOf(type) + 1;
    }
    return MOST_OTHER_TYPES + 1;
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
