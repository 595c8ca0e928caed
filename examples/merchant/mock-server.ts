/** A mock server for tests in any language. It listens until it receives a signal; its only argument is the port. */
import { startMockServer } from "metered-costs/mock/server";
import { TOKENS } from "./tokens.ts";

const { url, close } = await startMockServer({
  port: Number(process.argv[2] ?? 4010),
  costs: [TOKENS],
  faults: [{ kind: "status", status: 503, operation: "ingestEvent", retryAfter: 1 }],
});
console.log(url);
process.once("SIGTERM", close).once("SIGINT", close);
