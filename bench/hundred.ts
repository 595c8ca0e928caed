import { mkdtempSync } from "node:fs";
import { LAYOUTS, ofTable, openTable } from "./contestants/clickhouse.ts";
import { usages } from "./usage.ts";
const n = Number(process.argv[2] ?? 10_000_000), times = Number(process.argv[3] ?? 10);
const t0 = performance.now();
const session = await openTable(mkdtempSync("/tmp/hundred-"), usages(n));
console.log("filled", ((performance.now() - t0) / 1000).toFixed(0), "s");
session.query("create table usage.seed as usage.events engine = MergeTree order by (type, timestamp)");
session.query("insert into usage.seed select * from usage.events");
for (let i = 1; i < times; i++) session.query("insert into usage.events select * from usage.seed");
console.log("grown", ((performance.now() - t0) / 1000).toFixed(0), "s", session.query("select count() from usage.events"));
for (const [name, layout] of Object.entries(LAYOUTS)) {
  const took: number[] = [];
  let rows: unknown[] = [];
  for (let r = 0; r < 3; r++) { const t = performance.now(); rows = [...(await ofTable(session, layout))]; took.push(performance.now() - t); }
  took.sort((a, b) => a - b);
  console.log(name, took.map((t) => t.toFixed(0)).join(" "), ((n * times) / took[1]! / 1000).toFixed(1), "M/s", JSON.stringify(rows[0]), rows.length);
}
