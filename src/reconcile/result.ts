import type { CostSummaryParams } from "../models.ts";
import type { Decimal } from "../values/decimal.ts";

/**
 * The verdict of the comparison:
 * - `equal`: every total, group and window to the last digit; null on both sides is equal, too.
 * - `equal-as-double`: where they differ, the local value rounds to the very double that the server sent.
 * - `within-tolerance`: where they differ, by no more than adding up in doubles can lose, or than your tolerance.
 * - `explained`: one of the explanations accounts for every total, group and window, and it would hardly do so by
 *   chance.
 * - `coincidence`: something accounts for everything, but so would too much else by chance; `nextQueries` say what to
 *   ask the server to tell.
 * - `different`: nothing accounts for it, or the answer is in another currency than the cost.
 * - `unavailable`: the server answered null where there is a local amount. Null is not zero: nothing can be compared.
 */
export type Verdict =
  | "equal"
  | "equal-as-double"
  | "within-tolerance"
  | "explained"
  | "coincidence"
  | "different"
  | "unavailable";

/** Why an event does not count. They exclude each other: the first that holds, in this order. */
export type Reason =
  | "duplicate"
  | "other-type"
  | "other-namespace"
  | "other-subject"
  | "unresolved-subject"
  | "before"
  | "after"
  | "filtered"
  | "no-value"
  | "unusable-value"
  | "invalid";

/** What may be different about the server, or about its events; `parameters` of an explanation say more. */
export type HypothesisId =
  | "whole-seconds"
  | "to-inclusive"
  | "duplicates-counted"
  | "last-of-equal-keys"
  | "key-alone"
  | "totals-folded"
  | "truncated-to-19-digits"
  | "missing-counted"
  | "first-of-equal-timestamps"
  | "null-as-empty"
  | "namespace-ignored"
  | "average-over-all"
  | "before-creation-left-out"
  | "cost-rounded"
  | "other-type-counted"
  | "subject-left-out"
  | "subject-repeated"
  | "subject-alone"
  | "source-left-out"
  | "source-repeated"
  | "source-alone"
  | "dimension-alone"
  | "not-yet-settled"
  | "stretch-left-out"
  | "stretch-repeated"
  | "window-offset"
  | "constant-factor"
  | "other-unit-cost"
  | "unit-cost-changed"
  | "source-outage"
  | "subject-merged"
  | "source-shifted"
  | "events-shifted"
  | "subject-outage"
  | "definition-changed"
  | "other-aggregation"
  | "group-renamed"
  | "group-merged"
  | "event-left-out"
  | "event-repeated"
  | "events-left-out"
  | "events-repeated"
  | "copies-left-out"
  | "key-left-out"
  | "key-repeated";

/** An amount on both sides. */
export interface AmountDiff {
  /** Null where there is none. */
  readonly local: Decimal | null;
  readonly server: Decimal | null;
  /**
   * `server` - `local`. A row that only one side has counts as nothing on the other; null where a total is null on one
   * side only.
   */
  readonly difference: Decimal | null;
}

/** The total, a group or a window of both sides. */
export interface Diff {
  /** Of a group: its dimensions' values. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
  /** Of a window: where it starts. */
  readonly windowStart?: Date | undefined;
  /** Which side has it. */
  readonly side: "both" | "local" | "server";
  readonly quantity: AmountDiff;
  readonly cost: AmountDiff;
}

/** An event by its position among those read, from 0, and its idempotency key when it has one. */
export interface EventReference {
  readonly index: number;
  readonly key?: string | undefined;
}

/** How many events, and the first of them. */
export interface EventSample {
  readonly count: number;
  /** At most 5. */
  readonly first: readonly EventReference[];
}

/** Events that an explanation or a finding names: how many, the first few, and one by one. */
export interface ExplainedEvents extends EventSample {
  /** All of them, by index. */
  all(): IterableIterator<EventReference>;
}

/** One hypothesis of an explanation. */
export interface HypothesisUse {
  readonly id: HypothesisId;
  /** What it was found with: an instant, a type, a factor, ... as text or numbers. */
  readonly parameters?: Readonly<Record<string, string | number>> | undefined;
}

