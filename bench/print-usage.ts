/** Loaded with `--import` before a program: when that ends, it writes its CPU and its peak memory to descriptor 3. */
import { processUsage } from "./process-usage.ts";

process.on("exit", () => {
  const { writeSync } = process.getBuiltinModule("node:fs");
  writeSync(3, JSON.stringify(processUsage()));
});
