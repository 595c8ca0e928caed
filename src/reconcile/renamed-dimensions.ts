import { isAdditive } from "../engine/accumulators.ts";
import { valuesOfGroup } from "./classification.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { addedRows, type Predicted, type PredictedRow } from "./prediction.ts";
import { rowsWhere } from "./search.ts";

/** How many groups may be missing, and how many may be new or grown, for pairs of them to be tried. */
const MAX_GROUPS = 16;

/**
 * The server has a group under other dimension values: renamed to a new one, or merged into another one. Totals and
 * windows do not show it. A merge is looked for where quantities are added up.
 */
export const renamedDimensions: Hypothesis = {
  *candidates(search) {
    const { plan, columns } = search.classification;
    const keys = search.classification.groupKeys();
    const given = search.comparer.server.groups;
    if (plan.groupBy === undefined || given === undefined) return;
    if (!search.comparer.fitsTotalQuantity(search.own.total())) return;
    const own = search.own.groups();
    const gone = [...own.keys()].filter((key) => !given.has(key));
    const isAdded = isAdditive(plan.aggregation);
    const others = [...given.keys()].filter((key) => isAdded || !own.has(key));
    if (gone.length === 0 || gone.length > MAX_GROUPS) return;
    const differing = others.filter((key) => {
      const quantity = own.get(key)?.quantity;
      return (
        quantity === undefined ||
        search.cells.some(
          ({ place, at, agreement }) =>
            place === "group" && at === key && agreement === "different",
        )
      );
    });
    if (differing.length > MAX_GROUPS) return;
    for (const from of gone) {
      for (const to of differing) {
        const moved = own.get(from);
        if (moved === undefined) continue;
        const predicted: Predicted = {
          total: () => search.own.total(),
          windows: () =>
            search.comparer.server.windows === undefined ? new Map() : search.own.windows(),
          groups: () => {
            const rows = new Map<string, PredictedRow>(own);
            rows.delete(from);
            const known = own.get(to);
            rows.set(to, known === undefined ? moved : addedRows(known, moved));
            return rows;
          },
        };
        const [before, after] = [from, to].map((key) => valuesOfGroup(key).join(", "));
        const isOf = (row: number): boolean =>
          keys[columns.group[row] as number] === from && search.counts(row);
        yield {
          hypotheses: [
            {
              id: own.has(to) ? "group-merged" : "group-renamed",
              parameters: { from: before ?? "", to: after ?? "" },
            },
          ],
          predict: () => predicted,
          events: () => rowsWhere(columns.length, isOf),
          chance: (evidence) => evidence.chance(gone.length * differing.length),
          advice: `The server has your group ${JSON.stringify(before)} under ${JSON.stringify(after)}: check what changes the values of dimensions on the way.`,
        };
      }
    }
  },
};
