import type { CostDefinition } from "../models.ts";
import { undeclaredDimension } from "../schemas/contract.ts";
import { list, nullish, pickedObject, strictObject, text } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { REPORT_REFUSED, type ReportQuery, refuseReport } from "./report-query.ts";

const label = /* @__PURE__ */ nullish(text);
/** What is told of a cost as it is; the rest of it is read with the query. */
const labelledCosts = /* @__PURE__ */ strictObject({
  costs: /* @__PURE__ */ list(
    /* @__PURE__ */ pickedObject(
      { id: label, name: label, currency: label, unit: label, merchantId: label },
      { what: "a cost: an object" },
    ),
  ),
});

/** ISO 4217's code for where no currency is involved: a report over no cost at all. */
const NO_CURRENCY = "XXX";

/** The costs that a report is over, and what is to be said of those that were left out. */
export interface ReportCosts {
  readonly costs: readonly CostDefinition[];
  readonly currency: string;
  readonly warnings: readonly string[];
}

const nameOf = ({ id, name }: CostDefinition): string => id ?? name ?? "(a cost without an id)";

/** Whether something of a cost is missing that its quantity cannot do without: an update may have removed it. */
const isIncomplete = ({ eventType, aggregation, valueProperty }: CostDefinition): boolean =>
  (eventType ?? undefined) === undefined ||
  (aggregation ?? undefined) === undefined ||
  (aggregation !== "COUNT" && (valueProperty ?? undefined) === undefined);

/**
 * Chooses the costs of a report: not deleted, of the ids, merchant and currency asked for, with every filtered
 * dimension. Mixed currencies are an `InvalidInputError`, unless one is asked for.
 */
export function chooseCosts(given: Iterable<CostDefinition>, query: ReportQuery): ReportCosts {
  const all = [...given];
  readInput(labelledCosts, { costs: all }, REPORT_REFUSED);
  const { costIds, merchantId, currency, groupBy, filterGroupBy } = query;
  const unknownIds = (costIds ?? []).filter((wanted) => !all.some(({ id }) => id === wanted));
  if (unknownIds.length > 0) {
    refuseReport({ path: ["costId"], message: `no cost has the id ${unknownIds.join(", ")}` });
  }
  const isNamed = ({ id }: CostDefinition): boolean =>
    costIds?.some((wanted) => wanted === id) === true;
  const isByDimension = groupBy !== "cost" && groupBy !== "customer";
  if (isByDimension) {
    const [only, ...others] = all.filter(isNamed);
    if (only === undefined || others.length > 0) {
      refuseReport({
        path: ["groupBy"],
        message: `expected cost or customer; ${JSON.stringify(groupBy)} may be a dimension of one cost, which costId has to name`,
      });
    }
    if (!Object.hasOwn(only.groupBy ?? {}, groupBy)) {
      refuseReport({
        path: ["groupBy", groupBy],
        message: undeclaredDimension(groupBy, Object.keys(only.groupBy ?? {})),
      });
    }
  }

  const wanted = all.filter(
    (cost) =>
      (cost.deletedAt ?? undefined) === undefined &&
      (costIds === undefined || isNamed(cost)) &&
      (merchantId === undefined || cost.merchantId === merchantId) &&
      (currency === undefined || cost.currency === currency),
  );
  const warnings: string[] = [];
  const costs = wanted.filter((cost) => {
    const missing = Object.keys(filterGroupBy).filter(
      (name) => !Object.hasOwn(cost.groupBy ?? {}, name),
    );
    if (missing.length > 0) {
      warnings.push(`${nameOf(cost)} is left out: it declares no dimension ${missing.join(", ")}`);
    } else if (isIncomplete(cost)) {
      warnings.push(
        `${nameOf(cost)} is left out: it lacks an eventType, an aggregation or a valueProperty`,
      );
    }
    return missing.length === 0 && !isIncomplete(cost);
  });
  const currencies = [...new Set(costs.map((cost) => cost.currency))];
  if (currencies.length > 1) {
    refuseReport({
      path: ["currency"],
      message: `expected one of ${currencies.join(", ")}: amounts of several currencies do not add up`,
    });
  }
  if (groupBy === "cost") {
    const withoutId = costs.find(({ id }) => id === undefined);
    if (withoutId !== undefined) {
      refuseReport({
        path: ["costs"],
        message: `expected an id of every cost to group by; ${JSON.stringify(withoutId.name)} has none`,
      });
    }
  }
  if (new Set(costs.map(({ unit }) => unit ?? "")).size > 1) {
    const units = [...new Set(costs.map(({ unit }) => unit ?? "none"))].join(", ");
    warnings.push(`The quantities are of different units: ${units}`);
  }
  return { costs, currency: currency ?? currencies[0] ?? NO_CURRENCY, warnings };
}
