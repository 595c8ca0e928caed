/** A mock for tests in any language: listens until it is told to stop. The port is its only argument. */
import { startMockServer } from "metered-costs/mock/server";
import { TOKENS } from "./tokens.ts";

const { url, close } = await startMockServer({
  port: Number(process.argv[2] ?? 4010),
  costs: [TOKENS],
  faults: [{ kind: "status", status: 503, operation: "ingestEvent", retryAfter: 1 }],
});
console.log(url);
process.once("SIGTERM", close).once("SIGINT", close);
