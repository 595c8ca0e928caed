import type { Decimal, DecimalInput } from "../values/decimal.ts";

/** Whether a cost belongs to the organization or to one product. */
export type CostScope = "ORG" | "PRODUCT";

/**
 * A cost of the catalog: a named expense that price formulas refer to. Kontorion publishes no amount, unit or currency
 * of it. Every field but `id` may be absent or null; fields that this type does not name stay on the object.
 */
export interface Cost {
  readonly id: string;
  readonly organization_id?: string | null | undefined;
  /** Absent or null for a cost of the organization. */
  readonly product_id?: string | null | undefined;
  /** The name by which formulas refer to the cost. */
  readonly key?: string | null | undefined;
  readonly description?: string | null | undefined;
  /** `ORG` or `PRODUCT`; any other text may be new. */
  readonly scope?: CostScope | (string & {}) | null | undefined;
  /** `active` or `archived`, in any case (inferred). */
  readonly status?: string | null | undefined;
  /** The number of the version in force (inferred). */
  readonly version?: number | null | undefined;
  readonly head_version_id?: string | null | undefined;
  readonly requires_continuous_coverage?: boolean | null | undefined;
  readonly archived_at?: Date | null | undefined;
  readonly created_at?: Date | null | undefined;
  readonly updated_at?: Date | null | undefined;
}

/**
 * A version of a cost. Every field may be absent or null, `id` too: `version` is the identity. Fields that this type
 * does not name stay on the object.
 */
export interface CostVersion {
  readonly id?: string | null | undefined;
  /** The number of the version, from 1. */
  readonly version?: number | null | undefined;
  /** `active`, `scheduled`, `draft` or `archived`, in any case (inferred). */
  readonly status?: string | null | undefined;
  /** Start, inclusive (inferred). */
  readonly effective_from?: Date | null | undefined;
  /** End, exclusive; none: open-ended (inferred). */
  readonly effective_to?: Date | null | undefined;
  readonly published_at?: Date | null | undefined;
  /** Its meaning and type are not published. */
  readonly usage_count?: unknown;
  /** Its meaning and type are not published. */
  readonly archived_reason?: unknown;
  readonly created_at?: Date | null | undefined;
  /** Its meaning and type are not published. */
  readonly created_by?: unknown;
}

/** A page of a list. */
export interface Page<Item> {
  readonly data: readonly Item[];
  /** As the server sent it: its members are not published. */
  readonly pagination?: unknown;
}

/**
 * Reads the cursor of the next page: text, null when there is no next page, undefined when it cannot tell. It is called
 * with the `pagination` of a page, undefined when there is none.
 */
export type NextCursor = (pagination: unknown) => string | null | undefined;

/** Which costs `costs.list` gives: active ones only. */
export interface CostListParams {
  /** Lists the costs of this product, a UUID. Without it the costs of the organization are listed. */
  readonly productId?: string | undefined;
  readonly scope?: CostScope | undefined;
  /** The size of a page. Its bounds and default are not published. */
  readonly limit?: number | undefined;
  /** Where the page begins: what `nextCursor` read from the page before. */
  readonly cursor?: string | undefined;
}

/** What `costs.create` sends. */
export interface CostCreateParams {
  /** The name by which formulas refer to the cost; not empty. */
  readonly key: string;
  readonly description?: string | undefined;
  /** Makes a cost of this product, a UUID. Without it the cost belongs to the organization. */
  readonly productId?: string | undefined;
}

/** Which cost: both ids are UUIDs. */
export interface CostAddress {
  /** May be left out only if you corrected the route to one without `{productId}`. */
  readonly productId?: string | undefined;
  readonly costId: string;
}

/** Which versions `costs.versions` gives. */
export interface VersionListParams {
  /** One status or several; sent as you write them. */
  readonly status?: string | readonly string[] | undefined;
}

interface PublishedEdit {
  readonly description: string;
  /** A policy of the cost itself: takes effect at once and makes no version. `false` is sent. */
  readonly requires_continuous_coverage: boolean;
  /** When the new version takes effect; in the future: it is scheduled. RFC 3339 text or a `Date`. */
  readonly effective_at: Date | string;
}
interface DraftEdit extends Omit<PublishedEdit, "effective_at"> {
  /** Keeps the new version as a draft. */
  readonly save_as_draft: true;
}
/** Some of the fields, at least one, and none of another way to edit. */
type AtLeastOne<Edit, Other extends PropertyKey> = {
  [Field in keyof Edit]: { readonly [F in Field]: Edit[F] };
}[keyof Edit] & { readonly [F in keyof Edit]?: Edit[F] | undefined } & {
  readonly [F in Other]?: undefined;
};

