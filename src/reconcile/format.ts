import { InvalidInputError } from "../errors.ts";
import { oneOf, optional, strictObject } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { counted } from "../values/counted.ts";
import type { Decimal } from "../values/decimal.ts";
import type {
  Diff,
  DifferenceFinding,
  Explanation,
  HypothesisUse,
  Reconciliation,
  Verdict,
} from "./result.ts";

/** How a reconciliation is written. */
export interface FormatReconciliationOptions {
  /**
   * Plain text with aligned columns, Markdown, or an HTML fragment without styles.
   * @default "text"
   */
  readonly format?: "text" | "markdown" | "html" | undefined;
}

const formatOptions = /* @__PURE__ */ strictObject(
  { format: /* @__PURE__ */ optional(/* @__PURE__ */ oneOf(["text", "markdown", "html"])) },
  { what: "an object of options" },
);

/** How many rows, explanations and findings are written out; how many more there are is always said. */
const MAX_ROWS = 20;
const MAX_LISTED = 8;
const MAX_KEY = 80;

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

/** `YYYY-MM-DD`, with the time where it is not midnight; UTC. */
export function dateText(date: Date): string {
  const [day = "", time = ""] = date.toISOString().split("T");
  if (time === "00:00:00.000Z") return day;
  return `${day} ${time.replace(/(?::00)?\.000Z$|Z$/, "")} UTC`;
}

/** A key as far as it helps to find its event; `events.all()` has it whole. */
const shortened = (key: string): string =>
  key.length > MAX_KEY ? `${key.slice(0, MAX_KEY)}...` : key;

/** Times in a parameter's text, as dates are written. */
const withDates = (text: string): string =>
  text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (time) => dateText(new Date(time)));

function nameOf({ dimensions, windowStart }: Pick<Diff, "dimensions" | "windowStart">): string {
  if (windowStart !== undefined) return dateText(windowStart);
  if (dimensions === undefined) return "total";
  return Object.entries(dimensions)
    .map(([name, value]) => `${name}=${/^[\w.:-]+$/.test(value) ? value : JSON.stringify(value)}`)
    .join(" ");
}

/** What happened, for a reader of the bill who has not seen the events. */
function sentenceOf(reconciliation: Reconciliation): string {
  const { verdict, total, explanations, findings, audit } = reconciliation;
  const { difference } = total.cost;
  const by =
    difference === null
      ? ""
      : difference.isZero()
        ? "The total costs are equal"
        : `The server's total cost is ${difference.abs()} ${difference.isNegative() ? "lower" : "higher"} than yours`;
  const [best] = explanations;
  switch (verdict) {
    case "equal":
    case "equal-as-double":
      return "The bill and your events agree.";
    case "within-tolerance":
      return "The bill and your events agree within what you or doubles allow.";
    case "unavailable":
      return "The server has no amount to compare with: ask it again.";
    case "explained":
      if (best === undefined) return "";
      return `${by}: ${causeOf(best, audit)}.`;
    case "coincidence":
      return best === undefined
        ? ""
        : `${by}. It may be that ${causeOf(best, audit)}, but other causes fit as well: ask for more detail.`;
    case "different":
      for (const { kind, message } of findings) if (kind === "currency") return message;
      if (audit.used === 0) return `${by}, because ${noneCounts(audit.read)}.`;
      return `${by}, and no known cause accounts for every amount.`;
  }
}

const noneCounts = (read: number): string => {
  if (read === 0) return "your log has no events";
  return read === 1
    ? "the one event in your log does not count"
    : `none of the ${read} events in your log counts`;
};

/** Whether an explanation says that the server lacks every event that counts. */
const isAll = ({ hypotheses, events }: Explanation, { used }: Reconciliation["audit"]): boolean =>
  events.count === used &&
  hypotheses.some(({ id }) => id === "not-yet-settled" || id === "stretch-left-out");

