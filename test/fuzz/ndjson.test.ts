import fc from "fast-check";
import {
  addNdjson,
  CostSummarizer,
  type NdjsonSource,
  readEvents,
  summarizeNdjson,
} from "metered-costs/summary";
import { fuzz, fuzzed } from "./fuzz.ts";
import { COST, EVENT, goodCost, goodQuery, QUERY, query } from "./good-values.ts";
import { bodyLike } from "./hostile-answers.ts";
import {
  hostile,
  mutatedOrAnything,
  plain,
  type Recipes,
  together,
  withoutKey,
} from "./hostile-values.ts";

const options = mutatedOrAnything({ onProgress: () => undefined, deduplicate: true });
/** Lines that are events, or nearly; in pieces. */
const lines: Recipes<NdjsonSource> = plain(
  fc.tuple(fc.array(bodyLike(EVENT), { maxLength: 4 }), fc.nat(40)).map(([bodies, cut]) => {
    // An event's own key is no secret of ours.
    const text = withoutKey(bodies.map(String).join("\n"));
    return [text.slice(0, cut), text.slice(cut)];
  }),
);
const source = fc.oneof(lines, hostile as Recipes<NdjsonSource>);

fuzz("metered-costs/summary, NDJSON", [
  fuzzed(
    "summarizeNdjson",
    5,
    together<[never, NdjsonSource, never, object]>(
      goodCost,
      source,
      fc.oneof(query, goodQuery),
      options,
    ),
    async (args) => JSON.stringify(await summarizeNdjson(...args)),
  ),
  fuzzed(
    "addNdjson",
    2,
    together<[NdjsonSource, object]>(source, mutatedOrAnything({ onProgress: () => undefined })),
    ([source, options]) =>
      addNdjson(new CostSummarizer(COST as never, QUERY as never), source, options),
  ),
  fuzzed(
    "readEvents",
    2,
    together<[NdjsonSource, object]>(
      source,
      mutatedOrAnything({ onInvalidEvent: () => undefined }),
    ),
    async (args) => {
      for await (const _ of readEvents(...args));
    },
  ),
]);
