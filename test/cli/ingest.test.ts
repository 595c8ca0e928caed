import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installPackage, type Outcome } from "./installed.ts";

const { env, folder, program, write } = installPackage();

const LONG = "123456789012345678901234567890";
const KILLS = 20;
const COST = {
  id: "cst_tokens",
  type: "metered",
  name: "Tokens",
  aggregation: "SUM",
  eventType: "llm",
  valueProperty: "$.tokens",
  unitCost: "0.0000025",
  currency: "USD",
  productId: "prod_1",
} as const;

interface LoggedEvent {
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly idempotencyKey: string;
  readonly timestamp: string;
  readonly data: { readonly tokens: number };
}
const eventOf = (n: number, type = "llm"): LoggedEvent => ({
  ...{ type, source: "gateway", subject: `cus_${n % 7}`, idempotencyKey: `key-${n}` },
  ...{ timestamp: "2026-06-10T10:00:00Z", data: { tokens: n } },
});
const eventsFrom = (start: number, count: number): LoggedEvent[] =>
  Array.from({ length: count }, (_, at) => eventOf(start + at));
const lines = (events: readonly object[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");

let server: MockServer;
beforeEach(async () => {
  server = await startMockServer({ costs: [COST] });
  for (const name of ["state.json", "rejected.ndjson"]) rmSync(join(folder, name), { force: true });
});
afterEach(() => server.close());

const start = (...args: string[]) =>
  spawn(process.execPath, [program, "ingest", ...args, "--base-url", server.url], {
    cwd: folder,
    env: { ...env, PAYGENTIC_API_KEY: "sk_test_of_ingest" },
  });
async function ingest(...args: string[]): Promise<Outcome> {
  const child = start(...args);
  const outcome = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk) => {
      outcome[name] += chunk;
    });
  }
  const [status] = await once(child, "close");
  return { status, ...outcome };
}
const keysOf = (events: readonly { readonly idempotencyKey?: string | null | undefined }[]) =>
  events.map(({ idempotencyKey }) => idempotencyKey);
const stateOf = () => JSON.parse(readFileSync(join(folder, "state.json"), "utf8"));
const rejectedOf = (): Record<string, unknown>[] =>
  readFileSync(join(folder, "rejected.ndjson"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
const NOTED = ["--state", "state.json", "--rejected", "rejected.ndjson"];

test("sends each event once, with all its digits, and says how many", async () => {
  const long = `{"type":"llm","source":"gateway","subject":"cus_1","idempotencyKey":"long","timestamp":"2026-06-10T10:00:00Z","data":{"tokens":${LONG}}}\n`;
  const log = write("all.ndjson", lines(eventsFrom(0, 150)) + long);
  expect(await ingest(log)).toEqual({
    status: 0,
    stdout: "151 accepted, 0 rejected\n",
    stderr: "",
  });
  expect(keysOf(server.mock.events).sort()).toEqual([...keysOf(eventsFrom(0, 150)), "long"].sort());
  const { data } = server.mock.events.find(({ idempotencyKey }) => idempotencyKey === "long") ?? {};
  expect(String((data as { tokens: unknown }).tokens)).toBe(LONG);
  // A second time nothing is counted.
  expect((await ingest(log, "--format", "json")).stdout).toBe('{"accepted":151,"rejected":0}\n');
  expect(server.mock.events).toHaveLength(151);
});

test("a dry run checks every event and sends none", async () => {
  const { idempotencyKey: _key, ...keyless } = eventOf(1);
  const { timestamp: _time, ...timeless } = eventOf(2);
  const { source: _source, ...sourceless } = eventOf(3);
  const log = write(
    "dry.ndjson",
    `${lines([eventOf(0), keyless, timeless, sourceless, { ...eventOf(4), extra: 1 }])}{\n`,
  );
  const { status, stdout, stderr } = await ingest(log, "--dry-run", ...NOTED);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "1 would be sent, 5 rejected\n" });
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(/^dry\.ndjson: event 2: idempotencyKey: expected a key/),
    expect.stringMatching(/^dry\.ndjson: event 3: timestamp: expected a time/),
    expect.stringMatching(/^dry\.ndjson: event 4: source: /),
    expect.stringMatching(/^dry\.ndjson: event 5: extra: /),
    expect.stringMatching(/^dry\.ndjson: Event 5 on line 6 is not valid/),
    "",
  ]);
  expect(server.mock.requests).toEqual([]);
  expect([
    existsSync(join(folder, "state.json")),
    existsSync(join(folder, "rejected.ndjson")),
  ]).toEqual([false, false]);
});

