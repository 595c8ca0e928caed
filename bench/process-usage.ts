/** What this process took so far. It imports nothing that the process would not have without it. */
import type { Run } from "./section.ts";

/** The CPU over all threads, and the kernel's high-water mark of memory (VmHWM). */
export function processUsage(): Required<Pick<Run, "cpu" | "peakMemory">> {
  const { user, system } = process.cpuUsage();
  // Imported, it would have Node make its streams, too: 3 ms of everyone's start.
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return { cpu: (user + system) / 1_000, peakMemory: 1_024 * Number(kilobytes) };
}