const CAUSES: Record<HypothesisUse["id"], (explanation: Explanation) => string> = {
  "event-left-out": ({ events }) => `the server lacks ${oneOfEvents(events)}`,
  "event-repeated": ({ events }) => `the server counted ${oneOfEvents(events)} twice`,
  "events-left-out": ({ hypotheses, events }) =>
    `the server lacks ${scatteredText(hypotheses, events.count)}`,
  "events-repeated": ({ hypotheses, events }) =>
    `the server counted ${scatteredText(hypotheses, events.count)} twice`,
  "copies-left-out": ({ events }) =>
    `the server counted once what your log has again under new keys (${counted(events.count, "event")})`,
  "subject-left-out": (one) =>
    `the server lacks all events of the customer ${named(one, "subject")}`,
  "subject-repeated": (one) =>
    `the server counted all events of the customer ${named(one, "subject")} twice`,
  "subject-alone": (one) =>
    `the server counts the events of the customer ${named(one, "subject")} alone`,
  "key-left-out": (one) => `the server lacks all events with the key ${named(one, "key")}`,
  "key-repeated": (one) => `the server counted all events with the key ${named(one, "key")} twice`,
  "source-left-out": (one) => `the server lacks all events of the source ${named(one, "source")}`,
  "source-repeated": (one) =>
    `the server counted all events of the source ${named(one, "source")} twice`,
  "source-alone": (one) =>
    `the server counts the events of the source ${named(one, "source")} alone`,
  "dimension-alone": (one) =>
    `the server counts only the events whose ${parameter(one, "dimension")} is ${named(one, "value")}`,
  "subject-outage": (one) =>
    `the server lacks what the customer ${named(one, "subject")} sent ${stretchText(one)}`,
  "source-outage": (one) =>
    `the server lacks what the source ${named(one, "source")} sent ${stretchText(one)}`,
  "stretch-left-out": (one) => `the server lacks everything that happened ${stretchText(one)}`,
  "stretch-repeated": (one) => `the server counted what happened ${stretchText(one)} twice`,
  "not-yet-settled": (one) => `the server has counted nothing from ${parameter(one, "from")} on`,
  "whole-seconds": () => "the server cuts times to whole seconds",
  "to-inclusive": () => "the server counts what happened at the very end of the range, too",
  "duplicates-counted": () => "the server counted repeated events again",
  "last-of-equal-keys": () => "the server counts the last event of each key, not the first",
  "key-alone": () => "the server takes equal keys of several sources for one event",
  "totals-folded": (one) => `the server adds its total up from its ${parameter(one, "from")}`,
  "truncated-to-19-digits": () => "the server cuts values behind the 19th decimal place",
  "missing-counted": () => "the server counts events without a value as one more distinct value",
  "first-of-equal-timestamps": () =>
    "the server takes the first event of equal times as the latest",
  "null-as-empty": () => "the server takes a dimension that is null for one that is missing",
  "namespace-ignored": () => "the server counts events of other namespaces, too",
  "average-over-all": () => "the server's average is over events without a value, too",
  "before-creation-left-out": () => "the server counts nothing from before the cost's creation",
  "cost-rounded": (one) => `the server rounds costs to ${parameter(one, "places")} places`,
  "other-unit-cost": (one) => `the server charged ${parameter(one, "unitCost")} a unit`,
  "unit-cost-changed": (one) =>
    `the unit cost changed from ${parameter(one, "before")} to ${parameter(one, "after")} at ${parameter(one, "at")}`,
  "constant-factor": (one) => {
    const of = parameter(one, "of");
    const what = { cost: "costs", quantity: "quantities" }[of] ?? "quantities and costs";
    return `the server's ${what} are ${parameter(one, "factor")} times yours`;
  },
  "window-offset": (one) =>
    `the server's windows follow another time zone (${parameter(one, "utcOffset")})`,
  "subject-merged": (one) =>
    `the server booked the events of the customer ${named(one, "from")} on ${named(one, "to")}`,
  "source-shifted": (one) =>
    `the server has what the source ${named(one, "source")} sent ${shiftText(one)} than you do`,
  "events-shifted": (one) => `the server has all events ${shiftText(one)} than you do`,
  "definition-changed": (one) => `the server reads ${definitionText(one)}`,
  "other-aggregation": (one) =>
    `the server's cost says ${parameter(one, "server")} where yours says ${parameter(one, "local")}`,
  "group-renamed": (one) =>
    `the server has your group ${named(one, "from")} as ${named(one, "to")}`,
  "group-merged": (one) =>
    `the server counts your group ${named(one, "from")} in the group ${named(one, "to")}`,
  "other-type-counted": (one) => `the server counts events of the type ${named(one, "type")}, too`,
};
/** A parameter of whichever hypothesis of an explanation has it, as text. */
const parameterOf = ({ hypotheses }: Explanation, name: string): string | number | undefined =>
  hypotheses.find(({ parameters }) => parameters?.[name] !== undefined)?.parameters?.[name];
