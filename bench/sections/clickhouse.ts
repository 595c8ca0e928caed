/** The same events on ClickHouse, and here: in one pass, and in eight parts that are merged. */
import { CostSummarizer, type SummarizerState } from "metered-costs/summary";
import { costOf, queryOf, rowsOf } from "../contestants/metered-costs.ts";
import { madeReference } from "../made.ts";
import { QUESTION, type Row } from "../question.ts";
import { type Reference, referenceOf } from "../reference.ts";
import { type Contestant, type Outcome, type Section, size, type Workload } from "../section.ts";
import { eventOf, usages } from "../usage.ts";

const NEEDS = "chdb";
const PARTS = 8;

const summarizer = (): CostSummarizer =>
  new CostSummarizer(costOf(QUESTION), queryOf(QUESTION), { deduplicate: false });

function inOnePass(count: number): Iterable<Row> {
  const all = summarizer();
  for (const usage of usages(count)) all.add(eventOf(usage));
  return rowsOf(all.summary(), QUESTION);
}

/** Parts of the log, one after the other, as eight machines would each have one. */
function inParts(count: number): Iterable<Row> {
  const states: SummarizerState[] = [];
  let part = summarizer();
  let index = 0;
  for (const usage of usages(count)) {
    part.add(eventOf(usage));
    index++;
    if (index === Math.ceil(((states.length + 1) * count) / PARTS)) {
      states.push(JSON.parse(JSON.stringify(part.state())));
      part = summarizer();
    }
  }
  const all = summarizer();
  for (const state of states) all.merge(state);
  return rowsOf(all.summary(), QUESTION);
}

type Engine = typeof import("../contestants/clickhouse.ts");
type Ask<Opened> = (engine: Engine, opened: Opened) => Outcome | Promise<Outcome>;

/** Contestants that ask what is opened once for all of them, when the first one needs it. */
function sharing<Opened>(expected: Reference, open: (engine: Engine) => Promise<Opened>) {
  let opening: Promise<Opened> | undefined;
  return (name: string, isOurs: boolean, ask: Ask<Opened>): Contestant => ({
    name,
    needs: NEEDS,
    isOurs,
    expected,
    async prepare() {
      const engine = await import("../contestants/clickhouse.ts");
      opening ??= open(engine);
      const opened = await opening;
      return () => ask(engine, opened);
    },
  });
}

async function onClickHouse(events: number, workload: Workload): Promise<readonly Contestant[]> {
  const count = size(events, workload);
  const expected = referenceOf(usages(count), QUESTION);
  const contestant = sharing(expected, ({ openTable }) =>
    openTable(workload.folder, usages(count)),
  );
  const byHand = (name: string, columns: keyof Engine["BY_HAND"]) =>
    contestant(name, false, async (engine, session) => ({
      rows: await engine.byHand(session, engine.BY_HAND[columns]),
    }));
  const ours = (name: string, layout: keyof Engine["LAYOUTS"]) =>
    contestant(name, true, async (engine, session) => ({
      rows: await engine.ofTable(session, engine.LAYOUTS[layout]),
    }));
  return [
    byHand("Decimal columns by hand", "decimal"),
    ours("Decimal columns", "decimal"),
    byHand("values as text by hand", "text"),
    ours("values as text", "text"),
    byHand("the reference query", "json"),
    ours("JSON text", "json"),
    {
      name: "one pass here",
      isOurs: true,
      expected,
      prepare: async () => () => ({ rows: inOnePass(count) }),
    },
    {
      name: "eight parts here",
      isOurs: true,
      expected,
      prepare: async () => () => ({ rows: inParts(count) }),
    },
  ];
}

/** Events that ClickHouse makes: read by hand without their copies, with the copies to be found, and from a rollup. */
async function ofMade(events: number, workload: Workload): Promise<readonly Contestant[]> {
  const count = size(events, workload);
  const expected = madeReference(count, { groupBy: ["model"] }, true);
  const contestant = sharing(expected, ({ openMade }) => openMade(workload.folder, count));
  const asking = (
    name: string,
    isOurs: boolean,
    answer: "madeByHand" | "madeWithCopies" | "madeRolledUp",
  ) =>
    contestant(name, isOurs, async (engine, session) => ({ rows: await engine[answer](session) }));
  return [
    asking("without its copies, by hand", false, "madeByHand"),
    asking("copies found within 4 GB", true, "madeWithCopies"),
    asking("rollup by hour and model", true, "madeRolledUp"),
  ];
}

/** Made events on real servers: all on one, and a third on each of three. */
async function onNodes(events: number, workload: Workload): Promise<readonly Contestant[]> {
  const count = size(events, workload);
  const expected = madeReference(count, QUESTION, false);
  const contestant = sharing(expected, ({ openNodes }) => openNodes(workload.folder, count));
  const tables = [
    ["one", "one node"],
    ["three", "three nodes"],
  ] as const;
  const layouts = [
    ["decimal", "Decimal columns"],
    ["text", "values as text"],
    ["json", "JSON text"],
  ] as const;
  return tables.flatMap(([table, where]) =>
    layouts.flatMap(([layout, what]) => [
      contestant(`${where}, ${what} by hand`, false, (engine, cluster) =>
        engine.nodesByHand(cluster, table, engine.BY_HAND[layout]),
      ),
      contestant(`${where}, ${what}`, true, (engine, cluster) =>
        engine.nodesOfTable(cluster, table, engine.LAYOUTS[layout]),
      ),
    ]),
  );
}

const LIMITS_OF_MADE = [
  { of: "rollup by hour and model", against: "without its copies, by hand", atMostOfTime: 0.5 },
] as const;

const LIMITS = [
  { of: "Decimal columns", against: "Decimal columns by hand", atMostOfTime: 1.5 },
  { of: "values as text", against: "values as text by hand", atMostOfTime: 2.5 },
  { of: "JSON text", against: "the reference query", atMostOfTime: 1.5 },
] as const;

export const clickhouseSections: readonly Section[] = [
  {
    name: "clickhouse-1m",
    title: "1 M events on ClickHouse, each key once",
    contestants: (workload) => onClickHouse(1_000_000, workload),
  },
  {
    name: "clickhouse",
    title: "10 M events on ClickHouse, each key once",
    rounds: 3,
    limits: LIMITS,
    contestants: (workload) => onClickHouse(10_000_000, workload),
  },
  {
    name: "clickhouse-copies-10m",
    title: "10 M events on ClickHouse, one in 500 a copy",
    rounds: 3,
    limits: LIMITS_OF_MADE,
    needsPackages: true,
    contestants: (workload) => ofMade(10_000_000, workload),
  },
  {
    name: "clickhouse-copies-100m",
    title: "100 M events on ClickHouse, one in 500 a copy",
    rounds: 1,
    limits: LIMITS_OF_MADE,
    needsPackages: true,
    contestants: (workload) => ofMade(100_000_000, workload),
  },
  {
    name: "clickhouse-nodes-10m",
    title: "10 M events on ClickHouse servers of this machine, each key once",
    needsPackages: true,
    contestants: (workload) => onNodes(10_000_000, workload),
  },
  {
    name: "clickhouse-nodes-100m",
    title: "100 M events on ClickHouse servers of this machine, each key once",
    rounds: 3,
    needsPackages: true,
    contestants: (workload) => onNodes(100_000_000, workload),
  },
];
