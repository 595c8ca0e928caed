import { checkEvent } from "../engine/from-any.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostCreateParams, CostEvent } from "../models.ts";
import { COST_ID } from "../schemas/contract.ts";
import type { DecimalInput } from "../values/decimal.ts";
import { isJsonObject, jsonTree } from "../values/json-form.ts";
import { COST_CREATE, type CostCreateBody } from "./bodies.ts";
import { assertShape, matching, type Shape } from "./checks.ts";
import type { MockStore, NewCost, NewEvent } from "./store.ts";
import { decimalUnitCost, unitCostText } from "./unit-cost.ts";

/** A cost that a mock begins with, under the id given, or else the next of its own. */
export type CostSeed = CostCreateParams & {
  /** `cst_...` */
  readonly id?: string | undefined;
};

type CheckedSeed = Omit<CostCreateBody, "unitCost"> & { id?: string; unitCost: DecimalInput };

const COST_SEED: Shape<CheckedSeed> = {
  ...COST_CREATE,
  fields: { ...COST_CREATE.fields, id: matching(COST_ID, "cst_1"), unitCost: decimalUnitCost },
};
const NOT_VALID = "The mock cannot begin with this";

function readCost(seed: CostSeed, index: number): NewCost {
  const given: unknown = isJsonObject(seed)
    ? Object.fromEntries(Object.entries(seed).filter(([, value]) => value !== undefined))
    : seed;
  assertShape(given, COST_SEED, NOT_VALID, ["costs", index]);
  const { groupBy, unitCost, ...fields } = given;
  return {
    ...fields,
    // A copy: what its owner does to it later is not the mock's.
    ...(groupBy === undefined ? {} : { groupBy: { ...groupBy } }),
    unitCost: unitCostText(unitCost),
  };
}

function readEvent(seed: CostEvent, index: number): NewEvent {
  const issueAt = (path: Issue["path"], message: string): Issue => ({
    path: ["events", index, ...path],
    message,
  });
  let event: unknown;
  try {
    event = jsonTree(seed);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(NOT_VALID, [issueAt([], message)], { cause: error });
  }
  const checked = checkEvent(event);
  if ("issues" in checked) {
    const issues = checked.issues.map(({ path, message }) => issueAt(path, message));
    throw new InvalidInputError(NOT_VALID, issues);
  }
  const { type, data } = checked;
  // As it was written: the checked one has lost its digits beyond milliseconds, and its offset.
  const timestamp = isJsonObject(event) ? event["timestamp"] : undefined;
  return {
    type,
    data,
    source: checked.source ?? undefined,
    subject: checked.subject ?? undefined,
    externalSubject: checked.externalSubject ?? undefined,
    namespace: checked.namespace ?? undefined,
    timestamp: typeof timestamp === "string" ? timestamp : undefined,
    idempotencyKey: checked.idempotencyKey ?? undefined,
  };
}

/** What a store is filled with, checked, and no longer its owner's. */
export interface Seeds {
  readonly costs: readonly NewCost[];
  readonly events: readonly NewEvent[];
}

/** Reads what a mock begins with; throws an `InvalidInputError` for what means nothing and for an id given twice. */
export function readSeeds(costs: readonly CostSeed[], events: readonly CostEvent[]): Seeds {
  // Spread, since a hole of a sparse array is passed over by `map`.
  const newCosts = [...costs].map(readCost);
  const ids = new Set<string>();
  for (const [index, { id }] of newCosts.entries()) {
    if (id === undefined) continue;
    if (ids.has(id)) {
      const message = `${id} is the id of another cost`;
      throw new InvalidInputError(NOT_VALID, [{ path: ["costs", index, "id"], message }]);
    }
    ids.add(id);
  }
  return { costs: newCosts, events: [...events].map(readEvent) };
}

/** Fills a store. */
export function plantSeeds(store: MockStore, { costs, events }: Seeds): void {
  for (const { id } of costs) if (id !== undefined) store.reserveCostId(id);
  for (const cost of costs) store.createCost(cost);
  for (const event of events) store.takeEvent(event);
}
