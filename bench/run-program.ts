import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Printed } from "./print-outcome.ts";

/** Runs a program of the bench with plain Node. `untilPrinted` is from its start to its output. */
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
