import { createHash } from "node:crypto";
import { BarChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Chart, Result, Table } from "./result.ts";

use([BarChart, GridComponent, SVGRenderer]);

const WIDTH = 960;
const BAR_HEIGHT = 22;
/** The bars of a ranking; the table has all rows. */
const MAX_BARS = 25;
const INK = "#1f2430";
const COLORS = ["#3461c1", "#d9822b"];

const STYLE = `
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: ${INK}; background: #fff; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
p.facts { color: #5b6372; margin: 0.25rem 0 1.5rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f5f8; border-radius: 6px; padding: 1rem; font: 13px/1.5 ui-monospace, monospace; }
figure { margin: 0; }
figcaption { color: #5b6372; font-size: 0.85rem; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; font-size: 0.9rem; }
th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid #e3e6ec; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th.amount, td.amount { text-align: right; font-variant-numeric: tabular-nums; }
td.total { font-size: 1.3rem; font-weight: 600; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } thead { display: table-header-group; } tr, figure { break-inside: avoid; } pre { border: 1px solid #ccc; } }
`;

const escaped = (text: string): string =>
  text.replace(
    /[&<>"'\p{Cc}]/gu,
    (character) => `&#${character === "\0" ? 0xfffd : character.codePointAt(0)};`,
  );

/** An SVG without its style sheets, which the page's policy refuses. */
const withoutStyles = (svg: string): string =>
  svg
    .split("<style")
    .map((part, index) => (index === 0 ? part : part.slice(part.indexOf("</style>") + 8)))
    .join("");

/**
 * The SVG of a chart, for a page whose content security policy allows no style attribute: what they say is said by
 * attributes of SVG.
 */
function svgOf(chart: Chart): string {
  const isRanking = chart.kind === "ranking";
  const rows = isRanking ? chart.rows.slice(0, MAX_BARS) : chart.rows;
  const names = rows.map(({ name }) => name);
  const height = isRanking ? 60 + BAR_HEIGHT * chart.series.length * Math.max(rows.length, 1) : 300;
  const font = { fontSize: 12, color: INK };
  const nameAxis = {
    type: "category" as const,
    data: names,
    inverse: isRanking,
    axisLabel: { ...font, ...(isRanking && { width: 220, overflow: "truncate" as const }) },
    axisTick: { show: false },
  };
  const valueAxis = { type: "value" as const, axisLabel: font };
  const drawn = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    drawn.setOption({
      animation: false,
      color: COLORS,
      grid: { left: 10, right: 30, top: 20, bottom: 10 },
      xAxis: isRanking ? valueAxis : nameAxis,
      yAxis: isRanking ? nameAxis : valueAxis,
      series: chart.series.map((name, at) => ({
        name,
        type: "bar" as const,
        silent: true,
        // A length on paper needs no more digits than a double has.
        data: rows.map(({ values }) => (values[at] === undefined ? null : Number(values[at]))),
      })),
    });
    return withoutStyles(drawn.renderToSVGString())
      .replace(/ (?:class|ecmeta_\w+|xmlns:xlink)="[^"]*"/g, "")
      .replace(/ style="([^"]*)"/g, (_, style: string) =>
        style
          .split(";")
          .filter((rule) => rule.includes(":"))
          .map((rule) => {
            const at = rule.indexOf(":");
            return ` ${rule.slice(0, at).trim()}="${rule.slice(at + 1).trim()}"`;
          })
          .join(""),
      )
      .replace("<svg ", () => `<svg role="img" aria-label="${escaped(chart.title)}" `);
  } finally {
    drawn.dispose();
  }
}

function figureOf(chart: Chart): string {
  const captions = [
    ...(chart.series.length > 1
      ? [chart.series.map((name, at) => `${["blue", "orange"][at]}: ${name}`).join(", ")]
      : []),
    ...(chart.kind === "ranking" && chart.rows.length > MAX_BARS
      ? [`the first ${MAX_BARS} of ${chart.rows.length}; the table has all`]
      : []),
  ];
  const caption =
    captions.length === 0 ? "" : `<figcaption>${escaped(captions.join("; "))}</figcaption>`;
  return `<h2>${escaped(chart.title)}</h2>\n<figure>${svgOf(chart)}${caption}</figure>`;
}

function tableOf({ title, columns, rows }: Table): string {
  const isTotal = rows.length === 1 && rows[0]?.[0] === "total";
  const cell = (tag: "th" | "td", text: string, at: number): string => {
    const classes = [
      ...(columns[at]?.kind === "amount" ? ["amount"] : []),
      ...(isTotal && tag === "td" ? ["total"] : []),
    ];
    const attribute = classes.length === 0 ? "" : ` class="${classes.join(" ")}"`;
    return `<${tag}${attribute}>${escaped(text)}</${tag}>`;
  };
  const row = (tag: "th" | "td", cells: readonly (string | undefined)[]): string =>
    `<tr>${columns.map((_, at) => cell(tag, cells[at] ?? "", at)).join("")}</tr>`;
  const heading = title === undefined ? "" : `<h2>${escaped(title)}</h2>\n`;
  const head = row(
    "th",
    columns.map((column) => column.title),
  );
  return `${heading}<table>\n<thead>${head}</thead>\n<tbody>\n${rows.map((cells) => row("td", cells)).join("\n")}\n</tbody>\n</table>`;
}

/** A result as one HTML file that needs nothing else: no script, and a policy that forbids every request. */
export function htmlOf({
  title,
  facts = [],
  text,
  drawing,
  charts = () => [],
  tables,
  flat,
}: Result): string {
  const hash = createHash("sha256").update(STYLE).digest("base64");
  const [first, ...others] = tables.length > 0 ? tables : [flat];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p class="facts">${escaped(facts.join(" · "))}</p>
${[
  ...(drawing === undefined ? [] : [`<figure>${drawing}</figure>`]),
  ...(text === undefined || drawing !== undefined ? [] : [`<pre>${escaped(text)}</pre>`]),
  ...(first === undefined ? [] : [tableOf(first)]),
  ...charts()
    .filter(({ rows }) => rows.length > 0)
    .map(figureOf),
  ...others.map(tableOf),
].join("\n")}
</body>
</html>
`;
}
