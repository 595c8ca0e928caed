/** A contestant in a process of its own. It imports nothing that the process would not have without it. */
import { processUsage } from "./process-usage.ts";
import type { Row } from "./question.ts";
import type { Run } from "./section.ts";

/** The time is that of the work; CPU and memory (the kernel's high-water mark, VmHWM) are the whole process's. */
export interface Printed extends Required<Omit<Run, "received">> {
  readonly rows: readonly Row[];
}

/** Does the work, prints what came out. */
export async function printOutcome(work: () => Promise<Iterable<Row>>): Promise<void> {
  const start = performance.now();
  const rows = await work();
  const milliseconds = performance.now() - start;
  const usage = processUsage();
  const printed: Printed = {
    rows: Array.from(rows, ([name, quantity, cost]) => [name, String(quantity), String(cost)]),
    milliseconds,
    ...usage,
  };
  console.log(JSON.stringify(printed));
}
