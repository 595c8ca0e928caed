/** The program `summarize-file CONTESTANT PATH QUESTION`. It loads only what this contestant needs. */
import { entryOf, OF_FILE } from "./contestants.ts";
import { printOutcome } from "./print-outcome.ts";

const [name = "", path = "", question = ""] = process.argv.slice(2);
await printOutcome(async () => {
  const answer = await entryOf(OF_FILE, name).load();
  return answer(path, JSON.parse(question));
});
