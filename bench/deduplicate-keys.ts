/** The program `deduplicate-keys KEYS REPEATS`: so many different keys, then so many of them again. */
import { ofEvents } from "./contestants/metered-costs.ts";
import { printOutcome } from "./print-outcome.ts";
import { DEDUPLICATED } from "./question.ts";
import { eventOf, keyedUsages, type UsageEvent } from "./usage.ts";

const [keys = 0, repeats = 0] = process.argv.slice(2).map(Number);

function* events(): Generator<UsageEvent> {
  for (const usage of keyedUsages(keys, repeats)) yield eventOf(usage);
}

await printOutcome(async () => ofEvents(events(), DEDUPLICATED));
