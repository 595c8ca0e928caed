/** Makes a client without a key and prints, as JSON, what it says. */
import { Paygentic } from "metered-costs";

let message = "no error";
try {
  new Paygentic();
} catch (error) {
  message = String(error);
}
console.log(JSON.stringify(message));