const parameter = (explanation: Explanation, name: string): string =>
  withDates(String(parameterOf(explanation, name)));
/** A parameter that is a name. */
const named = (explanation: Explanation, name: string): string =>
  JSON.stringify(String(parameterOf(explanation, name)));
const stretchText = (explanation: Explanation): string =>
  `from ${parameter(explanation, "from")} to ${parameter(explanation, "to")}`;
/** Which events, here and there. */
function scatteredText([first]: Explanation["hypotheses"], count: number): string {
  const every = first?.parameters?.["every"];
  const some = first?.parameters?.["events"] ?? count;
  return every === undefined ? `${some} single events` : `one of every ${every} events`;
}
/** What the server reads elsewhere, and when. */
function definitionText(explanation: Explanation): string {
  const part = (name: string, text: (value: string) => string): string =>
    parameterOf(explanation, name) === undefined ? "" : text(parameter(explanation, name));
  const what = part("dimension", (dimension) => `the dimension ${dimension}`) || "the value";
  const before = part("until", (until) => ` before ${until}`);
  const since = part("from", (from) => ` from ${from} on`);
  return `${what} at ${parameter(explanation, "path")}${before}${since}`;
}
/** By how much the server's times are off. */
function shiftText(explanation: Explanation): string {
  const hours = Number(parameterOf(explanation, "hours"));
  const size = Math.abs(hours);
  return `${counted(size, "hour")} ${hours > 0 ? "later" : "earlier"}`;
}
const oneOfEvents = ({ count, first }: Explanation["events"]): string => {
  if (count > 1) return `one of ${count} events`;
  const key = first[0]?.key;
  return key === undefined ? "one event" : `one event (${shortened(key)})`;
};

function causeOf(explanation: Explanation, audit: Reconciliation["audit"]): string {
  if (isAll(explanation, audit)) return "the server has counted none of your events";
  return explanation.hypotheses.map(({ id }) => CAUSES[id](explanation)).join(", and ");
}

