/** For a dashboard in the browser that reaches Paygentic by a proxy of its own host, at `/api/paygentic`. */
import { paygenticHandlers } from "metered-costs/msw";
import { createSandbox } from "metered-costs/sandbox";
import { setupWorker } from "msw/browser";
import { TOKENS } from "./tokens.ts";

export const sandbox = createSandbox({ costs: [TOKENS] });

export async function mockPaygentic(): Promise<void> {
  const worker = setupWorker(...paygenticHandlers({ baseUrl: "/api/paygentic", sandbox }));
  await worker.start();
}
