import { insert, queryAsync } from "chdb";
import { EVENT_TYPE, FROM, type Question, type Row, TO } from "../question.ts";
import type { UsageEvent } from "../usage.ts";
import { breakdownSql, columns, rowsOfBreakdown } from "./sql.ts";

const AGGREGATES = {
  SUM: "sum(tokens)",
  COUNT: "count()",
  UNIQUE_COUNT: "uniqExact(tokens)",
  AVG: "avg(tokens)",
  MIN: "min(tokens)",
  MAX: "max(tokens)",
  LATEST: "argMax(tokens, time)",
};
const TIME = "DateTime64(3, 'UTC')";
const IN_RANGE = `time >= fromUnixTimestamp64Milli(${FROM}) and time < fromUnixTimestamp64Milli(${TO})`;
/** Events of a chunk of text, before it becomes bytes: long enough, and no rope of a million pieces. */
const CHUNK = 1024;

async function breakdown(source: string, question: Question, settings = ""): Promise<Row[]> {
  const sql = `${breakdownSql(source, question, AGGREGATES)}
    settings group_by_use_nulls = 1, output_format_json_quote_decimals = 1, max_threads = 2${settings}`;
  const result = await queryAsync(sql, { format: "JSONCompact" });
  return rowsOfBreakdown(result.json().data);
}

/** Through tab-separated text, which chDB takes from JavaScript faster than JSON: what counts by its type. */
export async function ofEvents(events: readonly UsageEvent[], question: Question): Promise<Row[]> {
  const { groupBy, deduplicate } = question;
  const keys = deduplicate ? "source String, key String, " : "";
  await queryAsync(
    `create or replace table usage (${keys}time ${TIME}, tokens Decimal(18, 6), ${columns(groupBy, "String")}) engine = Memory`,
  );
  const chunks: Buffer[] = [];
  let text = "";
  let lines = 0;
  for (const { type, source, idempotencyKey, timestamp, data } of events) {
    if (type !== EVENT_TYPE) continue;
    if (deduplicate) text += `${source}\t${idempotencyKey}\t`;
    text += `${timestamp}\t${data.tokens}`;
    for (const dimension of groupBy) text += `\t${data[dimension]}`;
    text += "\n";
    if (++lines % CHUNK !== 0) continue;
    chunks.push(Buffer.from(text));
    text = "";
  }
  chunks.push(Buffer.from(text));
  await insert({
    table: "usage",
    values: Buffer.concat(chunks),
    format: "TSV",
    settings: { date_time_input_format: "best_effort" },
  });
  return breakdown(
    `select *, toUInt32(toDate(time)) as day from usage where ${IN_RANGE}
     ${deduplicate ? "limit 1 by source, key" : ""}`,
    question,
  );
}

/** `file()` with every column typed. */
export async function ofFile(path: string, question: Question): Promise<Row[]> {
  const { groupBy, deduplicate } = question;
  const keys = deduplicate ? "source String, idempotencyKey String, " : "";
  const structure = `${keys}type String, timestamp ${TIME},
    data Tuple(tokens Decimal(18, 6), ${columns(groupBy, "String")})`;
  const dimensions = groupBy.map((name) => `data.${name} as ${name}`).join(", ");
  return breakdown(
    `select data.tokens as tokens, ${dimensions}, timestamp as time, toUInt32(toDate(time)) as day
     from file('${path}', 'JSONEachRow', '${structure.replaceAll("'", "\\'")}')
     where type = '${EVENT_TYPE}' and ${IN_RANGE}
     ${deduplicate ? "limit 1 by source, idempotencyKey" : ""}`,
    question,
    `, date_time_input_format = 'best_effort', input_format_skip_unknown_fields = 1`,
  );
}
