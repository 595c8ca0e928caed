import { Command } from "commander";
import { addCompletionCommand } from "./completion.ts";
import { addCostsCommand, addProfitabilityCommand } from "./costs.ts";
import { addExplainCommand } from "./explain.ts";
import { addIngestCommand } from "./ingest.ts";
import { addKontorionCommand } from "./kontorion.ts";
import { addMockCommand } from "./mock.ts";
import { addReconcileCommand } from "./reconcile.ts";
import { addReportCommand } from "./report.ts";
import { addSummaryCommand } from "./summary.ts";

/** The command line: its commands with their options and help. */
export function createProgram(version: string): Command {
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
    addIngestCommand,
    addCostsCommand,
    addProfitabilityCommand,
    addKontorionCommand,
    addMockCommand,
    addCompletionCommand,
  ]) {
    add(program);
  }
  return program;
}
