/** The program `read-log NAME PATH ANSWER`: reconciles a log with a server's answer, or reports on it by customer. */
import { createReadStream, readFileSync } from "node:fs";
import { reconcileNdjson, reportNdjson } from "metered-costs/summary";
import { LOG_COST, LOG_QUERY } from "./log-question.ts";
import { printOutcome } from "./print-outcome.ts";
import { TOTAL } from "./question.ts";

const [name = "", path = "", answer = ""] = process.argv.slice(2);
await printOutcome(async () => {
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  if (name === "report") {
    const { from, to } = LOG_QUERY;
    const query = { from, to, groupBy: "customer", topN: 1_000 } as const;
    const report = await reportNdjson([LOG_COST], source, query);
    return [[TOTAL, report.totalQuantity, report.totalCost]];
  }
  const server = JSON.parse(readFileSync(answer, "utf8"));
  const { total } = await reconcileNdjson({ cost: LOG_COST, source, query: LOG_QUERY, server });
  return [[TOTAL, total.quantity.local, total.cost.local]];
});
