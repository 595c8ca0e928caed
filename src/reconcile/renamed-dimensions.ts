import { isAdditive } from "../engine/accumulators.ts";
import { valuesOfGroup } from "./classification.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { addedRows, type PredictedRow, withRows } from "./prediction.ts";

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
    const unmet = new Set(search.differing("group").map(({ at }) => at));
    const differing = others.filter((key) => unmet.has(key));
    if (differing.length > MAX_GROUPS) return;
    for (const from of gone) {
      for (const to of differing) {
        const moved = own.get(from);
        if (moved === undefined) continue;
        const groups = (): ReadonlyMap<string, PredictedRow> => {
          const rows = new Map<string, PredictedRow>(own);
          rows.delete(from);
          const known = own.get(to);
          rows.set(to, known === undefined ? moved : addedRows(known, moved));
          return rows;
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
          predict: () => withRows(search.own, { groups }),
          events: () => search.rowsWhere(isOf),
          chance: (evidence) => evidence.chance(gone.length * differing.length),
          advice: `The server has your group ${JSON.stringify(before)} under ${JSON.stringify(after)}: check what changes the values of dimensions on the way.`,
        };
      }
    }
  },
};
