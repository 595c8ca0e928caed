import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import * as zlib from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { type EventFileOptions, openEventFile } from "metered-costs/files";
import {
  type CostEvent,
  InvalidEventError,
  InvalidInputError,
  summarizeCost,
} from "metered-costs/summary";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "metered-costs-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, `${files++}-${name}`);
  writeFileSync(path, content);
  return path;
}

async function eventsOf(
  source: string | Readable,
  options?: EventFileOptions,
): Promise<CostEvent[]> {
  const events: CostEvent[] = [];
  for await (const event of (await openEventFile(source, options)).events()) events.push(event);
  return events;
}
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => error,
  );

const LONG = "123456789012345678901234567890";
/** Rows that every format can say: text and numbers, quotes, commas, line breaks, what is absent and what is empty. */
const ROWS: readonly Readonly<Record<string, string>>[] = [
  { type: "call", timestamp: "2026-06-15T12:00:00Z", "data.model": "atlas", "data.tokens": LONG },
  {
    type: "call",
    timestamp: "2026-06-15T13:00:00.250Z",
    "data.model": 'a "b", c',
    subject: "cus_1",
  },
  {
    type: "call",
    timestamp: "2026-06-16T00:00:00Z",
    "data.model": "",
    "data.tokens": "0.000000000000000000000000000001",
  },
  {
    type: "call",
    timestamp: "2026-06-17T00:00:00Z",
    "data.model": "zwei\nZeilen €",
    "data.tokens": "-1.50",
  },
  { type: "other", timestamp: "2026-06-17T00:00:00Z", idempotencyKey: "k1" },
];
const COLUMNS = ["type", "timestamp", "subject", "idempotencyKey", "data.model", "data.tokens"];

function nested(row: Readonly<Record<string, string>>, isNumber: boolean): string {
  const { "data.model": model, "data.tokens": tokens, ...rest } = row;
  const data = [
    ...(model === undefined ? [] : [`"model":${JSON.stringify(model)}`]),
    ...(tokens === undefined ? [] : [`"tokens":${isNumber ? tokens : JSON.stringify(tokens)}`]),
  ];
  return `{${JSON.stringify(rest).slice(1, -1)},"data":{${data.join(",")}}}`;
}
const cellOf = (value: string | undefined): string =>
  value === undefined ? "" : `"${value.replaceAll('"', '""')}"`;

const CONTENT: Readonly<Record<string, string | Uint8Array>> = {
  ndjson: ROWS.map((row) => `${nested(row, true)}\n`).join(""),
  json: `\n[\n${ROWS.map((row) => nested(row, true)).join(" ,\n")}\n]\n`,
  csv: `${COLUMNS.join(",")}\r\n${ROWS.map((row) => `${COLUMNS.map((name) => cellOf(row[name])).join(",")}\r\n`).join("")}`,
  parquet: new Uint8Array(
    parquetWriteBuffer({
      columnData: COLUMNS.map((name) => ({
        name,
        data: ROWS.map((row) => row[name]),
        type: "STRING" as const,
        nullable: true,
      })),
    }),
  ),
};
const zstd = (zlib as { zstdCompressSync?: (content: string | Uint8Array) => Uint8Array })
  .zstdCompressSync;
const COMPRESSIONS: Readonly<
  Record<string, (content: string | Uint8Array) => string | Uint8Array>
> = {
  plain: (content) => content,
  gzip: (content) => zlib.gzipSync(content),
  ...(zstd && { zstd }),
};
const ALL = Object.keys(CONTENT).flatMap((format) =>
  Object.entries(COMPRESSIONS).map(([compression, compress]) => ({
    format,
    compression,
    content: compress(CONTENT[format] ?? ""),
  })),
);

const COST = {
  aggregation: "SUM",
  eventType: "call",
  valueProperty: "$.tokens",
  unitCost: "0.1",
  groupBy: { model: "$.model" },
} as const;
const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;
const summaryOf = (events: Iterable<CostEvent>): string =>
  JSON.stringify(summarizeCost(COST, events, { ...JUNE, groupBy: ["model"], window: "DAY" }));

