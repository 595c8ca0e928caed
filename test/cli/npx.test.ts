import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { installPackage, NODES, type Outcome } from "./installed.ts";

const { env, folder, call, write } = installPackage();

const COST = {
  id: "cst_tokens",
  type: "metered",
  name: "Tokens",
  productId: "prod_1",
  aggregation: "SUM",
  eventType: "llm",
  valueProperty: "$.tokens",
  unitCost: "0.5",
  currency: "USD",
  groupBy: { model: "$.model" },
} as const;
const TIME = "2026-06-10T10:00:00Z";
const EVENT = {
  ...{ type: "llm", source: "gateway", subject: "cus_1", idempotencyKey: "a", timestamp: TIME },
  data: { model: "atlas", tokens: 3 },
};
write("log.ndjson", `${JSON.stringify(EVENT)}\n`);
write("cost.json", JSON.stringify(COST));
write("costs.json", JSON.stringify([COST]));
const QUERY = ["--cost", "cost.json", "--month", "2026-06"];

let server: MockServer;
beforeAll(async () => {
  server = await startMockServer({
    costs: [COST],
    events: [{ ...EVENT, idempotencyKey: "before" }],
    revenue: [
      { customerId: "cus_1", customerName: "Acme", amount: "10", currency: "USD", timestamp: TIME },
    ],
  });
});
beforeEach(() => server.mock.reset());
afterAll(() => server.close());

/** An environment in which npx, and what it starts, find a Node first. */
const envOf = (node: string) => ({ ...env, PATH: `${dirname(node)}:${env.PATH}` });
/** Starts the installed command as its users do, on a Node. */
const start = (node: string, args: readonly string[]) =>
  spawn("npx", ["--no-install", "metered-costs", ...args], {
    cwd: folder,
    env: { ...envOf(node), PAYGENTIC_API_KEY: "sk_test_of_npx" },
    detached: true,
  });
async function npx(node: string, ...args: readonly string[]): Promise<Outcome> {
  const child = start(node, args);
  const outcome = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk) => {
      outcome[name] += chunk;
    });
  }
  const [status] = await once(child, "close");
  return { status, ...outcome };
}

describe.each(NODES)("through npx on Node %s", (version, node) => {
  const live = () => ["--base-url", server.url];

  test("is that Node", () => {
    const print = ["--no-install", "-c", "node --version"];
    const printed = execFileSync("npx", print, {
      cwd: folder,
      env: envOf(node),
      encoding: "utf8",
    });
    expect(printed).toMatch(new RegExp(`^v${version}\\.`));
  });

  test("the commands for logs", async () => {
    expect(await npx(node, "summary", "log.ndjson", ...QUERY, "--group-by", "model")).toEqual({
      ...{ status: 0, stderr: "" },
      stdout:
        "       quantity  cost, USD\ntotal         3        1.5\n\nmodel  quantity  cost, USD\natlas         3        1.5\n",
    });
    expect(
      await npx(
        node,
        "report",
        "log.ndjson",
        "--costs",
        "costs.json",
        "--month",
        "2026-06",
        "--format",
        "csv",
      ),
    ).toEqual({
      ...{ status: 0, stderr: "" },
      stdout: expect.stringMatching(
        /^cost,name,quantity,unit,"cost, USD","share, %"\r\ncst_tokens,Tokens,3,,1\.5,100\.00\r\n$/,
      ),
    });
    expect(await npx(node, "reconcile", "log.ndjson", ...QUERY, "--live", ...live())).toEqual({
      ...{ status: 0, stderr: "" },
      stdout: expect.stringMatching(/equal/i),
    });
    expect(
      await npx(node, "explain", "log.ndjson", "--cost", "cost.json", "--only-problems"),
    ).toEqual({
      ...{ status: 0, stderr: "1 event: 1 counts, 0 do not\n", stdout: "" },
    });
    expect(await npx(node, "summary", "log.ndjson", ...QUERY, "--format", "html")).toEqual({
      ...{ status: 0, stderr: "" },
      stdout: expect.stringMatching(/^<!doctype html>/),
    });
    expect(
      await npx(
        node,
        "summary",
        "log.ndjson",
        "log.ndjson",
        ...QUERY,
        "--threads",
        "2",
        "--format",
        "csv",
      ),
    ).toEqual({
      ...{ status: 0, stderr: "" },
      stdout: "row,windowStart,quantity,cost\r\ntotal,,3,1.5\r\n",
    });
  });

  test("the commands for the API", async () => {
    const ingested = await npx(node, "ingest", "log.ndjson", ...live());
    expect(ingested).toEqual({ status: 0, stderr: "", stdout: "1 accepted, 0 rejected\n" });
    expect(await npx(node, "costs", "get", "cst_tokens", "--format", "csv", ...live())).toEqual({
      ...{ status: 0, stderr: "" },
      stdout: expect.stringMatching(/\r\ncst_tokens,Tokens,SUM,llm,\$\.tokens,model,0\.5,USD\r\n$/),
    });
    const margins = ["--merchant", "org_mock", "--month", "2026-06", "--format", "csv"];
    expect(await npx(node, "profitability", ...margins, ...live())).toEqual({
      ...{ status: 0, stderr: "" },
      stdout: expect.stringMatching(/\r\ncus_1,Acme,10,/),
    });
    expect(await npx(node, "costs", "get", "cst_none", ...live())).toEqual({
      ...{ status: 3, stdout: "" },
      stderr: expect.stringMatching(/^metered-costs: costs\.get: .*404/),
    });
  });

  test("mock, until Ctrl-C", async () => {
    const child = start(node, ["mock", "--port", "0", "--seed", "costs.json"]);
    const [chunk] = await once(child.stdout, "data");
    const headers = { authorization: "Bearer sk_test_1" };
    const response = await fetch(`${String(chunk).trim()}/v0/costs/cst_tokens`, { headers });
    expect(await response.json()).toMatchObject({ id: "cst_tokens" });
    // The terminal sends it to all processes of its group.
    process.kill(-(child.pid as number), "SIGINT");
    await once(child, "close");
    await expect(fetch(String(chunk).trim())).rejects.toThrow();
  });

  test("completion and usage", async () => {
    const script = await npx(node, "completion", "bash");
    expect(script).toMatchObject({ status: 0, stderr: "" });
    expect(script.stdout).toContain("complete -o filenames -F _metered_costs metered-costs");
    const wrong = await npx(node, "summary", "log.ndjson", "--window", "WEEK");
    expect(wrong).toMatchObject({ status: 3, stdout: "" });
    expect(wrong.stderr).toMatch(/--window.*DAY/);
  });
});

