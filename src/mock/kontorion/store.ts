import type { Cost, CostVersion } from "../../kontorion/models.ts";
import type { CostUpdate } from "../../kontorion/schemas.ts";
import { isDraft, versionAt, versionOfUpdate } from "../../kontorion/timeline.ts";
import type { CatalogCostSeed, ReadDates, ReadSeed } from "./seeds.ts";

/** A version as it is kept: its status follows from its dates and the clock. */
interface StoredVersion {
  readonly id: string;
  readonly version: number;
  readonly isDraft: boolean;
  /** Published with the version: the cost has the one of the version in force. */
  readonly description: string | undefined;
  readonly effective_from: Date | null;
  readonly effective_to: Date | null;
  readonly published_at: Date | null;
  readonly created_at: Date;
}

/** A cost as it is kept. */
export interface StoredCost {
  readonly id: string;
  readonly productId: string | undefined;
  readonly key: string;
  readonly description: string | undefined;
  readonly requires_continuous_coverage: boolean;
  readonly archivedAt: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly versions: readonly StoredVersion[];
}

const ORGANIZATION = "00000000-0000-4000-8000-000000000001";
const ID_GROUPS = { cost: "8001", version: "8002" } as const;

const dateOf = (given: Date | null | undefined): Date | null => given ?? null;

/** What a mock remembers: costs with their versions, in the order of their creation. */
export class CatalogStore {
  readonly #now: () => Date;
  readonly #costs = new Map<string, StoredCost>();
  readonly #counters = { cost: 0, version: 0 };