describe("the same events", () => {
  test.each(ALL)(
    "as $format, $compression, give the same summary",
    async ({ format, compression, content }) => {
      // The name says nothing of the kind: the content does.
      const path = write("log", content);
      const file = await openEventFile(path);
      expect(file).toMatchObject({ format, name: path });
      expect(file.compression).toBe(compression === "plain" ? undefined : compression);
      const events: CostEvent[] = [];
      for await (const event of file.events()) events.push(event);
      expect(events).toHaveLength(ROWS.length);
      const summary = summaryOf(events);
      expect(summary).toBe(summaryOf(ROWS.map((row) => JSON.parse(nested(row, false)))));
      expect(JSON.parse(summary)).toMatchObject({
        totalQuantity: "123456789012345678901234567888.500000000000000000000000000001",
      });
    },
  );

  test.each(ALL)("as $format, $compression, come from a named pipe", async ({ content }) => {
    const pipe = join(folder, `${files++}-pipe`);
    execFileSync("mkfifo", [pipe]);
    const writer = spawn("sh", ["-c", 'cat "$1" > "$2"', "sh", write("log", content), pipe]);
    const file = await openEventFile(pipe);
    expect(file.size).toBeUndefined();
    const events: CostEvent[] = [];
    for await (const event of file.events()) events.push(event);
    expect(events).toHaveLength(ROWS.length);
    writer.kill();
  });

  test.each(ALL)(
    "as $format, $compression, come from a stream in pieces of a few bytes",
    async ({ content }) => {
      const bytes = Buffer.from(content as Uint8Array);
      const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
        bytes.subarray(at * 7, at * 7 + 7),
      );
      expect(summaryOf(await eventsOf(Readable.from(pieces)))).toBe(
        summaryOf(ROWS.map((row) => JSON.parse(nested(row, false)))),
      );
    },
  );
});