test("a foreign log is sent with the fields that the map names", async () => {
  const log = write(
    "foreign.csv",
    "id,when,customer,tokens,path\na,2026-06-10 10:00:00,cus_1,12,/v1\nb,2026-06-10 10:00:01,cus_2,0.50,/v2\n",
  );
  const map =
    "type='llm',source='gateway',idempotencyKey=id,timestamp=when,subject=customer,data.tokens=tokens";
  expect(await ingest(log, "--utc", "--map", map)).toMatchObject({ status: 0, stderr: "" });
  expect(server.mock.events).toMatchObject([
    { type: "llm", idempotencyKey: "a", subject: "cus_1", data: { tokens: "12" } },
    { type: "llm", idempotencyKey: "b", subject: "cus_2", data: { tokens: "0.50" } },
  ]);
});

describe("rejected events", () => {
  test("are in a file with their reasons, each once and in order, and can be sent again from there", async () => {
    const log = write(
      "some.ndjson",
      `${lines([eventOf(0), eventOf(1, "unknown")])}{"type":\n${lines([eventOf(2), eventOf(3, "unknown")])}`,
    );
    const { status, stdout, stderr } = await ingest(log, ...NOTED);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "2 accepted, 3 rejected\n" });
    expect(stderr.trim().split("\n")).toHaveLength(3);
    expect(rejectedOf()).toEqual([
      { file: log, record: 2, message: expect.stringMatching(/422/), event: eventOf(1, "unknown") },
      { file: log, record: 3, line: 3, message: expect.stringMatching(/line 3/) },
      { file: log, record: 5, message: expect.stringMatching(/422/), event: eventOf(3, "unknown") },
    ]);
    const again = rejectedOf().flatMap(({ event }) => (event === undefined ? [] : [event]));
    const mended = lines(again as object[]).replaceAll("unknown", "llm");
    expect(await ingest(write("mended.ndjson", mended))).toMatchObject({ status: 0 });
    expect(keysOf(server.mock.events)).toHaveLength(4);
  });

  test("of a foreign log are in the file as they are sent, so that they can be sent again without the map", async () => {
    const log = write(
      "foreign-rejected.csv",
      "id,type,when,tokens\na,unknown,2026-06-10T10:00:00Z,12\nb,unknown,,7\n",
    );
    const map =
      "source='gateway',subject='cus_1',idempotencyKey=id,timestamp=when,data.tokens=tokens";
    const { stdout } = await ingest(log, "--map", map, ...NOTED);
    expect(stdout).toBe("0 accepted, 2 rejected\n");
    const sent = { type: "unknown", source: "gateway", subject: "cus_1" };
    expect(rejectedOf().map(({ event }) => event)).toEqual([
      { ...sent, idempotencyKey: "a", timestamp: "2026-06-10T10:00:00Z", data: { tokens: "12" } },
      { ...sent, idempotencyKey: "b", data: { tokens: "7" } },
    ]);
    const mended = rejectedOf().map(({ event }) => ({
      timestamp: "2026-06-10T10:00:01Z",
      ...(event as object),
      type: "llm",
    }));
    expect(await ingest(write("foreign-mended.ndjson", lines(mended)))).toMatchObject({
      status: 0,
      stdout: "2 accepted, 0 rejected\n",
    });
  });

  test("are none when the key is refused: the command ends, and nothing is noted as done", async () => {
    server.mock.fault({ kind: "status", status: 401, operation: "ingestEvent" });
    const log = write("refused.ndjson", lines(eventsFrom(0, 5)));
    const { status, stdout, stderr } = await ingest(log, ...NOTED);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(/refused\.ndjson: .*401/);
    expect(stderr).not.toContain("sk_test_of_ingest");
    expect(readFileSync(join(folder, "rejected.ndjson"), "utf8")).toBe("");
    expect(await ingest(log, ...NOTED)).toMatchObject({ status: 0 });
    expect(server.mock.events).toHaveLength(5);
  });

  test("are none when every event is forbidden, and are some when only some are", async () => {
    const log = write("forbidden.ndjson", lines(eventsFrom(0, 5)));
    server.mock.fault({ kind: "status", status: 403, operation: "ingestEvent", times: 5 });
    const forbidden = await ingest(log, ...NOTED);
    expect(forbidden).toMatchObject({ status: 3, stderr: expect.stringMatching(/403/) });
    expect(readFileSync(join(folder, "rejected.ndjson"), "utf8")).toBe("");
    server.mock.fault({ kind: "status", status: 403, operation: "ingestEvent" });
    expect((await ingest(log, ...NOTED)).stdout).toBe("4 accepted, 1 rejected\n");
    expect(rejectedOf()).toHaveLength(1);
  });

  test("are none when the server fails until the deadline", async () => {
    server.mock.fault({ kind: "status", status: 503, operation: "ingestEvent", times: 1_000 });
    const log = write("failing.ndjson", lines(eventsFrom(0, 5)));
    const failed = await ingest(log, "--deadline", "1", ...NOTED);
    expect(failed).toMatchObject({ status: 3, stdout: "", stderr: expect.stringMatching(/503/) });
    server.mock.reset();
    expect(await ingest(log, ...NOTED)).toMatchObject({ status: 0 });
    expect(server.mock.events).toHaveLength(5);
  });
});

