import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { EXIT, messageOf } from "./failure.ts";
import { printable } from "./output.ts";
import { createProgram } from "./program.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as {
  version: string;
};

function fail(error: unknown): void {
  const lines = messageOf(error).split("\n").map(printable);
  process.stderr.write(`metered-costs: ${lines.join("\n")}\n`);
  process.exitCode = EXIT.failed;
}

// Node itself would end with 1, which says that a bill differs.
process.on("uncaughtException", (error) => {
  fail(error);
  process.exit();
});

// A reader that closes its end early, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

// Where no message can be written, the exit code still says what happened.
process.stderr.on("error", () => undefined);

process.on("SIGINT", () => {
  // A command that ends in its own way listens too.
  if (process.listenerCount("SIGINT") > 1) return;
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  process.exit(EXIT.interrupted);
});

try {
  await createProgram(version).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has been said already; help and version are no failure.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.failed;
  } else {
    fail(error);
  }
}
