import { InvalidInputError } from "../errors.ts";
import type { Decimal } from "../values/decimal.ts";
import type { Diff, Explanation, HypothesisUse, Reconciliation, Verdict } from "./result.ts";

/** How many rows, explanations and events are written out; how many more there are is always said. */
const MAX_ROWS = 20;
const MAX_EXPLANATIONS = 8;

const VERDICTS: Record<Verdict, string> = {
  equal: "EQUAL: server and local agree to the last digit.",
  "equal-as-double": "EQUAL AS DOUBLE: the server rounded to doubles, and agrees in every one.",
  "within-tolerance":
    "WITHIN TOLERANCE: they differ by no more than doubles lose, or you let pass.",
  explained: "EXPLAINED: they differ, and this is why.",
  coincidence: "COINCIDENCE: something fits, but so would too much else by chance.",
  different: "DIFFERENT: nothing that is known accounts for it.",
  unavailable: "UNAVAILABLE: the server answered null, which is not zero.",
};

const ABSENT = "-";
const COLUMNS = ["quantity, local", "server", "difference", "cost, local", "server", "difference"];

function nameOf({ dimensions, windowStart }: Diff): string {
  if (windowStart !== undefined) return windowStart.toISOString();
  if (dimensions === undefined) return "total";
  return Object.entries(dimensions)
    .map(([name, value]) => `${name}=${/^[\w.:-]+$/.test(value) ? value : JSON.stringify(value)}`)
    .join(" ");
}

/** Cells of one column, padded so that their points stand in one line. */
function alignedAtPoint(title: string, amounts: readonly (Decimal | null)[]): string[] {
  const texts = amounts.map((amount) => amount?.toString() ?? ABSENT);
  const whole = (text: string): number => (text.includes(".") ? text.indexOf(".") : text.length);
  const before = Math.max(...texts.map(whole));
  const after = Math.max(...texts.map((text) => text.length - whole(text)));
  const width = Math.max(title.length, before + after);
  const cells = texts.map((text) =>
    text
      .padStart(before + text.length - whole(text))
      .padEnd(before + after)
      .padStart(width),
  );
  return [title.padStart(width), ...cells];
}

function table(diffs: readonly Diff[]): string[] {
  const names = ["", ...diffs.map(nameOf)];
  const width = Math.max(...names.map((name) => name.length));
  const amounts = [
    (diff: Diff) => diff.quantity.local,
    (diff: Diff) => diff.quantity.server,
    (diff: Diff) => diff.quantity.difference,
    (diff: Diff) => diff.cost.local,
    (diff: Diff) => diff.cost.server,
    (diff: Diff) => diff.cost.difference,
  ].map((amountOf, column) => alignedAtPoint(COLUMNS[column] ?? "", diffs.map(amountOf)));
  return names.map((name, line) =>
    `  ${[name.padEnd(width), ...amounts.map((cells) => cells[line] ?? "")].join("  ")}`.trimEnd(),
  );
}

const hypothesisText = ({ id, parameters = {} }: HypothesisUse): string => {
  const values = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return values.length === 0 ? id : `${id} (${values.join(", ")})`;
};

function explanationLines({ rank, hypotheses, exact, events, advice }: Explanation): string[] {
  const { count, first } = events;
  const named = first.map(({ index, key }) =>
    key === undefined ? `#${index}` : `#${index} ${key}`,
  );
  const more = count > first.length ? `, and ${count - first.length} more` : "";
  return [
    `  ${rank}. ${hypotheses.map(hypothesisText).join(" and ")}${exact ? ", exactly" : ", nearly"}`,
    ...(count === 0
      ? []
      : [`     ${count} ${count === 1 ? "event" : "events"}: ${named.join(", ")}${more}`]),
    `     ${advice}`,
  ];
}

const more = (count: number, most: number, what: string): string[] =>
  count > most ? [`  ... and ${count - most} more ${what}`] : [];

/**
 * A reconciliation as plain text for a terminal or a pull request: the verdict first, then the total and the rows that
 * differ, with amounts aligned at the point, the explanations, and what became of the events. At most 20 rows and 8
 * explanations are written out; it says how many more there are. For machines there is `JSON.stringify`. Throws an
 * `InvalidInputError` for what is no reconciliation.
 *
 * @example
 * ```ts
 * import { formatReconciliation, reconcile } from "metered-costs/summary";
 *
 * const calls = { unitCost: "0.5", aggregation: "COUNT", eventType: "call" };
 * const events = [{ type: "call", timestamp: "2026-06-01T10:00:00Z", data: {} }];
 * const query = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const server = { totalQuantity: "1", totalCost: "0.5" };
 * console.log(formatReconciliation(reconcile({ cost: calls, events, query, server })));
 * ```
 */
export function formatReconciliation(reconciliation: Reconciliation): string {
  try {
    return formatted(reconciliation);
  } catch (cause) {
    // Only what `reconcile` never gave cannot be read.
    throw new InvalidInputError(
      "The reconciliation cannot be formatted",
      [{ path: [], message: "expected what reconcile returned, not its JSON or a part of it" }],
      { cause },
    );
  }
}

function formatted(reconciliation: Reconciliation): string {
  const { verdict, total, groups, timeSeries, explanations, audit } = reconciliation;
  const rows = [...groups, ...timeSeries];
  const leftOut = Object.entries(audit.leftOut)
    .filter(([, { count }]) => count > 0)
    .map(([reason, { count }]) => `${count} ${reason}`);
  return [
    VERDICTS[verdict],
    "",
    ...table([total, ...rows.slice(0, MAX_ROWS)]),
    ...more(rows.length, MAX_ROWS, "rows that differ"),
    ...(explanations.length === 0 ? [] : ["", "Explanations, best first:"]),
    ...explanations.slice(0, MAX_EXPLANATIONS).flatMap(explanationLines),
    ...more(explanations.length, MAX_EXPLANATIONS, "explanations"),
    "",
    `${audit.read} events read, ${audit.used} used; left out: ${leftOut.join(", ") || "none"}.`,
    ...audit.notes.map((note) => `Note: ${note}`),
  ].join("\n");
}
