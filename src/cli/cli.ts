import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addCostsCommand, addProfitabilityCommand } from "./costs.ts";
import { addExplainCommand } from "./explain.ts";
import { EXIT, messageOf } from "./failure.ts";
import { addMockCommand } from "./mock.ts";
import { printable } from "./output.ts";
import { addReconcileCommand } from "./reconcile.ts";
import { addReportCommand } from "./report.ts";
import { addSummaryCommand } from "./summary.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as {
  version: string;
};

const program = new Command("metered-costs")
  .description(
    "Check, explain and mock metered costs: exact, and without a key where the log is enough.",
  )
  .version(version)
  .exitOverride();
for (const add of [
  addSummaryCommand,
  addReportCommand,
  addReconcileCommand,
  addExplainCommand,
  addCostsCommand,
  addProfitabilityCommand,
  addMockCommand,
]) {
  add(program);
}

// A reader that closes its end early, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has been said already; help and version are no failure.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.failed;
  } else {
    const lines = messageOf(error).split("\n").map(printable);
    process.stderr.write(`metered-costs: ${lines.join("\n")}\n`);
    process.exitCode = EXIT.failed;
  }
}
