/** A contestant in a process of its own: both ends of it. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Row } from "./question.ts";
import type { Run } from "./section.ts";

/** The time is that of the work; CPU and memory (the kernel's high-water mark, VmHWM) are the whole process's. */
interface Printed extends Required<Run> {
  readonly rows: readonly Row[];
}

/** In the process: does the work, prints what came out. */
export async function printOutcome(work: () => Promise<Iterable<Row>>): Promise<void> {
  const start = performance.now();
  const rows = await work();
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage();
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const printed: Printed = {
    rows: Array.from(rows, ([name, quantity, cost]) => [name, String(quantity), String(cost)]),
    milliseconds,
    cpu: (user + system) / 1000,
    peakMemory: 1024 * Number(kilobytes),
  };
  console.log(JSON.stringify(printed));
}

/** Outside: runs a program of the bench with plain Node. `untilPrinted` is from its start to its output. */
export async function runProgram(
  name: string,
  ...args: readonly string[]
): Promise<Printed & { readonly untilPrinted: number }> {
  const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const start = performance.now();
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let untilPrinted = Number.NaN;
  child.stdout.once("data", () => {
    untilPrinted = performance.now() - start;
  });
  const output = await text(child.stdout);
  if (output === "") throw new Error(`${name} ${args.join(" ")} printed nothing`);
  return { ...(JSON.parse(output) as Printed), untilPrinted };
}