/** Cells of one column, padded so that their decimal points are aligned. */
function alignedAtPoint(title: string, texts: readonly string[]): string[] {
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

const amountsOf = ({ quantity, cost }: Diff): string[] =>
  [quantity, cost]
    .flatMap(({ local, server, difference }): (Decimal | null)[] => [local, server, difference])
    .map((amount) => amount?.toString() ?? ABSENT);

const hypothesisText = ({ id, parameters = {} }: HypothesisUse): string => {
  const values = Object.entries(parameters).map(
    ([name, value]) => `${name} ${typeof value === "string" ? withDates(value) : value}`,
  );
  return values.length === 0 ? id : `${id} (${values.join(", ")})`;
};

/** An explanation as a headline and the lines below it. */
function explanationItem({ rank, hypotheses, exact, events, advice }: Explanation): string[] {
  const { count, first } = events;
  const named = first.map(({ index, key }) =>
    key === undefined ? `#${index}` : `#${index} ${shortened(key)}`,
  );
  const rest = count > first.length ? `, and ${count - first.length} more` : "";
  return [
    `${rank}. ${hypotheses.map(hypothesisText).join(" and ")}${exact ? ", exactly" : ", nearly"}`,
    ...(count === 0 ? [] : [`${counted(count, "event")}: ${named.join(", ")}${rest}`]),
    withDates(advice),
  ];
}

function findingItem(finding: DifferenceFinding): string[] {
  const { kind, share, message, from, to, dimensions, subject, source } = finding;
  const where = [
    ...(from && to ? [`${dateText(from)} to ${dateText(to)}`] : []),
    ...(dimensions ? [nameOf({ dimensions })] : []),
    ...[subject, source].flatMap((name) => (name === undefined ? [] : [JSON.stringify(name)])),
  ];
  return [
    `${kind}${where.length > 0 ? ` ${where.join(" ")}` : ""}: ${Math.round(share * 100)} %. ${message}`,
  ];
}

/** What one of them and what several are called. */
type Names = readonly [one: string, several: string];
const more = (count: number, most: number, [one, several]: Names): string[] => {
  const rest = count - most;
  return rest > 0 ? [`... and ${rest} more ${rest === 1 ? one : several}`] : [];
};

/** A reconciliation in parts, before it is laid out. */
interface Report {
  readonly verdict: string;
  readonly sentence: string;
  /** A name and six amounts in each row. */
  readonly rows: readonly (readonly [name: string, amounts: readonly string[]])[];
  readonly moreRows: readonly string[];
  readonly sections: readonly { readonly title: string; readonly items: readonly string[][] }[];
  readonly notes: readonly string[];
}

function reportOf(reconciliation: Reconciliation): Report {
  const { verdict, total, groups, timeSeries, explanations, audit } = reconciliation;
  const { findings, nextQueries } = reconciliation;
  const rows = [...groups, ...timeSeries];
  const leftOut = Object.entries(audit.leftOut)
    .filter(([, { count }]) => count > 0)
    .map(([reason, { count }]) => `${count} ${reason}`);
  const section = (title: string, items: readonly string[][], names: Names) => ({
    title,
    items: [
      ...items.slice(0, MAX_LISTED),
      ...more(items.length, MAX_LISTED, names).map((line) => [line]),
    ],
  });
  return {
    verdict: VERDICTS[verdict],
    sentence: sentenceOf(reconciliation),
    rows: [total, ...rows.slice(0, MAX_ROWS)].map((diff) => [nameOf(diff), amountsOf(diff)]),
    moreRows: more(rows.length, MAX_ROWS, ["row that differs", "rows that differ"]),
    sections: [
      section("Explanations, best first:", explanations.map(explanationItem), [
        "explanation",
        "explanations",
      ]),
      section("Where the difference is:", findings.map(findingItem), ["finding", "findings"]),
      section(
        "What to ask the server next:",
        nextQueries.map(({ query, reason }) => [reason, JSON.stringify(query)]),
        ["query", "queries"],
      ),
    ].filter(({ items }) => items.length > 0),
    notes: [
      `${counted(audit.read, "event")} read, ${audit.used} used; left out: ${leftOut.join(", ") || "none"}.`,
      ...audit.notes.map((note) => `Note: ${note}`),
    ],
  };
}

function asText({ verdict, sentence, rows, moreRows, sections, notes }: Report): string {
  const names = ["", ...rows.map(([name]) => name)];
  const width = Math.max(...names.map((name) => name.length));
  const columns = COLUMNS.map((title, at) =>
    alignedAtPoint(
      title,
      rows.map(([, amounts]) => amounts[at] ?? ABSENT),
    ),
  );
  const table = names.map((name, line) =>
    `  ${[name.padEnd(width), ...columns.map((cells) => cells[line] ?? "")].join("  ")}`.trimEnd(),
  );
  return [
    verdict,
    sentence,
    "",
    ...table,
    ...moreRows.map((line) => `  ${line}`),
    ...sections.flatMap(({ title, items }) => [
      "",
      title,
      ...items.flatMap(([headline = "", ...lines]) => [
        `  ${headline}`,
        ...lines.map((line) => `     ${line}`),
      ]),
    ]),
    "",
    ...notes,
  ].join("\n");
}

/** Text that Markdown shows as it is. */
const plainMarkdown = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");

function asMarkdown({ verdict, sentence, rows, moreRows, sections, notes }: Report): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(plainMarkdown).join(" | ")} |`;
  return [
    `**${plainMarkdown(verdict)}**`,
    "",
    plainMarkdown(sentence),
    "",
    line(["", ...COLUMNS]),
    `| --- |${" ---: |".repeat(COLUMNS.length)}`,
    ...rows.map(([name, amounts]) => line([name, ...amounts])),
    ...moreRows.flatMap((one) => ["", plainMarkdown(one)]),
    ...sections.flatMap(({ title, items }) => [
      "",
      `**${title}**`,
      "",
      ...items.map((lines) => `- ${lines.map(plainMarkdown).join("<br>")}`),
    ]),
    ...notes.flatMap((note) => ["", plainMarkdown(note)]),
  ].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const plainHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);

function asHtml({ verdict, sentence, rows, moreRows, sections, notes }: Report): string {
  const paragraph = (text: string): string => `<p>${plainHtml(text)}</p>`;
  const line = (tag: "th" | "td", [name = "", ...cells]: readonly string[]): string =>
    `<tr><th>${plainHtml(name)}</th>${cells.map((cell) => `<${tag} align="right">${plainHtml(cell)}</${tag}>`).join("")}</tr>`;
  return [
    `<p><strong>${plainHtml(verdict)}</strong></p>`,
    paragraph(sentence),
    "<table>",
    line("th", ["", ...COLUMNS]),
    ...rows.map(([name, amounts]) => line("td", [name, ...amounts])),
    "</table>",
    ...moreRows.map(paragraph),
    ...sections.flatMap(({ title, items }) => [
      `<p><strong>${plainHtml(title)}</strong></p>`,
      "<ul>",
      ...items.map((lines) => `<li>${lines.map(plainHtml).join("<br>")}</li>`),
      "</ul>",
    ]),
    ...notes.map(paragraph),
  ].join("\n");
}

/**
 * A reconciliation as text for a terminal, as Markdown for a pull request, or as HTML for a page. The verdict is first, then
 * what happened in one sentence, the total and the rows that differ, and the explanations. Where the difference is
 * unexplained, it says where it is and what to ask next. The audit of the events is last.
 *
 * Amounts are in plain notation with all their digits, in text aligned at the decimal point. Times are UTC, dates
 * `YYYY-MM-DD`. At most 20 rows and 8 items of each list are written out; it says how many more there are. Markdown and
 * HTML are escaped. For machines there is `JSON.stringify`. Throws an `InvalidInputError` for what `reconcile` did not
 * return, and for an unknown format.
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
export function formatReconciliation(
  reconciliation: Reconciliation,
  options: FormatReconciliationOptions = {},
): string {
  const FAILED = "formatReconciliation: the reconciliation cannot be formatted";
  const { format = "text" } = readInput(formatOptions, options, FAILED);
  try {
    const report = reportOf(reconciliation);
    return { text: asText, markdown: asMarkdown, html: asHtml }[format](report);
  } catch (cause) {
    // Only what `reconcile` never gave cannot be read.
    throw new InvalidInputError(
      FAILED,
      [{ path: [], message: "expected what reconcile returned, not its JSON or a part of it" }],
      { cause },
    );
  }
}