/** Something that accounts for every total, group and window that the server gave. */
export interface Explanation {
  /** 1 for the best; explanations that are as good as each other share it. */
  readonly rank: number;
  /** One, or two that hold together. */
  readonly hypotheses: readonly HypothesisUse[];
  /** Whether it meets every amount to the last digit; else some are met as doubles, or within the tolerance. */
  readonly exact: boolean;
  /**
   * How many candidates of this kind are expected to fit every amount by chance, if something unrelated had caused the
   * difference; estimated from your events. Above 0.0004 it explains nothing for sure: the verdict is `coincidence`.
   */
  readonly chance: number;
  /** The server's total less the predicted one; null where a total is null. */
  readonly residual: { readonly quantity: Decimal | null; readonly cost: Decimal | null };
  readonly predicted: {
    readonly totalQuantity: Decimal | null;
    readonly totalCost: Decimal | null;
  };
  /** Of the totals, groups and windows given: those met to the last digit or as the double that was sent, and all. */
  readonly cells: { readonly explained: number; readonly total: number };
  /**
   * Of a rule: the events that count under it and else do not, or the other way round; none where they count alike and
   * only amounts differ. Of a single event: every event that would account for the difference.
   */
  readonly events: ExplainedEvents;
  /** What to do. */
  readonly advice: string;
}

/** What became of the events that were read. `read` = `used` + all that were left out. */
export interface Audit {
  readonly read: number;
  readonly used: number;
  readonly leftOut: Readonly<Record<Reason, EventSample>>;
  /** What is worth knowing besides: events without a time, answers that name another cost, ... */
  readonly notes: readonly string[];
}

/** Where a part of an unexplained difference is. */
export interface DifferenceFinding {
  /**
   * - `events`: your events that count in the windows and groups that differ: those behind the difference are among
   *   them, as far as they are yours.
   * - `event-values`: those of them whose value, alone or with those of one or two other events, is exactly what its
   *   window differs by. They are behind the difference unless more events of one window are.
   * - `currency`: the server's amounts are in another currency than the cost's. Nothing else is looked for.
   */
  readonly kind:
    | "windows"
    | "group"
    | "subject"
    | "source"
    | "unit-cost"
    | "currency"
    | "events"
    | "event-values";
  /**
   * How much of the difference it accounts for, from 0 to 1: of the windows' differences, of the groups' differences; of
   * `unit-cost`, the share of the windows.
   */
  readonly share: number;
  /** One sentence. */
  readonly message: string;
  /** The stretch of time, UTC; the end is exclusive. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Of a group: its dimensions' values. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
  readonly subject?: string | undefined;
  readonly source?: string | undefined;
  /** Of `events` and `event-values`. */
  readonly events?: ExplainedEvents | undefined;
}

/** A query that tells more, and why. */
export interface NextQuery {
  /** For `costs.summary` and, with its answer, for `reconcile` again. */
  readonly query: CostSummaryParams;
  readonly reason: string;
}

/** How the server's answer and your own events compare, and why they differ. */
export interface Reconciliation {
  readonly verdict: Verdict;
  readonly total: Diff;
  /** The groups that differ, or that one side only has; by their values. */
  readonly groups: readonly Diff[];
  /** The windows that differ, or that one side only has; ascending. */
  readonly timeSeries: readonly Diff[];
  /** Best first; empty when there is nothing to explain. */
  readonly explanations: readonly Explanation[];
  /**
   * Where a difference is that is not explained, what accounts for most of it first: windows, groups, a subject or a
   * source whose part is missing or counted twice, stretches at another unit cost. Empty when it is explained.
   */
  readonly findings: readonly DifferenceFinding[];
  /**
   * What to ask the server next when the difference is not explained: finer windows, the cost's other dimensions, one
   * subject. Empty when there is nothing finer to ask, or nothing left to explain.
   */
  readonly nextQueries: readonly NextQuery[];
  readonly audit: Audit;
  /** Plain JSON: amounts as decimal text, times as RFC 3339. */
  toJSON(): unknown;
}