  constructor(now: () => Date, seeds: readonly ReadSeed[]) {
    this.#now = now;
    // A cost without an id must not be given one that a later seed says.
    const reserved = new Set(seeds.flatMap(({ id }) => id?.toLowerCase() ?? []));
    for (const { versions, archived_at, ...seed } of seeds) {
      const { id = this.#nextId("cost", reserved) } = seed;
      this.#add({ ...seed, id: id.toLowerCase() }, { versions, archivedAt: archived_at });
    }
  }

  /** All costs, the archived ones too. */
  get costs(): readonly StoredCost[] {
    return [...this.#costs.values()];
  }

  /** The costs that are not archived. */
  get activeCosts(): readonly StoredCost[] {
    return this.costs.filter(({ archivedAt }) => archivedAt === undefined);
  }

  /** A cost by its id; undefined also when it is not one of the product that is named. */
  cost(id: string | undefined, productId: string | undefined): StoredCost | undefined {
    const cost = this.#costs.get(id?.toLowerCase() ?? "");
    return productId === undefined || isOf(cost, productId) ? cost : undefined;
  }

  /** Whether an active cost of the same product, or of the organization, has this key. */
  isTaken(key: string, productId: string | undefined): boolean {
    return this.activeCosts.some((cost) => cost.key === key && isOf(cost, productId));
  }

  create(params: {
    readonly key: string;
    readonly description?: string | undefined;
    readonly productId?: string | undefined;
    readonly requires_continuous_coverage?: boolean | undefined;
  }): StoredCost {
    return this.#add({ ...params, id: this.#nextId("cost", this.#costs) }, {});
  }

  update(cost: StoredCost, edit: CostUpdate): StoredCost {
    const made = versionOfUpdate(cost.versions, edit, this.#now());
    const versions = made === undefined ? [] : [this.#version(made, edit.description)];
    const updated: StoredCost = {
      ...cost,
      requires_continuous_coverage:
        edit.requires_continuous_coverage ?? cost.requires_continuous_coverage,
      updatedAt: this.#now(),
      versions: [...cost.versions, ...versions],
    };
    this.#costs.set(cost.id, updated);
    return updated;
  }

  /** The copy is a cost of the same product, with one version. Its key is made up: nothing about it is published. */
  copy(cost: StoredCost): StoredCost {
    let key = `${cost.key}_copy`;
    for (let count = 2; this.isTaken(key, cost.productId); count++)
      key = `${cost.key}_copy_${count}`;
    const { productId, requires_continuous_coverage } = cost;
    const { description } = this.model(cost);
    return this.create({
      key,
      productId,
      requires_continuous_coverage,
      description: description ?? undefined,
    });
  }

  /** A cost as it is now: its version is the one in force. */
  model(cost: StoredCost): Cost {
    const head = this.#head(cost);
    const { id, productId, key, archivedAt, createdAt, updatedAt } = cost;
    return {
      id,
      organization_id: ORGANIZATION,
      product_id: productId ?? null,
      key,
      description: descriptionOf(cost, head) ?? null,
      scope: scopeOf(cost),
      status: archivedAt === undefined ? "active" : "archived",
      version: head?.version ?? null,
      head_version_id: head?.id ?? null,
      requires_continuous_coverage: cost.requires_continuous_coverage,
      archived_at: archivedAt ?? null,
      created_at: createdAt,
      updated_at: updatedAt,
    };
  }

  /** The versions of a cost as they are now, by number. */
  versions(cost: StoredCost): readonly CostVersion[] {
    const head = this.#head(cost);
    const now = this.#now();
    const statusOf = (stored: StoredVersion): string => {
      if (stored.isDraft) return "draft";
      if (stored.version === head?.version) return "active";
      const { effective_from } = stored;
      return effective_from !== null && effective_from > now ? "scheduled" : "archived";
    };
    return [...cost.versions]
      .sort((a, b) => a.version - b.version)
      .map((stored) => {
        const { isDraft: _isDraft, description: _description, ...dates } = stored;
        return { ...dates, status: statusOf(stored) };
      });
  }

  #head({ versions }: StoredCost): StoredVersion | undefined {
    return versionAt(
      versions.filter((each) => !each.isDraft),
      this.#now(),
    );
  }

  #add(
    { id, key, description, productId, requires_continuous_coverage = false }: Named,
    {
      versions,
      archivedAt,
    }: { versions?: readonly ReadDates[] | undefined; archivedAt?: Date | undefined },
  ): StoredCost {
    const now = this.#now();
    const first = { version: 1, effective_from: now, published_at: now };
    const cost: StoredCost = {
      id,
      key,
      description,
      productId: productId?.toLowerCase(),
      requires_continuous_coverage,
      archivedAt,
      createdAt: now,
      updatedAt: now,
      versions: (versions ?? [first]).map((each) => this.#version(each, undefined)),
    };
    this.#costs.set(id, cost);
    return cost;
  }

  #version(dates: ReadDates, description: string | undefined): StoredVersion {
    return {
      id: this.#nextId("version"),
      version: dates.version,
      isDraft: isDraft(dates.status),
      description,
      effective_from: dateOf(dates.effective_from),
      effective_to: dateOf(dates.effective_to),
      published_at: dateOf(dates.published_at),
      created_at: this.#now(),
    };
  }

  /** A UUID of counted digits. */
  #nextId(of: keyof typeof ID_GROUPS, taken?: { has(id: string): boolean }): string {
    let id: string;
    do {
      this.#counters[of]++;
      id = `00000000-0000-4000-${ID_GROUPS[of]}-${String(this.#counters[of]).padStart(12, "0")}`;
    } while (taken?.has(id));
    return id;
  }
}

type Named = Omit<CatalogCostSeed, "id" | "versions" | "archived_at"> & { readonly id: string };

/** Whether a cost belongs to the product, or to the organization where none is named. */
export const isOf = (cost: StoredCost | undefined, productId: string | undefined): boolean =>
  cost !== undefined && cost.productId === productId?.toLowerCase();

export const scopeOf = ({ productId }: StoredCost): "ORG" | "PRODUCT" =>
  productId === undefined ? "ORG" : "PRODUCT";

/** The description that the version in force was published with, or an earlier one, or the cost was created with. */
function descriptionOf(cost: StoredCost, head: StoredVersion | undefined): string | undefined {
  const earlier = cost.versions.filter(
    (each) => !each.isDraft && each.version <= (head?.version ?? 0),
  );
  const described = earlier.filter((each) => each.description !== undefined);
  return described.at(-1)?.description ?? cost.description;
}