describe("the same events in every kind of file", () => {
  const LONG = "123456789012345678901234567890";
  const ROWS = [
    { type: "llm", timestamp: TIME, idempotencyKey: "a", model: "at,las", tokens: LONG },
    {
      type: "llm",
      timestamp: "2026-06-11T00:00:00.5Z",
      idempotencyKey: "b",
      model: "",
      tokens: "-0.5",
    },
    { type: "llm", timestamp: TIME, idempotencyKey: "a", model: "at,las", tokens: LONG },
  ];
  const COLUMNS = ["type", "timestamp", "idempotencyKey", "model", "tokens"] as const;
  const columnOf = (name: (typeof COLUMNS)[number]): string =>
    name === "model" || name === "tokens" ? `data.${name}` : name;
  const json = ROWS.map(
    ({ model, tokens, ...event }) =>
      `${JSON.stringify(event).slice(0, -1)},"data":{"model":${JSON.stringify(model)},"tokens":${tokens}}}`,
  );
  const PLAIN: Readonly<Record<string, string | Uint8Array>> = {
    ndjson: `${json.join("\n")}\n`,
    json: `[${json.join(",\n")}]`,
    csv: [COLUMNS.map(columnOf), ...ROWS.map((row) => COLUMNS.map((name) => `"${row[name]}"`))]
      .map((cells) => `${cells.join(",")}\n`)
      .join(""),
    parquet: new Uint8Array(
      parquetWriteBuffer({
        columnData: COLUMNS.map((name) => ({
          name: columnOf(name),
          data: ROWS.map((row) => row[name]),
          type: "STRING" as const,
        })),
      }),
    ),
  };
  const [, , [, node24]] = NODES as unknown as [unknown, unknown, readonly [string, string]];
  /** By the Node that has it. */
  const zstdOf = (content: string | Uint8Array): Uint8Array =>
    execFileSync(
      node24,
      [
        "-e",
        'process.stdout.write(require("zlib").zstdCompressSync(require("fs").readFileSync(0)))',
      ],
      { input: content },
    );
  const query = [...QUERY, "--group-by", "model", "--window", "DAY", "--format", "json"];

  test("gives the same bytes of JSON, plain, gzipped and as zstd", () => {
    const outputs = Object.entries(PLAIN).flatMap(([format, content]) =>
      [content, gzipSync(content), zstdOf(content)].map((bytes, at) => {
        const { status, stdout, stderr } = call(
          ["summary", write(`same-${format}-${at}`, bytes), ...query],
          { node: node24 },
        );
        expect({ format, at, status, stderr }).toEqual({ format, at, status: 0, stderr: "" });
        return stdout;
      }),
    );
    expect(outputs).toHaveLength(12);
    expect(new Set(outputs).size).toBe(1);
    expect(JSON.parse(outputs[0] ?? "")).toMatchObject({
      totalQuantity: "123456789012345678901234567889.5",
    });
  });

  test.each(NODES.slice(1))(
    "and zstd is read to the end of its last frame, on Node %s",
    (_, node) => {
      const row = `{"type":"llm","timestamp":"${TIME}","data":{"tokens":1}}\n`;
      const [frame, other] = [zstdOf(row.repeat(1_000)), zstdOf(row)];
      const whole = Buffer.concat([frame, other]);
      const { stdout } = call(["summary", write("frames.zst", whole), ...query], { node });
      expect(JSON.parse(stdout)).toMatchObject({ totalQuantity: "1001" });
      // Frames to be skipped, as pzstd writes them.
      const skipped = Buffer.from("532a4d180400000001020304", "hex");
      const parted = Buffer.concat([skipped, frame, skipped, skipped, other, skipped]);
      const parts = call(["summary", write("parted.zst", parted), ...query], { node });
      expect(JSON.parse(parts.stdout)).toMatchObject({ totalQuantity: "1001" });
      for (const bytes of [frame.subarray(0, -1), frame.subarray(0, 20), whole.subarray(0, -1)]) {
        const cut = call(["summary", write("cut.zst", bytes), ...query], { node });
        expect(cut).toMatchObject({ status: 3, stdout: "" });
        expect(cut.stderr).toMatch(/cut\.zst cannot be read: the zstd data is cut/);
      }
    },
  );

  const bad = (text: string): Buffer => Buffer.from(text, "latin1");
  const latin1 = (content: string | Uint8Array | undefined): Buffer =>
    bad(
      Buffer.from(content ?? "")
        .toString("latin1")
        .replaceAll("at,las", "at\xfflas"),
    );
  const parquetOf = (timestamps: readonly string[]): Uint8Array =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "type", data: timestamps.map(() => "llm"), type: "STRING" },
          { name: "timestamp", data: [...timestamps], type: "STRING" },
        ],
      }),
    );
  test.each([
    ["cut.ndjson", (PLAIN["ndjson"] as string).slice(0, -20), /line 3/],
    ["encoded.ndjson", latin1(PLAIN["ndjson"]), /line 1 .*UTF-8/],
    ["row.ndjson", `${json[0]}\n{"type":7}\n`, /line 2/],
    ["cut.json", (PLAIN["json"] as string).slice(0, -20), /line 3/],
    ["encoded.json", latin1(PLAIN["json"]), /line 1 .*UTF-8/],
    ["row.json", `[${json[0]},\n{"type":7}]`, /line 2/],
    ["cut.csv", (PLAIN["csv"] as string).slice(0, -20), /line 4/],
    ["encoded.csv", latin1(PLAIN["csv"]), /line 2 has other bytes/],
    ["row.csv", `type,timestamp\nllm,${TIME}\nllm,June\n`, /line 3/],
    ["cut.parquet", (PLAIN["parquet"] as Uint8Array).subarray(0, 300), /cut or damaged/],
    ["encoded.parquet", latin1(PLAIN["parquet"]), /damaged in rows 1 to 3/],
    ["row.parquet", parquetOf([TIME, "June"]), /Event 1 is not valid: timestamp/],
  ])("and %s ends the command with the file and the place", (name, content, message) => {
    const zipped = gzipSync(content);
    const files = [
      [name, content, message],
      [`${name}.gz`, zipped, message],
      [`cut-${name}.gz`, zipped.subarray(0, -9), /the gzip data is cut or damaged/],
    ] as const;
    for (const [file, bytes, expected] of files) {
      const { status, stdout, stderr } = call(["summary", write(file, bytes), ...query]);
      expect({ file, status, stdout }).toEqual({ file, status: 3, stdout: "" });
      expect(stderr).toContain(file);
      expect(stderr).toMatch(expected);
    }
  });
});
