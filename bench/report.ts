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

function rowOf(measurement: Measurement, first: Measurement, isRemote: boolean): string {
  const { name, runs, cells, wrongCells } = measurement;
  const time = median(measurement, "milliseconds") ?? Number.NaN;
  const firstTime = median(first, "milliseconds") ?? Number.NaN;
  const fastest = Math.min(...runs.map(({ milliseconds }) => milliseconds));
  const memory = median(measurement, "peakMemory");
  return `| ${[
    name,
    ...[time, fastest, median(measurement, "cpu") ?? Number.NaN].map((value) => value.toFixed()),
    (time / firstTime).toFixed(2),
    memory === undefined ? "" : (memory / 1e6).toFixed(),
    ...(isRemote ? [((median(measurement, "received") ?? Number.NaN) / 1e3).toFixed()] : []),
    cells === 0 ? "" : `${wrongCells} of ${cells}`,
  ].join(" | ")} |`;
}

/** A section as Markdown. */
export function markdown({ name, title, measurements, limits }: SectionResult): string {
  const [first] = measurements;
  if (first === undefined) return `## ${name}\n\n${title}: **failed**, see the output.\n`;
  const isRemote = measurements.some(({ runs }) => runs.some(({ received }) => received));
  const lines = [
    `## ${name}`,
    "",
    `${title}.`,
    "",
    `| | ms, median | fastest | CPU | relative | peak MB |${isRemote ? " received kB |" : ""} wrong cells |`,
    `| --- | ---: | ---: | ---: | ---: | ---: |${isRemote ? " ---: |" : ""} ---: |`,
    ...measurements.map((measurement) => rowOf(measurement, first, isRemote)),
    "",
    ...limits.map(
      ({ text, found, holds }) =>
        `- ${holds ? "holds" : "**missed**"}: ${text}: ${found.toFixed(2)}`,
    ),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