describe("CSV", () => {
  const header = "type,timestamp,data.model,data.n";
  const time = "2026-06-15T12:00:00Z";

  test("an empty cell is absent, a quoted empty one is empty text, and numbers are the text that they are", async () => {
    const events = await eventsOf(
      write("log", `\ufeff${header}\ncall,${time},,1.50\ncall,${time},"",007\n`),
    );
    expect(events).toEqual([
      { type: "call", timestamp: time, data: { n: "1.50" } },
      { type: "call", timestamp: time, data: { model: "", n: "007" } },
    ]);
  });

  test("names such as __proto__ are plain", async () => {
    const [event] = await eventsOf(write("log", `type,data.__proto__.x\ncall,1\n`));
    expect(Object.keys(event?.data ?? {})).toEqual(["__proto__"]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test.each([
    [
      "a row with a cell more",
      `${header}\ncall,${time},a,1\ncall,${time},a,1,2\n`,
      /line 3 has 5 cells, but the header row has 4: a cell that has the delimiter in it must be in quotes/,
    ],
    [
      "a row with a cell less",
      `${header}\ncall,${time},a\n`,
      /line 2 has 3 cells, but the header row has 4/,
    ],
    ["a row that is cut", `${header}\ncall,${time},a,1\ncal`, /line 3 has 1 cell, but/],
    ["a quote without an end", `${header}\ncall,${time},"a,1\n`, /line/i],
    [
      "no column type",
      "event,timestamp\na,b\n",
      /read as CSV.*no column "type"; it has "event", "timestamp"/,
    ],
    ["a column twice", "type,type\na,b\n", /"type" twice/],
    ["a column inside another", "type,data,data.x\na,b,c\n", /column "data" and another/],
    [
      "bytes that are no UTF-8",
      Buffer.from(`${header}\ncall,${time},a,1\ncall,${time},\xff,1\n`, "latin1"),
      /line 3/,
    ],
  ])("with %s is an error that says where", async (_, content, message) => {
    const path = write("log.csv", content);
    const error = await failureOf(eventsOf(path));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(path);
  });

  test("bytes that are no UTF-8 are named by their line, however the file comes in pieces", async () => {
    const rows = (text: string, count: number): string => `call,${time},${text},1\n`.repeat(count);
    const bytes = Buffer.concat([
      Buffer.from(`${header}\n${rows("€𐍈", 5)}`),
      Buffer.from(rows("\xe2\x82", 1), "latin1"),
      Buffer.from(rows("é", 5)),
    ]);
    for (const size of [1, 2, 3, 7, 50, 1_000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, at * size + size),
      );
      const error = await failureOf(eventsOf(Readable.from(pieces)));
      expect((error as Error).message, `pieces of ${size}`).toMatch(/line 7 has other bytes/);
    }
  });

  test.each([
    ["semicolons", ";"],
    ["tabs", "\t"],
  ])("with %s between its cells is read, commas inside them", async (_, delimiter) => {
    const rows = [
      ["type", "timestamp", "source", "data.tokens, input"],
      ["call", time, "a, b", "1,5"],
    ];
    const path = write(
      "log.csv",
      `\ufeff${rows.map((row) => row.join(delimiter)).join("\r\n")}\r\n`,
    );
    expect(await eventsOf(path)).toEqual([
      { type: "call", timestamp: time, source: "a, b", data: { "tokens, input": "1,5" } },
    ]);
  });

  test("an invalid row is an error with its line", async () => {
    const path = write("log.csv", `${header}\ncall,${time},a,1\ncall,June 15,a,1\n`);
    const error = await failureOf(eventsOf(path));
    expect(error).toBeInstanceOf(InvalidEventError);
    expect(error).toMatchObject({ index: 1, line: 3, issues: [{ path: ["timestamp"] }] });
  });
});

describe("NDJSON and JSON", () => {
  const good = '{"type":"call","timestamp":"2026-06-15T12:00:00Z","data":{}}';
  const member = zlib.gzipSync(`${good}\n`);
  const gzipAround = (between: Uint8Array) => Buffer.concat([member, between, member]);

  test("members of gzip are read one after the other, and zeros after them are padding", async () => {
    expect(await eventsOf(write("log", gzipAround(Buffer.alloc(0))))).toHaveLength(2);
    for (const padding of [9, 600_000]) {
      const content = Buffer.concat([member, member, Buffer.alloc(padding)]);
      expect(await eventsOf(write("log", content))).toHaveLength(2);
    }
  });

  test("an empty file has no events", async () => {
    expect(await eventsOf(write("empty", ""))).toEqual([]);
    expect(await eventsOf(write("empty", " \n\n"))).toEqual([]);
    expect(await eventsOf(write("empty", "\ufeff[ ]\n"))).toEqual([]);
    expect(await eventsOf(write("empty", zlib.gzipSync("")))).toEqual([]);
  });

  test("invalid records are collected with their lines, and the others are read", async () => {
    for (const content of [
      `${good}\n{"type":7}\n\n${good}\n{"type":"call",}\n`,
      `[${good},\n{"type":7}\n\n,${good},\n\n{"type":"call",}]`,
    ]) {
      const errors: InvalidEventError[] = [];
      const onInvalidEvent = (error: InvalidEventError): void => void errors.push(error);
      expect(await eventsOf(write("log", content), { onInvalidEvent })).toHaveLength(2);
      expect(errors.map(({ index, line }) => [index, line])).toEqual([
        [1, 2],
        [3, content.startsWith("[") ? 6 : 5],
      ]);
    }
  });

  test.each([
    ["a cut array", `[${good},\n${good}`, /the JSON array is cut: it has no end after line 2/],
    ["a cut element", `[${good},\n{"type":"a`, /is cut/],
    ["an element that is missing", `[${good},\n,${good}]`, /expected an element .* line 2/],
    ["a comma at the end", `[${good},\n]`, /expected an element .* line 2/],
    ["more after its end", `[${good}]\n${good}\n`, /more on line 2 after the end/],
    ["UTF-16", Buffer.from(`\ufeff${good}`, "utf16le"), /UTF-16/],
    ["binary", Buffer.from([1, 2, 0, 3]), /binary/],
    [
      "gzip of binary",
      zlib.gzipSync(Buffer.from([1, 2, 0, 3])),
      /its gzip data is not a log: it is binary/,
    ],
    ["cut gzip", zlib.gzipSync(good.repeat(50)).subarray(0, 60), /the gzip data is cut or damaged/],
    ["gzip after zeros", gzipAround(Buffer.alloc(9)), /the gzip data is damaged: .* after zeros/],
    ["gzip after many zeros", gzipAround(Buffer.alloc(600_000)), /there is more of it after zeros/],
  ])("%s is an error", async (_, content, message) => {
    const path = write("log", content);
    const error = await failureOf(eventsOf(path));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(path);
  });

  test("bytes of a line that are no UTF-8 are an error with its line", async () => {
    const line = Buffer.from('{"type":"\xff","data":{}}\n', "latin1");
    const error = await failureOf(
      eventsOf(write("log", Buffer.concat([Buffer.from(`${good}\n`), line]))),
    );
    expect(error).toMatchObject({ name: "InvalidEventError", line: 2 });
  });

  test("a loop that ends early closes the file", async () => {
    const stream = Readable.from([Buffer.from(`${good}\n`), Buffer.from(`${good}\n`)]);
    for await (const _ of (await openEventFile(stream)).events()) break;
    expect(stream.destroyed).toBe(true);
  });

  test("a folder is an error that says so", async () => {
    expect(await failureOf(openEventFile(folder))).toMatchObject({
      name: "InvalidInputError",
      message: `${folder} cannot be read: expected a file, but it is a folder`,
    });
  });

  test("a file that is missing is the file system's error", async () => {
    expect(await failureOf(openEventFile(join(folder, "none")))).toMatchObject({ code: "ENOENT" });
  });
});

describe("a map", () => {
  const map = {
    type: "'llm.call'",
    timestamp: "ts",
    idempotencyKey: "id",
    "data.tokens": "usage.total",
    "data.nested.model": "model",
  };

  test("renames the fields of a foreign log, whatever its format", async () => {
    const ndjson = `{"ts":"2026-06-15T12:00:00Z","id":"a","usage":{"total":${LONG}},"model":"m"}\n`;
    const csv = `ts,id,usage.total,model\n2026-06-15T12:00:00Z,a,${LONG},m\n`;
    for (const content of [ndjson, csv]) {
      const [event] = (await eventsOf(write("log", content), { map })) as [CostEvent];
      const { tokens, ...data } = event.data as { tokens: unknown };
      expect({ ...event, data }).toMatchObject({
        ...{ type: "llm.call", timestamp: "2026-06-15T12:00:00Z", idempotencyKey: "a" },
        data: { nested: { model: "m" } },
      });
      expect(String(typeof tokens === "object" ? (tokens as { text: string }).text : tokens)).toBe(
        LONG,
      );
    }
  });

  test("a time without a zone is an error unless it is said to be UTC", async () => {
    const path = write("log", "ts,id,usage.total,model\n2026-06-15 12:00:00.1234567,a,1,m\n");
    expect(await failureOf(eventsOf(path, { map }))).toMatchObject({
      name: "InvalidEventError",
      line: 2,
      issues: [{ path: ["timestamp"] }],
    });
    const [event] = await eventsOf(path, { map, utc: true });
    expect(event?.timestamp).toBe("2026-06-15T12:00:00.1234567Z");
  });

  test.each([
    ["2026-06-15 12:00", "2026-06-15T12:00:00Z"],
    ["2026-06-15T12:00", "2026-06-15T12:00:00Z"],
    ["2026-06-15", "2026-06-15T00:00:00Z"],
  ])("a time without a zone may end with its minutes or its day: %s", async (text, meant) => {
    const path = write("log", `type,timestamp\ncall,${text}\n`);
    expect((await failureOf(eventsOf(path))) as Error).toMatchObject({
      message: expect.stringContaining(
        `not "${text}": it names no zone; the option utc reads it as UTC`,
      ),
    });
    expect((await eventsOf(path, { utc: true }))[0]?.timestamp).toBe(meant);
  });

  test.each(["15.06.2026 12:00", "6/15/2026", "1780308000"])(
    "a time of another form is shown: %s",
    async (text) => {
      const error = await failureOf(
        eventsOf(write("log", `type,timestamp\ncall,${text}\n`), { utc: true }),
      );
      expect((error as Error).message).toMatch(/expected an RFC 3339 time .*, not "[^"]*"$/);
      expect((error as Error).message).toContain(text);
    },
  );

  test.each([
    [{ typ: "event" }, /map\.typ: expected one of type, timestamp/],
    [{ data: "usage" }, /expected one of/],
    [{ type: "" }, /map\.type: expected a name/],
  ])("that cannot be used is refused: %j", async (bad, message) => {
    const error = await failureOf(openEventFile(write("log", "{}"), { map: bad as never }));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(message);
  });

  test("a column that CSV does not have is an error", async () => {
    const error = await failureOf(eventsOf(write("log", "ts,id\na,b\n"), { map }));
    expect((error as Error).message).toMatch(/no column "usage\.total".* data\.tokens=NAME$/);
  });

  test("an unknown option is refused", async () => {
    const error = await failureOf(openEventFile(write("log", "{}"), { maps: {} } as never));
    expect((error as Error).message).toMatch(/maps: unknown field/);
  });
});
