import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { type JudgedLimit, type Measurement, median } from "./measure.ts";

/** What came out of a section; no measurements when it failed. */
export interface SectionResult {
  readonly name: string;
  readonly title: string;
  readonly measurements: readonly Measurement[];
  readonly limits: readonly JudgedLimit[];
}

/** Every cell of ours right, every limit held. */
export function isGood({ measurements, limits }: SectionResult): boolean {
  return (
    measurements.length > 0 &&
    measurements.every(({ isOurs, wrongCells }) => !isOurs || wrongCells === 0) &&
    limits.every(({ holds }) => holds)
  );
}

/** What it was measured on, without what would name the machine. */
export function heading(packageJson: string): string {
  const { dependencies } = JSON.parse(readFileSync(packageJson, "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const peers = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  const [cpu] = cpus();
  return `# Results of \`npm run bench\`

${cpus().length} x ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}
${process.arch}, Node ${process.version}; ${peers.join(", ")}. How it is measured: [README](../README.md).
`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

function rowOf(measurement: Measurement, first: Measurement): string {
  const { name, peakMemory, cells, wrongCells } = measurement;
  const time = median(measurement.milliseconds);
  return `| ${[
    name,
    milliseconds(time),
    milliseconds(Math.min(...measurement.milliseconds)),
    (time / median(first.milliseconds)).toFixed(2),
    peakMemory.length === 0 ? "" : `${Math.round(median(peakMemory) / 1e6)} MB`,
    cells === 0 ? "" : `${wrongCells} of ${cells}`,
  ].join(" | ")} |`;
}

/** A section as Markdown. */
export function markdown({ name, title, measurements, limits }: SectionResult): string {
  const [first] = measurements;
  if (first === undefined) return `## ${name}\n\n${title}: **failed**, see the output.\n`;
  const lines = [
    `## ${name}`,
    "",
    `${title}.`,
    "",
    "| | median | fastest | relative | peak memory | wrong cells |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...measurements.map((measurement) => rowOf(measurement, first)),
    "",
    ...limits.map(
      ({ text, found, holds }) =>
        `- ${holds ? "holds" : "**missed**"}: ${text}: ${found.toFixed(2)}`,
    ),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