/**
 * What `costs.update` changes: at least one field, and `effective_at` or `save_as_draft`, not both. With neither of
 * these two the change is published at once as a new version.
 */
export type CostUpdateParams =
  | AtLeastOne<PublishedEdit, "save_as_draft">
  | AtLeastOne<DraftEdit, "effective_at">;

/**
 * What a timeline needs of a version. A `CostVersion` of `kontorion.costs.versions` fits, and so does plain JSON.
 * Times are RFC 3339 text or `Date`s; null and absent mean the same.
 */
export interface VersionDates {
  /** The number of the version, from 1: its identity. */
  readonly version: number;
  /** Start, inclusive. A version without one is in no period. */
  readonly effective_from?: Date | string | null | undefined;
  /** End, exclusive. Without one the version is open-ended. */
  readonly effective_to?: Date | string | null | undefined;
  /** In any case. A `draft` never counts; every other status counts, `archived` included. */
  readonly status?: string | null | undefined;
  /** When the version was published. */
  readonly published_at?: Date | string | null | undefined;
}

/** A stretch of time `[from, to)` in which one version is in force. */
export interface VersionPeriod {
  readonly version: number;
  readonly from: Date;
  /** Exclusive end; null when nothing ends the period. */
  readonly to: Date | null;
  readonly publishedAt: Date | null;
  /**
   * Set when the version was published after this period began. From `from` to this instant (`publishedAt` or the end of
   * the period) the version before was in force, and what was computed then used it.
   */
  readonly backdatedUntil: Date | null;
}

/** A stretch of time `[from, to)` in which no version is in force. */
export interface VersionGap {
  /** Null when there is no start: no version counts, and the timeline has no `from`. */
  readonly from: Date | null;
  /** Exclusive end; null when nothing ends the gap. */
  readonly to: Date | null;
}

/** A stretch of time `[from, to)` that several versions claim by their own dates. */
export interface VersionOverlap {
  readonly from: Date;
  /** Exclusive end; null when nothing ends the overlap. */
  readonly to: Date | null;
  /** Ascending. */
  readonly versions: readonly number[];
  /** The one of `versions` that is in force: the latest start, and of equal starts the higher number. */
  readonly inForce: number;
}

/** Something about the versions that a person should look at. */
export interface VersionProblem {
  readonly kind: "no-start" | "empty-period" | "backdated" | "resumed";
  readonly version: number;
  /** One sentence for people. */
  readonly message: string;
}

/** Which version of a cost is in force when. */
export interface VersionTimeline {
  /** The start that was asked for; null: the timeline begins with the first version. */
  readonly from: Date | null;
  /** The exclusive end that was asked for; null: the timeline has no end. */
  readonly to: Date | null;
  /** Ascending, disjoint. */
  readonly periods: readonly VersionPeriod[];
  /** Ascending, disjoint; with `periods` they cover the timeline. */
  readonly gaps: readonly VersionGap[];
  /** Ascending, disjoint. */
  readonly overlaps: readonly VersionOverlap[];
  /** The numbers of the drafts, ascending. */
  readonly drafts: readonly number[];
  /** By version, ascending. */
  readonly problems: readonly VersionProblem[];
}

/** A stretch of time: RFC 3339 text or `Date`s. */
export interface TimeRange {
  readonly from: Date | string;
  /** Exclusive. */
  readonly to: Date | string;
}

/** Whether one version is in force at every instant of a range. */
export interface Coverage {
  /** Whether there is no gap. An overlap does not interrupt the coverage: one version wins. */
  readonly continuous: boolean;
  /** Within the range, ascending. */
  readonly gaps: readonly VersionGap[];
  /** Within the range, ascending. */
  readonly overlaps: readonly VersionOverlap[];
}

/** What one unit costs from an instant on. An array of these is the `unitCostHistory` of `whatIf` and `reconcile`. */
export interface UnitCostFrom {
  readonly from: Date;
  readonly unitCost: Decimal;
}

/** Which range the history is for, and what a gap costs. */
export interface UnitCostHistoryOptions extends TimeRange {
  /** What one unit costs in a gap. Without it a gap in the range is an `InvalidInputError`. */
  readonly onGap?: DecimalInput | undefined;
}
