import { InvalidInputError } from "../errors.ts";
import { oneOf, optional, strictObject } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
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
function sentenceOf({ verdict, total, explanations }: Reconciliation): string {
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
      return best === undefined ? "" : `${by}: ${causeOf(best)}.`;
    case "coincidence":
      return best === undefined
        ? ""
        : `${by}. It may be that ${causeOf(best)}, but other causes fit as well: ask for more detail.`;
    case "different":
      return `${by}, and no known cause accounts for every amount.`;
  }
}

const CAUSES: Partial<Record<HypothesisUse["id"], (explanation: Explanation) => string>> = {
  "event-left-out": ({ events }) => `the server lacks ${oneOfEvents(events.count)}`,
  "event-repeated": ({ events }) => `the server counted ${oneOfEvents(events.count)} twice`,
  "events-left-out": ({ hypotheses, events }) =>
    `the server lacks ${scatteredText(hypotheses, events.count)}`,
  "events-repeated": ({ hypotheses, events }) =>
    `the server counted ${scatteredText(hypotheses, events.count)} twice`,
  "copies-left-out": ({ events }) =>
    `the server counted once what your log has again under new keys (${events.count} events)`,
  "subject-left-out": () => "the server lacks all events of one customer",
  "subject-repeated": () => "the server counted all events of one customer twice",
  "source-left-out": () => "the server lacks all events of one source",
  "source-repeated": () => "the server counted all events of one source twice",
  "subject-outage": () => "the server lacks what one customer sent for a while",
  "source-outage": () => "the server lacks what one source sent for a while",
  "stretch-left-out": () => "the server lacks everything that happened within a range of time",
  "stretch-repeated": () => "the server counted a range of time twice",
  "not-yet-settled": () => "the server has not counted the latest events yet",
  "duplicates-counted": () => "the server counted repeated events again",
  "cost-rounded": () => "the server rounds costs",
  "other-unit-cost": () => "the server charged another unit cost",
  "unit-cost-changed": ({ hypotheses }) => {
    const change = hypotheses.find(({ id }) => id === "unit-cost-changed")?.parameters ?? {};
    const { at, before, after } = change;
    return `the unit cost changed from ${before} to ${after} at ${withDates(String(at))}`;
  },
  "constant-factor": () => "the server counts in another unit",
  "window-offset": () => "the server's windows follow another time zone",
  "subject-merged": () => "the server booked the events of another customer on this one",
  "source-shifted": ({ hypotheses }) =>
    `the server has what one source sent ${shiftText(hypotheses)} than you do`,
  "events-shifted": ({ hypotheses }) =>
    `the server has all events ${shiftText(hypotheses)} than you do`,
  "definition-changed": ({ hypotheses }) => `the server reads ${definitionText(hypotheses)}`,
  "group-renamed": () => "the server has a group under another name",
  "group-merged": () => "the server merged one group into another",
  "other-type-counted": () => "the server counts another type of event too",
};
/** Which events, here and there. */
function scatteredText([first]: Explanation["hypotheses"], count: number): string {
  const every = first?.parameters?.["every"];
  const some = first?.parameters?.["events"] ?? count;
  return every === undefined ? `${some} single events` : `one of every ${every} events`;
}
/** What the server reads elsewhere, and when. */
function definitionText([first]: Explanation["hypotheses"]): string {
  const { path, dimension, until, from } = first?.parameters ?? {};
  const what = dimension === undefined ? "the value" : `the dimension ${dimension}`;
  const before = until === undefined ? "" : ` before ${withDates(String(until))}`;
  const since = from === undefined ? "" : ` from ${withDates(String(from))} on`;
  return `${what} at ${path}${before}${since}`;
}
/** By how much the server's times are off. */
function shiftText([first]: Explanation["hypotheses"]): string {
  const hours = Number(first?.parameters?.["hours"]);
  const size = Math.abs(hours);
  return `${size} ${size === 1 ? "hour" : "hours"} ${hours > 0 ? "later" : "earlier"}`;
}
const oneOfEvents = (count: number): string =>
  count === 1 ? "one event" : `one of ${count} events`;

function causeOf(explanation: Explanation): string {
  return explanation.hypotheses
    .map(({ id }) => CAUSES[id]?.(explanation) ?? `the server applies another rule (${id})`)
    .join(", and ");
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
    key === undefined ? `#${index}` : `#${index} ${key}`,
  );
  const rest = count > first.length ? `, and ${count - first.length} more` : "";
  return [
    `${rank}. ${hypotheses.map(hypothesisText).join(" and ")}${exact ? ", exactly" : ", nearly"}`,
    ...(count === 0
      ? []
      : [`${count} ${count === 1 ? "event" : "events"}: ${named.join(", ")}${rest}`]),
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

const more = (count: number, most: number, what: string): string[] =>
  count > most ? [`... and ${count - most} more ${what}`] : [];

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
  const section = (title: string, items: readonly string[][], what: string) => ({
    title,
    items: [
      ...items.slice(0, MAX_LISTED),
      ...more(items.length, MAX_LISTED, what).map((line) => [line]),
    ],
  });
  return {
    verdict: VERDICTS[verdict],
    sentence: sentenceOf(reconciliation),
    rows: [total, ...rows.slice(0, MAX_ROWS)].map((diff) => [nameOf(diff), amountsOf(diff)]),
    moreRows: more(rows.length, MAX_ROWS, "rows that differ"),
    sections: [
      section("Explanations, best first:", explanations.map(explanationItem), "explanations"),
      section("Where the difference is:", findings.map(findingItem), "findings"),
      section(
        "What to ask the server next:",
        nextQueries.map(({ query, reason }) => [reason, JSON.stringify(query)]),
        "queries",
      ),
    ].filter(({ items }) => items.length > 0),
    notes: [
      `${audit.read} events read, ${audit.used} used; left out: ${leftOut.join(", ") || "none"}.`,
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
