import type { Question, Row } from "./question.ts";
import type { Reference } from "./reference.ts";
import type { Contestant } from "./section.ts";
import type { UsageEvent } from "./usage.ts";

type Rows = Iterable<Row> | Promise<Iterable<Row>>;
type OfEvents = (events: readonly UsageEvent[], question: Question) => Rows;
type OfFile = (path: string, question: Question) => Rows;

interface Entry<Answer> extends Pick<Contestant, "name" | "isOurs" | "needs"> {
  /** It reads, and answers nothing. */
  readonly isReadingOnly?: boolean;
  load(): Promise<Answer>;
}

const meteredCosts = () => import("./contestants/metered-costs.ts");
const loops = () => import("./contestants/loops.ts");
const arquero = () => import("./contestants/arquero.ts");
const duckdb = () => import("./contestants/duckdb.ts");
const chdb = () => import("./contestants/chdb.ts");
const DUCKDB = "@duckdb/node-api";

/** Who answers from objects in memory. DuckDB and chDB have two threads, here and below. */
export const OF_EVENTS: readonly Entry<OfEvents>[] = [
  { name: "metered-costs", isOurs: true, load: async () => (await meteredCosts()).ofEvents },
  { name: "float loop", load: async () => (await loops()).floatLoop },
  { name: "decimal.js loop", load: async () => (await loops()).decimalLoop },
  { name: "arquero", needs: "arquero", load: async () => (await arquero()).ofEvents },
  { name: "DuckDB", needs: DUCKDB, load: async () => (await duckdb()).ofEvents },
  { name: "chDB", needs: "chdb", load: async () => (await chdb()).ofEvents },
];

/** Who answers from a file of NDJSON. */
export const OF_FILE: readonly Entry<OfFile>[] = [
  { name: "metered-costs", isOurs: true, load: async () => (await meteredCosts()).ofFile },
  {
    name: "metered-costs, two workers",
    isOurs: true,
    load: async () => (await meteredCosts()).ofFileInTwoParts,
  },
  { name: "JSON.parse alone", isReadingOnly: true, load: async () => (await loops()).parseLines },
  { name: "DuckDB", needs: DUCKDB, load: async () => (await duckdb()).ofFile },
  {
    name: "DuckDB, one thread",
    needs: DUCKDB,
    load: async () => (await duckdb()).ofFileInOneThread,
  },
  { name: "chDB", needs: "chdb", load: async () => (await chdb()).ofFile },
];

export function entryOf<Answer>(entries: readonly Entry<Answer>[], name: string): Entry<Answer> {
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) throw new Error(`no contestant is called ${name}`);
  return entry;
}

/** Contestants of these names, all with the same right answer, each prepared as `prepare` says. */
export function contestants<Answer>(
  entries: readonly Entry<Answer>[],
  names: readonly string[],
  expected: Reference,
  prepare: (entry: Entry<Answer>) => ReturnType<Contestant["prepare"]>,
): Contestant[] {
  return names.map((name) => {
    const entry = entryOf(entries, name);
    return {
      ...entry,
      expected: entry.isReadingOnly ? undefined : expected,
      prepare: () => prepare(entry),
    };
  });
}
