import type { Plan } from "../engine/plan.ts";

/** How events are chosen and counted: the library's own rules, or those of a hypothesis. */
export interface Rules {
  /** Times are cut to whole seconds, those of events and those of the range. */
  readonly wholeSeconds: boolean;
  /** An event at the very end of the range counts. */
  readonly toInclusive: boolean;
  /** Which of the events with equal keys count. */
  readonly repeats: "first" | "last" | "all";
  /** Keys are equal whatever the namespace and the source. */
  readonly keyAloneOne: boolean;
  /** Events of every namespace count. */
  readonly namespaceIgnored: boolean;
  /** Events before the cost was created do not count. */
  readonly sinceCreation: boolean;
  /** A null dimension is `""`, like a missing one. */
  readonly nullAsEmpty: boolean;
  /** UNIQUE_COUNT: a missing value is one more, the empty text. */
  readonly missingCounted: boolean;
  /** AVG: events without a usable value are counted as 0. */
  readonly overAll: boolean;
  /** Values are cut behind the 19th digit of their fraction. */
  readonly truncated: boolean;
  /** LATEST: the first of equal timestamps wins. */
  readonly firstOfEqual: boolean;
  /** The total is made of the rows of a breakdown. */
  readonly foldedFrom: "groups" | "windows" | undefined;
  /** Another event type that counts, too: its number in the classification; 0 for none. */
  readonly otherType: number;
}

/** The rules of the local summary. */
export function ownRules(deduplicate: boolean): Rules {
  return {
    wholeSeconds: false,
    toInclusive: false,
    repeats: deduplicate ? "first" : "all",
    keyAloneOne: false,
    namespaceIgnored: false,
    sinceCreation: false,
    nullAsEmpty: false,
    missingCounted: false,
    overAll: false,
    truncated: false,
    firstOfEqual: false,
    foldedFrom: undefined,
    otherType: 0,
  };
}

// What is known of an event: a bit for each condition under some rule. An event counts when it has all the bits that
// the rules ask for. The number of its type stands above them: 0 for the cost's own.
export const FIRST = 1 << 0;
export const LAST = 1 << 1;
export const FIRST_ALONE = 1 << 2;
export const LAST_ALONE = 1 << 3;
export const NAMESPACE = 1 << 4;
export const IN_RANGE = 1 << 5;
export const IN_RANGE_INCLUSIVE = 1 << 6;
export const IN_SECONDS = 1 << 7;
export const IN_SECONDS_INCLUSIVE = 1 << 8;
export const SINCE_CREATION = 1 << 9;
export const PASSES = 1 << 10;
export const PASSES_WITH_EMPTY = 1 << 11;
/** Its value is usable. */
export const USABLE = 1 << 12;
/** It has no value, not even null. */
export const MISSING = 1 << 13;
/** It is of the query's subject. */
export const OF_SUBJECT = 1 << 14;
export const TYPE_SHIFT = 15;

export const ALL_KEY_BITS = FIRST | LAST | FIRST_ALONE | LAST_ALONE;
const ANY_RANGE = IN_RANGE | IN_RANGE_INCLUSIVE | IN_SECONDS | IN_SECONDS_INCLUSIVE;

const second = (time: number): number => Math.floor(time / 1_000);

/** The bits of an event's time. */
export function rangeBits(timestamp: number, { from, to }: Plan, createdAt: number): number {
  let bits = timestamp >= createdAt ? SINCE_CREATION : 0;
  if (timestamp >= from) {
    if (timestamp < to) bits |= IN_RANGE | IN_RANGE_INCLUSIVE;
    else if (timestamp === to) bits |= IN_RANGE_INCLUSIVE;
  }
  const time = second(timestamp);
  if (time >= second(from)) {
    if (time < second(to)) bits |= IN_SECONDS | IN_SECONDS_INCLUSIVE;
    else if (time === second(to)) bits |= IN_SECONDS_INCLUSIVE;
  }
  return bits;
}

/**
 * The most that a clock may be wrong for its events to be looked at, 14 hours: a time zone is at most so far from UTC. Not
 * written as a product of `HOUR`, which would stay in every bundle.
 */
export const MAX_SHIFT = 50_400_000;

/** Whether an event of a time may be in the range under some rules, or when a clock was wrong. */
export function isNearRange(bits: number, timestamp: number, { from, to }: Plan): boolean {
  return (bits & ANY_RANGE) !== 0 || (timestamp >= from - MAX_SHIFT && timestamp < to + MAX_SHIFT);
}

/** The bits that an event must have to count. */
export function requiredBits(rules: Rules): number {
  let bits = OF_SUBJECT;
  if (rules.repeats === "first") bits |= rules.keyAloneOne ? FIRST_ALONE : FIRST;
  if (rules.repeats === "last") bits |= rules.keyAloneOne ? LAST_ALONE : LAST;
  if (!rules.namespaceIgnored) bits |= NAMESPACE;
  if (rules.wholeSeconds) bits |= rules.toInclusive ? IN_SECONDS_INCLUSIVE : IN_SECONDS;
  else bits |= rules.toInclusive ? IN_RANGE_INCLUSIVE : IN_RANGE;
  if (rules.sinceCreation) bits |= SINCE_CREATION;
  return bits | (rules.nullAsEmpty ? PASSES_WITH_EMPTY : PASSES);
}

/** Whether events of a mask count under the rules, and have a value that does. */
export function countsUnder(rules: Rules): (mask: number) => boolean {
  const required = requiredBits(rules);
  const { overAll, missingCounted, otherType } = rules;
  return (mask) =>
    isIncluded(mask, required, otherType) &&
    ((mask & USABLE) !== 0 || overAll || (missingCounted && (mask & MISSING) !== 0));
}

/** Whether the events with this mask count under the rules, their value aside. */
export function isIncluded(mask: number, required: number, otherType: number): boolean {
  if ((mask & required) !== required) return false;
  const type = mask >> TYPE_SHIFT;
  return type === 0 || type === otherType;
}
