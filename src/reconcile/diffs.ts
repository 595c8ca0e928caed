import type { Plan } from "../summary/plan.ts";
import { type Decimal, decimalOf } from "../values/decimal.ts";
import type { Exact } from "../values/scaled-integer.ts";
import { type Closeness, difference, negated, worse } from "./closeness.ts";
import type { Cell } from "./comparison.ts";
import { valuesOfGroup } from "./prediction.ts";
import type { AmountDiff, Diff, Verdict } from "./result.ts";

const decimalOrNull = (value: Exact | null | undefined): Decimal | null =>
  value === undefined || value === null ? null : decimalOf(value);

function amountDiff(
  place: Cell["place"],
  local: Exact | undefined,
  server: Exact | null | undefined,
): AmountDiff {
  const differenceOf = (): Exact | undefined => {
    if (local !== undefined && server !== undefined && server !== null) {
      return difference(server, local);
    }
    if (place === "total") return undefined;
    return local === undefined ? (server ?? undefined) : negated(local);
  };
  return {
    local: decimalOrNull(local),
    server: decimalOrNull(server),
    difference: decimalOrNull(differenceOf()),
  };
}

/** The dimensions' values of a group's cell. */
const valuesOf = ({ at }: Cell): readonly string[] => valuesOfGroup(String(at));

/** A cell as a difference. */
export function diffOf(cell: Cell, { groupBy }: Plan): Diff {
  const { place, at, own, server } = cell;
  const values = place === "group" ? valuesOf(cell) : [];
  return {
    ...(place === "group" && {
      dimensions: Object.fromEntries(
        (groupBy ?? []).map(({ name }, position) => [name, values[position] ?? ""]),
      ),
    }),
    ...(place === "window" && { windowStart: new Date(Number(at)) }),
    side: own === undefined ? "server" : server === undefined ? "local" : "both",
    quantity: amountDiff(place, own?.quantity, server?.quantity),
    cost: amountDiff(place, own?.cost, server?.cost),
  };
}

/** In the order of a summary's rows: groups by their values, by UTF-16 code unit; windows ascending. */
export function compareCells(a: Cell, b: Cell): number {
  if (a.place !== "group" || b.place !== "group") return Number(a.at) - Number(b.at);
  const others = valuesOf(b);
  for (const [position, value] of valuesOf(a).entries()) {
    const other = others[position] ?? "";
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

/** The verdict on cells alone: whatever explains a difference is not looked at yet. */
export function verdictOf(cells: readonly Cell[]): Exclude<Verdict, "explained" | "coincidence"> {
  const isUnavailable = cells.some(
    ({ own, server }) =>
      own !== undefined &&
      server !== undefined &&
      ((server.cost === null && own.cost !== undefined) ||
        (server.quantity === null && own.quantity !== undefined)),
  );
  if (isUnavailable) return "unavailable";
  const VERDICTS = {
    equal: "equal",
    "as-double": "equal-as-double",
    within: "within-tolerance",
    different: "different",
  } as const;
  const closeness = cells.reduce<Closeness>((worst, cell) => worse(worst, cell.closeness), "equal");
  return VERDICTS[closeness];
}
