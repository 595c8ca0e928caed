/** Runs the program in Node, Bun or Deno: the stage's place as JSON comes in as an argument, the outcomes go out. */
import { runProgram } from "./program.ts";

console.log(JSON.stringify(await runProgram(JSON.parse(process.argv[2] ?? ""))));
