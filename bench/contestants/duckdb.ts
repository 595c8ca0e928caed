import { DuckDBInstance } from "@duckdb/node-api";
import { DAY, EVENT_TYPE, FROM, type Question, type Row, TO } from "../question.ts";
import type { UsageEvent } from "../usage.ts";
import { breakdownSql, columns, rowsOfBreakdown } from "./sql.ts";

const AGGREGATES = {
  SUM: "sum(tokens)",
  COUNT: "count(*)",
  UNIQUE_COUNT: "count(distinct tokens)",
  AVG: "avg(tokens)",
  MIN: "min(tokens)",
  MAX: "max(tokens)",
  LATEST: "arg_max(tokens, time)",
};

const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await instance.connect();

async function breakdown(source: string, question: Question): Promise<Row[]> {
  const result = await connection.runAndReadAll(breakdownSql(source, question, AGGREGATES));
  return rowsOfBreakdown(result.getRows());
}

/** Through the appender, row by row: what counts by its type, with the time read in JavaScript. */
export async function ofEvents(events: readonly UsageEvent[], question: Question): Promise<Row[]> {
  const { groupBy, deduplicate } = question;
  const keys = deduplicate ? "source varchar, key varchar, " : "";
  await connection.run(
    `create or replace table usage (${keys}time double, tokens decimal(18, 6), ${columns(groupBy, "varchar")})`,
  );
  const appender = await connection.createAppender("usage");
  for (const { type, source, idempotencyKey, timestamp, data } of events) {
    if (type !== EVENT_TYPE) continue;
    if (deduplicate) {
      appender.appendVarchar(source);
      appender.appendVarchar(idempotencyKey);
    }
    appender.appendDouble(Date.parse(timestamp));
    appender.appendDouble(data.tokens);
    for (const dimension of groupBy) appender.appendVarchar(data[dimension]);
    appender.endRow();
  }
  appender.closeSync();
  return breakdown(
    `select ${deduplicate ? "distinct on (source, key)" : ""} *, floor(time / ${DAY})::integer as day
     from usage where time >= ${FROM} and time < ${TO}`,
    question,
  );
}

/** `read_json` with every column typed. */
export async function ofFile(path: string, question: Question): Promise<Row[]> {
  const { groupBy, deduplicate } = question;
  const keys = deduplicate ? "source: 'VARCHAR', idempotencyKey: 'VARCHAR'," : "";
  const events = `read_json('${path}', format = 'newline_delimited', columns = {
    ${keys} type: 'VARCHAR', timestamp: 'TIMESTAMP',
    data: 'STRUCT(tokens DECIMAL(18, 6), ${columns(groupBy, "VARCHAR")})' })`;
  return breakdown(
    `select ${deduplicate ? "distinct on (source, idempotencyKey)" : ""}
       data.*, timestamp as time, timestamp::date - date '1970-01-01' as day
     from ${events} where type = '${EVENT_TYPE}'
       and epoch_ms(timestamp) >= ${FROM} and epoch_ms(timestamp) < ${TO}`,
    question,
  );
}

export async function ofFileInOneThread(path: string, question: Question): Promise<Row[]> {
  await connection.run("set threads = 1");
  const rows = await ofFile(path, question);
  await connection.run("set threads = 2");
  return rows;
}
