import type { Cost } from "../models.ts";
import { Decimal } from "../values/decimal.ts";
import type { StoredCost } from "./store.ts";

/** A stored cost as the client's model. */
export function costModel(cost: StoredCost): Cost {
  const { unitCost, createdAt, updatedAt, deletedAt } = cost;
  return {
    ...cost,
    unitCost: new Decimal(unitCost),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    deletedAt: deletedAt === null ? null : new Date(deletedAt),
  };
}
