/** For a dashboard in the browser that reaches Paygentic by a proxy of its own host, at `/api/paygentic`. */

import { createMockPaygentic } from "metered-costs/mock";
import { paygenticHandlers } from "metered-costs/msw";
import { setupWorker } from "msw/browser";
import { TOKENS } from "./tokens.ts";

export const mock = createMockPaygentic({ costs: [TOKENS] });

export async function mockPaygentic(): Promise<void> {
  const worker = setupWorker(...paygenticHandlers({ baseUrl: "/api/paygentic", mock }));
  await worker.start();
}
