import { statSync, writeFileSync } from "node:fs";
import { styleText } from "node:util";
import { type Command, Option } from "commander";
import { namesFile } from "./completion.ts";
import { CommandError } from "./failure.ts";
import type { Column, Result, Table } from "./result.ts";

export interface OutputOptions {
  readonly format: "table" | "json" | "csv" | "markdown" | "html";
  readonly output?: string;
}

export function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--format <format>", "how the result is written")
        .choices(["table", "json", "csv", "markdown", "html"])
        .default("table"),
    )
    .option("--output <file>", "write the result to this file instead of standard output")
    .hook("preAction", (_, action) => {
      const { output, ...others } = action.opts<OutputOptions>();
      const values: Readonly<Record<string, unknown>> = others;
      refuseOverwriting(output, [
        ...action.options.filter(namesFile).map((option) => values[option.attributeName()]),
        ...action.registeredArguments.flatMap((argument, at) =>
          argument.name() === "file" ? action.processedArgs[at] : [],
        ),
      ]);
    });
}

/** Throws where the file of `--output` is one of those that are read: writing it would destroy them. */
export function refuseOverwriting(output: string | undefined, read: readonly unknown[]): void {
  const fileOf = (path: string) => statSync(path, { throwIfNoEntry: false });
  const written = output === undefined ? undefined : fileOf(output);
  if (written?.isFile() !== true) return;
  for (const path of read) {
    const file = typeof path === "string" ? fileOf(path) : undefined;
    if (file?.ino === written.ino && file.dev === written.dev) {
      throw new CommandError(
        `--output: expected a file that is not read: ${path} would be overwritten`,
      );
    }
  }
}

/** Writes a result to the file of `--output`, or to standard output. */
export async function writeResult(
  { notes = [], ...given }: Result,
  { format, output }: OutputOptions,
): Promise<void> {
  const result = notes.length === 0 ? given : { ...given, text: notes.join("\n") };
  if (format === "csv") for (const note of notes) process.stderr.write(`${printable(note)}\n`);
  const isTerminal = output === undefined && process.stdout.isTTY === true;
  const text = await {
    html: async () => (await import("./html.ts")).htmlOf(result),
    json: () => `${JSON.stringify(result.json, null, 2)}\n`,
    csv: () => csvOf(result.flat),
    markdown: () => paragraphs(result, markdownOf),
    table: () =>
      paragraphs(result, (table) =>
        textTableOf(table, isTerminal ? process.stdout.columns : undefined, isTerminal),
      ),
  }[format]();
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
}

function paragraphs({ text, tables }: Result, write: (table: Table) => string): string {
  return [...(text === undefined ? [] : [`${text}\n`]), ...tables.map(write)].join("\n");
}

/** Control characters of a log must not reach the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

function split(amount: string): [whole: string, fraction: string] {
  const point = amount.indexOf(".");
  return point === -1 ? [amount, ""] : [amount.slice(0, point), amount.slice(point)];
}

/** The cells of a column, all of one width. */
function aligned({ title, kind }: Column, cells: readonly string[]): string[] {
  if (kind === "text") {
    const width = Math.max(title.length, ...cells.map(({ length }) => length));
    return [title, ...cells].map((cell) => cell.padEnd(width));
  }
  const parts = cells.map(split);
  const whole = Math.max(0, ...parts.map(([text]) => text.length));
  const fraction = Math.max(0, ...parts.map(([, text]) => text.length));
  const width = Math.max(title.length, whole + fraction);
  return [
    title.padStart(width),
    ...parts.map(([before, after]) =>
      (before.padStart(whole) + after.padEnd(fraction)).padStart(width),
    ),
  ];
}

/** Cuts the widest columns of text until a line fits; amounts keep every digit. */
function fitting(table: Table, cells: string[][], terminal: number | undefined): string[][] {
  if (terminal === undefined) return cells;
  const gaps = 2 * (cells.length - 1);
  const widthOf = (column: readonly string[]): number => column[0]?.length ?? 0;
  const excess = cells.reduce((sum, column) => sum + widthOf(column), gaps) - terminal;
  if (excess <= 0) return cells;
  const widest = cells
    .map((column, index) => ({ index, width: widthOf(column), kind: table.columns[index]?.kind }))
    .filter(({ kind }) => kind === "text")
    .sort((a, b) => b.width - a.width)[0];
  if (widest === undefined || widest.width <= 8) return cells;
  const width = Math.max(8, widest.width - excess);
  const cut = cells.map((column, index) =>
    index === widest.index
      ? column.map((cell) =>
          cell.trimEnd().length > width ? `${cell.slice(0, width - 1)}…` : cell.slice(0, width),
        )
      : column,
  );
  return fitting(table, cut, terminal);
}

function textTableOf(table: Table, terminal: number | undefined, isStyled: boolean): string {
  const columns = table.columns.map((column, index) =>
    aligned(
      column,
      table.rows.map((row) => printable(row[index] ?? "")),
    ),
  );
  const cells = fitting(table, columns, terminal);
  const lines = Array.from({ length: table.rows.length + 1 }, (_, row) =>
    cells
      .map((column) => column[row] ?? "")
      .join("  ")
      .trimEnd(),
  );
  const bold = (text: string): string =>
    isStyled && !process.env["NO_COLOR"] ? styleText("bold", text) : text;
  const [header = "", ...rows] = lines;
  const title = table.title === undefined ? [] : [bold(printable(table.title))];
  return `${[...title, bold(header), ...rows].join("\n")}\n`;
}

function markdownOf({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const escaped = (cell: string | undefined): string =>
    printable(cell ?? "").replace(/[\\|<>`*_[\]]/g, "\\$&");
  return [
    ...(title === undefined ? [] : [`## ${escaped(title)}`, ""]),
    line(columns.map((column) => escaped(column.title))),
    line(columns.map(({ kind }) => (kind === "amount" ? "---:" : "---"))),
    ...rows.map((row) => line(columns.map((_, index) => escaped(row[index])))),
    "",
  ].join("\n");
}

/** RFC 4180. A cell that is absent is empty; empty text is quoted. */
function csvOf({ columns, rows }: Table): string {
  const cellOf = (cell: string | undefined): string => {
    if (cell === undefined) return "";
    return cell === "" || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  };
  return [columns.map(({ title }) => title), ...rows]
    .map((row) => `${row.map(cellOf).join(",")}\r\n`)
    .join("");
}