describe("with a state", () => {
  test("the next run sends what the file has more, and nothing again", async () => {
    const log = write("growing.ndjson", lines(eventsFrom(0, 3)));
    await ingest(log, ...NOTED);
    const before = server.mock.requests.length;
    expect((await ingest(log, ...NOTED)).stdout).toBe("0 accepted, 0 rejected\n");
    appendFileSync(join(folder, log), lines(eventsFrom(3, 2)));
    expect((await ingest(log, ...NOTED)).stdout).toBe("2 accepted, 0 rejected\n");
    expect(server.mock.requests).toHaveLength(before + 2);
    expect(stateOf()).toMatchObject({ accepted: 5, rejected: 0 });
  });

  test("a pipe is refused, which is sent without one", async () => {
    const log = write("piped.ndjson", lines(eventsFrom(0, 3)));
    const pipe = join(folder, "log.pipe");
    const sent = async (...args: string[]) => {
      spawnSync("sh", ["-c", `rm -f ${pipe}; mkfifo ${pipe}`]);
      const writer = spawn("sh", ["-c", `cat ${log} > ${pipe}`], { cwd: folder });
      const outcome = await ingest(pipe, ...args);
      writer.kill();
      return outcome;
    };
    expect(await sent(...NOTED)).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/log\.pipe cannot be read again/),
    });
    expect(await sent()).toMatchObject({ status: 0, stdout: "3 accepted, 0 rejected\n" });
  });

  test("another file of the same name, another server and standard input are refused", async () => {
    const log = write("changing.ndjson", lines(eventsFrom(0, 3)));
    await ingest(log, ...NOTED);
    write("changing.ndjson", lines(eventsFrom(5, 3)));
    expect(await ingest(log, ...NOTED)).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(
        /not the file from which 3 events were sent according to state\.json/,
      ),
    });
    const other = spawn(
      process.execPath,
      [program, "ingest", log, "--environment", "sandbox", "--state", "state.json", "--dry-run"],
      { cwd: folder, env },
    );
    let stderr = "";
    other.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    expect(await once(other, "close")).toEqual([3, null]);
    expect(stderr).toMatch(/what was sent to http:.*not to sandbox/);
    expect(await ingest("-", ...NOTED)).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/standard input/),
    });
    expect(server.mock.events).toHaveLength(3);
  });

  test("a cut file is an error after all before its cut is sent", async () => {
    const whole = gzipSync(lines(eventsFrom(0, 3_000)));
    const log = write("cut.ndjson.gz", whole.subarray(0, whole.length - 200));
    const { status, stderr } = await ingest(log, ...NOTED, "--concurrency", "50");
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/cut\.ndjson\.gz.*cut or damaged/),
    });
    expect(stateOf().accepted).toBe(server.mock.events.length);
    expect(server.mock.events.length).toBeGreaterThan(0);
  });

  test("Ctrl-C ends it when what is on its way has its answer, and the next run goes on", async () => {
    const log = write("stopped.ndjson", lines(eventsFrom(0, 1_000)));
    const child = start(log, ...NOTED);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    while (server.mock.events.length < 150) await new Promise((go) => setTimeout(go, 5));
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
    const { accepted } = stateOf();
    expect(accepted).toBe(server.mock.events.length);
    expect(accepted).toBeLessThan(1_000);
    expect(output).toMatch(
      /^\d+ accepted, 0 rejected\nstopped; run it again with the same --state/,
    );
    const before = server.mock.requests.length;
    expect(await ingest(log, ...NOTED)).toMatchObject({ status: 0 });
    // What was answered is not sent a second time.
    expect(server.mock.requests.length - before).toBe(1_000 - accepted);
    expect(server.mock.events).toHaveLength(1_000);
  });

  test(`killed ${KILLS} times, each event is counted once and each rejection is noted once`, async () => {
    await server.close();
    server = await startMockServer({
      costs: [COST],
      faults: [
        { kind: "status", status: 503, operation: "ingestEvent", rate: 0.01, seed: 1 },
        { kind: "cut-connection", carriedOut: true, operation: "ingestEvent", rate: 0.01, seed: 2 },
      ],
    });
    const bad = [150, 151, 700, 2_350];
    const all = eventsFrom(0, 3_000).map((event, n) =>
      bad.includes(n) ? { ...event, type: "unknown" } : event,
    );
    const logs = [
      write("first.ndjson", `${lines(all.slice(0, 100))}{"type":\n${lines(all.slice(100, 1_800))}`),
      write("second.json.gz", gzipSync(JSON.stringify(all.slice(1_800)))),
    ];
    for (let life = 0; life < KILLS; life++) {
      // From before the first request up to beyond two writes of the state.
      const atMost = server.mock.requests.length + Math.floor((life * 37) % 260);
      const child = start(...logs, ...NOTED);
      const closed = once(child, "close");
      await Promise.race([
        closed,
        (async () => {
          await once(child, "spawn");
          while (server.mock.requests.length < atMost && child.exitCode === null)
            await new Promise((go) => setTimeout(go, 2));
        })(),
      ]);
      child.kill("SIGKILL");
      const [, signal] = await closed;
      expect(signal, "the log is too short for so many kills").toBe("SIGKILL");
    }
    expect((await ingest(...logs, ...NOTED)).status).toBeLessThan(2);
    const good = all.filter(({ type }) => type === "llm");
    expect(keysOf(server.mock.events).sort()).toEqual(keysOf(good).sort());
    expect(server.mock.requests.length).toBeGreaterThan(all.length);
    expect(stateOf()).toMatchObject({ accepted: good.length, rejected: bad.length + 1 });
    expect(rejectedOf().map(({ file, record }) => [file, record])).toEqual([
      ["first.ndjson", 101],
      ["first.ndjson", 152],
      ["first.ndjson", 153],
      ["first.ndjson", 702],
      ["second.json.gz", 551],
    ]);
  });
});
