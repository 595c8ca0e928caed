import type { CostCreateParams, VersionDates } from "../../kontorion/models.ts";
import { costCreateParams, uuid } from "../../kontorion/schemas.ts";
import { versionDates } from "../../kontorion/timeline.ts";
import {
  boolean,
  field,
  list,
  optional,
  readPart,
  refuseRepeated,
  strictObject,
  time,
} from "../../schemas/fields.ts";
import { isRecord } from "../../values/record.ts";

/** A cost that a mock of Kontorion begins with, under the id given, or else the next of its own. */
export type CatalogCostSeed = CostCreateParams & {
  /** A UUID. */
  readonly id?: string | undefined;
  /** @default false */
  readonly requires_continuous_coverage?: boolean | undefined;
  /** Set for an archived cost: it is in no list, and can be read, copied and not changed. */
  readonly archived_at?: Date | string | undefined;
  /**
   * Its versions. Only the status `draft` is read: any other status follows from the dates and the clock.
   * @default version 1, published when the mock begins
   */
  readonly versions?: readonly VersionDates[] | undefined;
};

/** A seed whose times were read. */
export type ReadSeed = Omit<CatalogCostSeed, "archived_at" | "versions"> & {
  readonly archived_at?: Date | undefined;
  readonly versions?: readonly ReadDates[] | undefined;
};
export type ReadDates = {
  readonly [Name in keyof VersionDates]: Exclude<VersionDates[Name], string> | StatusOf<Name>;
};
type StatusOf<Name> = Name extends "status" ? string : never;

const ownFields = strictObject({
  id: optional(uuid),
  requires_continuous_coverage: optional(boolean),
  archived_at: optional(time),
  versions: optional(versionDates),
});
const costSeed = field<ReadSeed, CatalogCostSeed>((given, payload) => {
  if (!isRecord(given)) return readPart(costCreateParams, given, payload) as never;
  const { id, requires_continuous_coverage, archived_at, versions, ...params } = given;
  const own = readPart(
    ownFields,
    { id, requires_continuous_coverage, archived_at, versions },
    payload,
  );
  return { ...readPart(costCreateParams, params, payload), ...own } as ReadSeed;
});
/** An id may be given once, and so may the key of an active cost of one product. */
export const costSeeds = field<readonly ReadSeed[], readonly CatalogCostSeed[]>(
  (given, payload) => {
    const seeds = readPart(list(costSeed), given, payload);
    const idOf = ({ id }: ReadSeed) => id?.toLowerCase();
    // The key of an archived cost is free, and a wrong one was refused before.
    const nameOf = ({ key, productId = "", archived_at }: ReadSeed) =>
      archived_at === undefined && key !== undefined
        ? `${productId.toLowerCase()} ${key}`
        : undefined;
    for (const [member, keyOf] of [
      ["id", idOf],
      ["key", nameOf],
    ] as const) {
      const message = () => `expected a unique ${member}: an earlier cost has this one`;
      refuseRepeated(seeds, payload, member, keyOf, message);
    }
    return seeds;
  },
);
