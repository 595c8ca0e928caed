import { inspect } from "node:util";
import { ApiError, Paygentic } from "metered-costs";
import { OPERATIONS } from "../client/operations.ts";

/** Run as a process of its own: calls everything at argv's base URL, and prints whatever it can get hold of. */
const [, , baseUrl = ""] = process.argv;
const print = (value: unknown): void => {
  console.log(value);
  console.error(`${value}`);
  console.log(inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }));
  console.log(JSON.stringify(value));
  console.log((value as Error)?.stack);
  console.table([value]);
  console.dir(value, { depth: Number.POSITIVE_INFINITY, showHidden: true });
};
process.on("warning", print);

const apiKey = process.env["PAYGENTIC_API_KEY"] ?? "";
const paygentic = new Paygentic({
  baseUrl,
  apiKey,
  headers: {
    "x-api-key": "pk_other_planted_by_a_test_0815",
    "x-session-token": "session-planted_by_a_test-4242",
  },
  maxRetries: 1,
  onResponse: print,
  onDrift: print,
});
print(paygentic);
print(paygentic.costs);
print(paygentic.events);
let last: unknown;
for (const { call } of OPERATIONS) {
  for (let answer = 0; answer < 14; answer++) {
    try {
      await call(paygentic, { timeout: 500, maxRetries: 0 });
    } catch (error) {
      print(error);
      if (error instanceof ApiError) last = error;
    }
  }
}
for (const options of [
  { apiKey: `${apiKey}\n` },
  { baseUrl: `http://example.com/${apiKey}`, apiKey },
]) {
  try {
    new Paygentic(options);
  } catch (error) {
    print(error);
  }
}
// What nobody catches is printed by the runtime, with all its properties.
throw last;
