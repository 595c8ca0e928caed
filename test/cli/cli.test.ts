import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { linkSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createMockKontorion } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import { reportCosts, summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { root } from "../package/fixture.ts";
import { installPackage, NODES } from "./installed.ts";

const { call, env, folder, npx, program, write } = installPackage();

const KONTORION_KEY = `sk_test_${"0123456789abcdef".repeat(4)}`;
const LONG = "123456789012345678901234567890";
const COST = {
  id: "cst_tokens",
  name: "Tokens",
  aggregation: "SUM",
  eventType: "llm",
  valueProperty: "$.tokens",
  unitCost: "0.0000025",
  currency: "USD",
  groupBy: { model: "$.model" },
} as const;
const time = (day: number): string => `2026-06-${String(day).padStart(2, "0")}T12:00:00Z`;
const EVENTS = [
  {
    type: "llm",
    timestamp: time(1),
    subject: "cus_1",
    idempotencyKey: "a",
    data: { model: "atlas", tokens: "1000000.5" },
  },
  {
    type: "llm",
    timestamp: time(2),
    subject: "cus_2",
    idempotencyKey: "b",
    data: { model: "muse", tokens: "20" },
  },
  {
    type: "llm",
    timestamp: time(2),
    subject: "cus_1",
    idempotencyKey: "b",
    data: { model: "muse", tokens: "20" },
  },
  { type: "image", timestamp: time(3), subject: "cus_1", data: {} },
];
const lines = (events: readonly object[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");
const log = write("log.ndjson", lines(EVENTS));
const MANY = lines(Array.from({ length: 20_000 }, () => EVENTS[0] as object));
const many = write("many.ndjson", MANY);
const cost = write("cost.json", JSON.stringify(COST));
const QUERY = ["--cost", cost, "--month", "2026-06", "--group-by", "model", "--window", "DAY"];
const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;
const local = summarizeCost(COST, EVENTS, { ...june, groupBy: ["model"], window: "DAY" });
const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Runs a command to its end while this process, which holds the server, goes on. */
async function runLive(
  ...args: string[]
): Promise<{ readonly status: unknown; readonly output: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...env, PAYGENTIC_API_KEY: "sk_secret_of_live", KONTORION_API_KEY: KONTORION_KEY },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const [status] = await once(child, "close");
  return { status, output };
}

describe.each(NODES)("on Node %s", (version, node) => {
  test("is that Node, and summary says what the library says", () => {
    expect(call(["--version"], { node }).stdout).toBe("0.1.0\n");
    const { stdout, stderr, status } = call(["summary", log, ...QUERY, "--format", "json"], {
      node,
    });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toBe(asJson(local));
    const printed = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout;
    expect(printed).toMatch(new RegExp(`^v${version}\\.`));
  });

  test("reads every kind of file in one call, standard input among them", () => {
    const first = write("first.json.gz", gzipSync(JSON.stringify(EVENTS.slice(0, 1))));
    const second = write(
      "second.csv",
      `type,timestamp,subject,idempotencyKey,data.model,data.tokens\nllm,${time(2)},cus_2,b,muse,20\n`,
    );
    const call_ = call(["summary", first, second, "-", ...QUERY, "--format", "json"], {
      node,
      input: lines(EVENTS.slice(2)),
    });
    expect(call_.stderr).toBe("");
    expect(call_.stdout).toBe(asJson(local));
  });

  test("ends with 3 and no stack for a usage or a file that is wrong", () => {
    for (const [args, message] of [
      [["summry"], /unknown command 'summry'/],
      [["summary", log], /no cost: pass --cost FILE, or --aggregation, --event-type, --unit-cost/],
      [
        ["summary", log, "--aggregation", "COUNT"],
        /no cost: pass --cost FILE, or also --event-type, --unit-cost/,
      ],
      [["summary", log, "--cost", cost], /no range: pass --month/],
      [["summary", log, "--cost", cost, "--month", "2026-13"], /--month: expected a month/],
      [["summary", log, "--cost", cost, "--month", "2026-06", "--group-by", "modle"], /modle/],
      [["summary", "none.ndjson", ...QUERY], /none\.ndjson: there is no such file or folder/],
      [["summary", ".", ...QUERY], /\. cannot be read: expected a file, but it is a folder/],
      [["summary", "none-*.ndjson", ...QUERY], /no file matches none-\*\.ndjson/],
      [["summary", write("broken.json", "[{}"), ...QUERY], /broken\.json/],
      [
        ["summary", write("broken.ndjson", '{"type":"llm"}\n{'), ...QUERY],
        /broken\.ndjson: Event 0 on line 1/,
      ],
      [
        ["summary", log, "--cost", write("bad-cost.json", "{"), "--month", "2026-06"],
        /bad-cost\.json: expected JSON/,
      ],
      ...(["latin1", "utf16le"] as const).map((encoding): [string[], RegExp] => [
        [
          ...["summary", log, "--month", "2026-06", "--cost"],
          write(`${encoding}.json`, Buffer.from(`\ufeff{"eventType":"Zürich"}`, encoding)),
        ],
        new RegExp(`${encoding}\\.json: expected JSON in UTF-8`),
      ]),
    ] as const) {
      const { stdout, stderr, status } = call(args, { node });
      expect({ args, status, stdout }).toEqual({ args, status: 3, stdout: "" });
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });
});

describe("summary says on standard error what its total does not show", () => {
  const warningsOf = (content: string, ...args: string[]): string => {
    const { status, stdout, stderr } = call([
      "summary",
      write("w.csv", content),
      ...QUERY,
      ...args,
    ]);
    expect({ status, isSummary: stdout.includes("cost, USD") }).toEqual({
      status: 0,
      isSummary: true,
    });
    return stderr;
  };
  const header = "type,timestamp,data.tokens\n";

  test("nothing where every event counts, or is of another type", () => {
    const content = `${header}llm,${time(1)},7\nimage,${time(1)},x\n`;
    expect(warningsOf(content)).toBe("");
    expect(warningsOf(content, "--threads", "2")).toBe("");
  });

  test("that the log is empty, or that no event counts", () => {
    expect(warningsOf("")).toBe("no events: the log is empty\n");
    expect(warningsOf(header)).toBe("no events: the log is empty\n");
    expect(warningsOf(`${header}LLM,${time(1)},7\n`)).toBe(
      "0 of 1 event counted: explain --only-problems, with the same files, cost and query, says why\n",
    );
    expect(warningsOf(`${header}llm,${time(1)},7\n`, "--subject", "none")).toMatch(/^0 of 1 event/);
  });

  test("that events have no number, or no time", () => {
    expect(warningsOf(`${header}llm,${time(1)},"1,200"\nllm,${time(1)},\nllm,${time(1)},7\n`)).toBe(
      "2 of 3 events counted for nothing, without a number at $.tokens: explain --only-problems, with the same files, cost and query, says why\n",
    );
    expect(warningsOf(`${header}llm,,7\nllm,${time(1)},7\n`)).toBe(
      "1 of 2 events without a timestamp, taken to be of now\n",
    );
  });
});

test("npx finds it", () => {
  expect(npx(["--version"])).toMatchObject({ status: 0, stdout: "0.1.0\n" });
  expect(npx(["summary", log, ...QUERY, "--format", "json"]).stdout).toBe(asJson(local));
});

test("every command has two examples in its help", () => {
  const { stdout } = call(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) \[?/gm)].map(([, name = ""]) => name);
  const named = commands.filter((name) => name !== "help");
  expect(named).toEqual([
    ...[
      "summary",
      "report",
      "reconcile",
      "explain",
      "ingest",
      "costs",
      "profitability",
      "kontorion",
      "mock",
      "completion",
    ],
  ]);
  for (const name of named) {
    const help = call([name, "--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect([...help.stdout.matchAll(/^ {2}\$ /gm)].length, name).toBeGreaterThanOrEqual(2);
  }
});

describe("summary", () => {
  test("aligns amounts at their points", () => {
    expect(call(["summary", log, ...QUERY]).stdout).toBe(
      [
        "        quantity   cost, USD",
        "total  1000020.5  2.50005125",
        "",
        "model   quantity   cost, USD",
        "atlas  1000000.5  2.50000125",
        "muse        20    0.00005",
        "",
        "window                     quantity   cost, USD",
        "2026-06-01T00:00:00.000Z  1000000.5  2.50000125",
        "2026-06-02T00:00:00.000Z       20    0.00005",
        "",
      ].join("\n"),
    );
  });

  test("writes CSV and Markdown, and a file", () => {
    expect(call(["summary", log, ...QUERY, "--format", "csv"]).stdout).toBe(
      [
        "row,model,windowStart,quantity,cost",
        "total,,,1000020.5,2.50005125",
        "group,atlas,,1000000.5,2.50000125",
        "group,muse,,20,0.00005",
        "window,,2026-06-01T00:00:00.000Z,1000000.5,2.50000125",
        "window,,2026-06-02T00:00:00.000Z,20,0.00005",
        "",
      ].join("\r\n"),
    );
    const markdown = call([
      "summary",
      log,
      ...QUERY,
      "--format",
      "markdown",
      "--output",
      "summary.md",
    ]);
    expect(markdown).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(folder, "summary.md"), "utf8")).toContain(
      "| atlas | 1000000.5 | 2.50000125 |",
    );
  });

  test("does not write its result over a file that it reads", () => {
    const kept = write("kept.ndjson", lines(EVENTS));
    linkSync(join(folder, kept), join(folder, "link.ndjson"));
    const query = ["--cost", write("kept.json", JSON.stringify(COST)), "--month", "2026-06"];
    for (const [file, output] of [
      [kept, "kept.ndjson"],
      [kept, "link.ndjson"],
      ["kept.nd*", "./kept.ndjson"],
      [log, "kept.json"],
    ] as const) {
      const { status, stdout, stderr } = call(["summary", file, ...query, "--output", output]);
      expect({ status, stdout }, output).toEqual({ status: 3, stdout: "" });
      expect(stderr).toMatch(/--output: expected a file that is not read: .* would be overwritten/);
    }
    expect(readFileSync(join(folder, kept), "utf8")).toBe(lines(EVENTS));
    const created = call(["costs", "create", "kept.json", "--output", "kept.json"]);
    expect(created.stderr).toMatch(/kept\.json would be overwritten/);
    // A result may be written again, whatever its file is called.
    for (const output of ["new.txt", "csv"]) {
      const args = ["summary", kept, ...query, "--format", "csv", "--output", output];
      expect([call(args).status, call(args).status], output).toEqual([0, 0]);
    }
  });

  test("takes a cost in options, a subject, filters and no deduplication", () => {
    const options = ["--aggregation", "SUM", "--event-type", "llm", "--value", "$.tokens"];
    const { stdout } = call([
      ...["summary", log, ...options, "--unit-cost", "1", "--dimension", "model=$.model"],
      ...["--from", "2026-06-02", "--to", "2026-06-03", "--subject", "cus_1", "--no-deduplicate"],
      ...["--filter", "model=muse", "--filter", "model=other", "--format", "json"],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ totalQuantity: "20", totalCost: "20" });
  });

  test("keeps numbers of 30 digits from a log and from the cost", () => {
    const long = write(
      "long.ndjson",
      `{"type":"llm","timestamp":"${time(1)}","data":{"tokens":${LONG}}}\n`,
    );
    const exact = write(
      "exact.json",
      JSON.stringify({ ...COST }).replace('"0.0000025"', `0.${LONG}`),
    );
    const { stdout } = call([
      "summary",
      long,
      "--cost",
      exact,
      "--month",
      "2026-06",
      "--format",
      "json",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      totalQuantity: LONG,
      unitCost: `0.${LONG.replace(/0+$/, "")}`,
    });
  });

  test("leaves invalid events out only when it is told to, and says which", () => {
    const mixed = write("mixed.ndjson", `${lines(EVENTS)}{"type":7}\nno JSON\n`);
    expect(call(["summary", mixed, ...QUERY])).toMatchObject({ status: 3, stdout: "" });
    const skipped = call(["summary", mixed, ...QUERY, "--skip-invalid", "--format", "json"]);
    expect(skipped).toMatchObject({ status: 0, stdout: asJson(local) });
    expect(skipped.stderr).toMatch(
      /mixed\.ndjson: Event 4 on line 5 .*\n.*line 6.*\n2 invalid events were left out\n$/,
    );
  });

  test("gives the same with any number of threads, duplicates across their parts included", () => {
    const events = Array.from({ length: 300 }, (_, n) => ({
      ...{ type: "llm", timestamp: time(1 + (n % 28)), idempotencyKey: `key-${n % 170}` },
      data: { model: n % 3 === 0 ? "atlas" : "muse", tokens: `${n}.5` },
    }));
    const files = [
      write("part.ndjson", lines(events.slice(0, 200))),
      write("part.json.gz", gzipSync(JSON.stringify(events.slice(200)))),
    ];
    const expected = asJson(
      summarizeCost(COST, events, { ...june, groupBy: ["model"], window: "DAY" }),
    );
    for (const threads of [1, 2, 3, 8]) {
      const args = ["summary", ...files, ...QUERY, "--format", "json", "--threads", `${threads}`];
      expect(call(args), `${threads} threads`).toEqual({ status: 0, stderr: "", stdout: expected });
    }
    const broken = write("part-broken.ndjson", `${lines(events)}{"type":7}\n${lines(events)}`);
    expect(call(["summary", broken, ...QUERY, "--threads", "3"])).toMatchObject({
      ...{ status: 3, stdout: "" },
      stderr: expect.stringMatching(/part-broken\.ndjson: Event 300 on line 301/),
    });
    const skipped = ["summary", broken, ...QUERY, "--threads", "3", "--skip-invalid"];
    expect(call(skipped)).toMatchObject({
      status: 0,
      stdout: call(["summary", files[0] as string, files[1] as string, ...QUERY]).stdout,
    });
  });

  test("control characters of a log reach no terminal", () => {
    const event = {
      type: "llm",
      timestamp: time(1),
      data: { model: "\u001b[31mred\u0007", tokens: "1" },
    };
    const { stdout } = call(["summary", write("control.ndjson", lines([event])), ...QUERY]);
    expect(stdout).toContain("\\u001b[31mred\\u0007");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  test("the name of a dimension is text in a page, whatever is in it", () => {
    const named = ["--dimension", "a$&b=$.model", "--group-by", "a$&b", "--format", "html"];
    const page = call(["summary", log, "--cost", cost, "--month", "2026-06", ...named]).stdout;
    expect(page).toContain('<svg role="img" aria-label="Cost by a$&#38;b" ');
    expect(page.match(/<svg /g)).toHaveLength(1);
  });

  test("takes the fields of every --map", () => {
    const foreign = write("foreign.csv", `at,model,tokens\n${time(1)},atlas,7\n`);
    const maps = ["type='llm'", "timestamp=at", "data.model=model,data.tokens=tokens"];
    const { stdout } = call([
      ...["summary", foreign, ...maps.flatMap((map) => ["--map", map])],
      ...[...QUERY, "--format", "csv"],
    ]);
    expect(stdout).toContain("group,atlas,,7,");
  });

  test("a pattern in quotes names files", () => {
    write("logs/1.ndjson", lines(EVENTS.slice(0, 2)));
    write("logs/2.ndjson", lines(EVENTS.slice(2)));
    expect(call(["summary", "logs/*.ndjson", ...QUERY, "--format", "json"]).stdout).toBe(
      asJson(local),
    );
  });

  test("gives the totals of the README of two production traces, in one command", () => {
    const data = join(root, "../shared/data/azure-llm-inference-2023");
    const sums = (column: string, ...traces: string[]): unknown =>
      JSON.parse(
        call([
          ...["summary", ...traces.map((name) => join(data, `${name}.csv`)), "--utc"],
          ...[
            "--map",
            `type='llm',timestamp=TIMESTAMP,data.tokens=${column}`,
            "--aggregation",
            "SUM",
          ],
          ...["--event-type", "llm", "--value", "$.tokens", "--unit-cost", "1", "--format", "json"],
          ...["--from", "2023-11-16", "--to", "2023-11-18"],
        ]).stdout,
      ).totalQuantity;
    expect(sums("ContextTokens", "code")).toBe("18059974");
    expect(sums("GeneratedTokens", "code")).toBe("245896");
    expect(sums("ContextTokens", "conv")).toBe("22361870");
    expect(sums("GeneratedTokens", "conv")).toBe("4088665");
    expect(sums("ContextTokens", "code", "conv")).toBe(String(18059974 + 22361870));
  });
});

describe("report", () => {
  const costs = write("costs.json", JSON.stringify({ object: "list", data: [COST] }));
  const range = ["--costs", costs, "--month", "2026-06"];

  test("says what the library says, by customer, with the period before", () => {
    const expected = reportCosts([COST], EVENTS, {
      ...june,
      groupBy: "customer",
      comparePriorPeriod: true,
      limit: 100,
    });
    const args = ["report", log, ...range, "--group-by", "customer", "--prior"];
    expect(call([...args, "--format", "json"])).toEqual({
      status: 0,
      stderr: "",
      stdout: asJson(expected),
    });
    expect(call([...args, "--format", "csv"]).stdout.split("\r\n")[1]).toMatch(
      /^cus_1,cus_1,1000000\.5,.*,2\.50000125,100\.00,/,
    );
    expect(call(args).stdout).toContain("cus_2");
  });

  test("by a dimension of the one cost", () => {
    const { stdout } = call(["report", log, ...range, "--group-by", "model", "--format", "json"]);
    expect(JSON.parse(stdout).groups.map(({ key }: { key: string }) => key)).toEqual([
      "atlas",
      "muse",
    ]);
  });

  test("names as many customers as it is told to, from one log or several, and filters by several values", () => {
    const events = Array.from({ length: 150 }, (_, n) => ({
      ...{ type: "llm", timestamp: time(1), subject: `cus_${n}` },
      data: { model: ["atlas", "muse", "lyra"][n % 3], tokens: `${n}` },
    }));
    const whole = write("customers.ndjson", lines(events));
    const halves = [
      write("customers-1.ndjson", lines(events.slice(0, 70))),
      write("customers-2.ndjson", lines(events.slice(70))),
    ];
    const args = [...range, "--group-by", "customer", "--top", "149", "--format", "json"];
    const { status, stderr, stdout } = call(["report", whole, ...args]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(call(["report", ...halves, ...args]).stdout).toBe(stdout);
    expect(JSON.parse(stdout).groups).toHaveLength(150);
    const filters = ["--filter", "model=atlas", "--filter", "model=muse"];
    expect(JSON.parse(call(["report", whole, ...args, ...filters]).stdout).groups).toHaveLength(
      100,
    );
    const bySubject = [
      "summary",
      whole,
      "--cost",
      cost,
      "--month",
      "2026-06",
      "--group-by",
      "$subject",
    ];
    expect(JSON.parse(call([...bySubject, "--format", "json"]).stdout).groups).toHaveLength(150);
    expect(call([...bySubject, "--format", "csv", "--threads", "2"]).stdout).toContain(
      "group,cus_149,",
    );
  });

  test("as CSV has its windows as rows, and says on standard error what was left out", () => {
    const two = write(
      "two.json",
      JSON.stringify([COST, { ...COST, id: "cst_old", eventType: null }]),
    );
    const args = ["report", log, "--costs", two, "--month", "2026-06", "--format", "csv"];
    const { stdout, stderr } = call([...args, "--window-size", "DAY", "--prior"]);
    expect(stderr).toMatch(/^cst_old is left out: it lacks an eventType.*\n$/);
    expect(stdout).toBe(
      [
        'cost,name,quantity,unit,"cost, USD","share, %",prior cost,"change, %",windowStart',
        "cst_tokens,Tokens,1000020.5,,2.50005125,100.00,0,none,",
        "cst_tokens,,,,2.50000125,,,,2026-06-01T00:00:00.000Z",
        "cst_tokens,,,,0.00005,,,,2026-06-02T00:00:00.000Z",
        "",
      ].join("\r\n"),
    );
  });

  test("says on standard error that the log is empty, or that nothing of it has a quantity", () => {
    const header = "type,timestamp,data.tokens\n";
    const reports = (name: string, content: string) =>
      call(["report", write(name, content), ...range]);
    const empty = { status: 0, stderr: "no events: the log is empty\n" };
    expect(reports("none.ndjson", "")).toMatchObject(empty);
    expect(reports("none.csv", header)).toMatchObject(empty);
    const without = {
      status: 0,
      stderr:
        "1 event, and no quantity: explain --only-problems, with one of the costs, says why\n",
    };
    expect(reports("w.csv", `${header}llm,${time(1)},"1,200"\n`)).toMatchObject(without);
    expect(reports("w.ndjson", lines([{ ...EVENTS[0], type: "LLM" }]))).toMatchObject(without);
  });

  test("needs its costs, their ids, and one of them for a dimension", () => {
    const { id: _, ...nameless } = COST;
    const one = write("one.json", JSON.stringify(nameless));
    const both = write("both.json", JSON.stringify([COST, { ...COST, id: "cst_2" }]));
    const june = ["report", log, "--month", "2026-06"];
    for (const [args, message] of [
      [[], /--costs/],
      [["--costs", one], /one\.json: expected an id of every cost/],
      [["--costs", one, "--group-by", "model"], /one\.json: expected an id of every cost/],
      [["--costs", both, "--group-by", "model"], /model may be a dimension .* both\.json has 2/],
    ] as const) {
      const { status, stderr } = call([...june, ...args]);
      expect({ args, status }).toEqual({ args, status: 3 });
      expect(stderr).toMatch(message);
    }
    expect(call([...june, "--costs", one, "--group-by", "customer"])).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});

describe("reconcile", () => {
  const reconcile = (server: object, ...more: string[]) =>
    call([
      "reconcile",
      log,
      ...QUERY,
      "--server",
      write("server.json", JSON.stringify(server)),
      ...more,
    ]);

  test("ends with 0 where the server says the same, as our own output has it or as the API does", () => {
    expect(reconcile(local)).toMatchObject({ status: 0, stderr: "" });
    const api = JSON.parse(JSON.stringify(local));
    expect(reconcile({ ...api, totalCost: Number(api.totalCost) }).status).toBe(0);
    expect(JSON.parse(reconcile(local, "--format", "json").stdout)).toMatchObject({
      verdict: "equal",
    });
  });

  test("says on standard error that the server's currency is another one, where the text is in a file", () => {
    const api = { ...JSON.parse(JSON.stringify(local)), currency: "EUR" };
    const note = `The response's currency is "EUR", the cost's "USD".\n`;
    const stdout = expect.stringContaining(note);
    expect(reconcile(api)).toMatchObject({ status: 1, stderr: "", stdout });
    expect(reconcile(api, "--format", "csv")).toMatchObject({ status: 1, stderr: note });
    expect(reconcile(api, "--output", "euro.txt")).toMatchObject({ status: 1, stderr: note });
  });

  test("ends with 1 and names the cause where an event is missing", () => {
    const without = summarizeCost(COST, EVENTS.slice(1), {
      ...june,
      groupBy: ["model"],
      window: "DAY",
    });
    const { status, stdout } = reconcile(without);
    expect(status).toBe(1);
    expect(stdout).toMatch(/explained/i);
    const [row = ""] = reconcile(without, "--format", "csv").stdout.split("\r\n").slice(1);
    expect(row).toMatch(/^explained,[a-z-]+,total,/);
  });

  test("ends with 2 where the server has no total", () => {
    expect(
      reconcile({ ...JSON.parse(JSON.stringify(local)), totalCost: null, totalQuantity: null })
        .status,
    ).toBe(2);
  });

  test.each(["ndjson", "json"])(
    "refuses an invalid event of a file of %s, unless it is to be left out",
    (kind) => {
      const events = [...EVENTS, { type: 7 }];
      const text = kind === "json" ? JSON.stringify(events) : lines(events);
      const server = write("server.json", JSON.stringify(local));
      const mixed = ["reconcile", write(`mixed.${kind}`, text), ...QUERY, "--server", server];
      expect(call(mixed)).toMatchObject({
        status: 3,
        stdout: "",
        stderr: expect.stringMatching(/type/),
      });
      const skipped = call([...mixed, "--skip-invalid"]);
      expect(skipped).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/1 invalid event/),
      });
    },
  );

  test("ends with 3 where there is nothing to compare with", () => {
    expect(call(["reconcile", log, ...QUERY])).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/pass either --server FILE/),
    });
    expect(
      call(["reconcile", log, ...QUERY, "--live"], { env: { PAYGENTIC_API_KEY: "" } }).status,
    ).toBe(3);
  });

  test("asks a live server, and never shows the key", async () => {
    const { url, close } = await startMockServer({
      costs: [{ ...COST, type: "metered", productId: "prod_1" }],
      events: EVENTS.map((event) => ({ ...event, source: "urn:test" })),
    });
    try {
      const same = await runLive("reconcile", log, ...QUERY, "--live", "--base-url", url);
      expect(same.status, same.output).toBe(0);
    } finally {
      await close();
    }
    const down = await runLive("reconcile", log, ...QUERY, "--live", "--base-url", url);
    expect(down.status).toBe(3);
    expect(down.output).not.toContain("sk_secret");
  });
});

describe("explain", () => {
  const input = `${lines(EVENTS)}{"type":7,"data":{}}\n${lines([{ ...EVENTS[0], idempotencyKey: "c", data: { model: "atlas", token: 1 } }])}`;

  test("says of each event of standard input whether it counts", () => {
    const { stdout, stderr, status } = call(["explain", "--cost", cost], { input });
    expect(status).toBe(0);
    expect(stdout.split("\n").map((line) => line.slice(0, 10))).toEqual([
      "1  counts ",
      "2  counts ",
      "3  problem",
      "4  problem",
      "5  problem",
      "6  problem",
      "",
    ]);
    expect(stderr).toBe("6 events: 2 count, 4 do not\n");
  });

  test("has no duplicates where keys are not to be deduplicated", () => {
    const { stdout } = call(["explain", "--cost", cost, "--no-deduplicate"], { input });
    expect(stdout).toMatch(/^3 {2}counts /m);
  });

  test("names the file of each event where there are several", () => {
    const one = write("explain-1.ndjson", lines(EVENTS.slice(0, 2)));
    const other = write("explain-2.ndjson", `${lines(EVENTS.slice(2))}{"type":7}\n`);
    const explain = (...args: string[]) =>
      call(["explain", "--cost", cost, "--only-problems", one, other, ...args])
        .stdout.trim()
        .split("\n");
    expect(explain().map((line) => line.slice(0, 29))).toEqual([
      "explain-2.ndjson: 1  problem ",
      "explain-2.ndjson: 2  problem ",
      "explain-2.ndjson: 3  problem ",
    ]);
    expect(explain("--format", "json").map((line) => JSON.parse(line))).toMatchObject([
      { file: other, event: 1, reason: "duplicate" },
      { file: other, event: 2, reason: "other-type" },
      { file: other, event: 3, reason: "invalid" },
    ]);
  });

  test("leaves out what counts with --only-problems, and writes JSON lines", () => {
    const { stdout } = call(["explain", "--cost", cost, "--only-problems", "--format", "json"], {
      input,
    });
    const said = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(said.map(({ event, reason }) => [event, reason])).toEqual([
      [3, "duplicate"],
      [4, "other-type"],
      [5, "invalid"],
      [6, "no-value"],
    ]);
    expect(said[3].message).toContain("$.token");
  });
});

test("costs creates, lists, changes, gets and deletes", async () => {
  const { url, mock, close } = await startMockServer();
  try {
    const costs = (...args: string[]) => runLive("costs", ...args, "--base-url", url);
    const { id: _, ...params } = { ...COST, type: "metered", productId: "prod_1" };
    const created = await costs(
      "create",
      write("create.json", JSON.stringify(params)),
      "--format",
      "json",
    );
    expect(created.status, created.output).toBe(0);
    const { id } = JSON.parse(created.output);
    const raised = write("update.json", `{ "unitCost": 0.${LONG} }`);
    expect(await costs("update", id, raised)).toMatchObject({ status: 0 });
    const read = await costs("get", id, "--format", "json");
    expect(JSON.parse(read.output)).toMatchObject({ id, unitCost: `0.${LONG.replace(/0+$/, "")}` });
    const list = await costs("list", "--format", "csv");
    expect(list.output.split("\r\n")[1]).toMatch(
      `${id},Tokens,SUM,llm,$.tokens,model,0.${LONG.slice(0, 20)}`,
    );
    expect(await costs("delete", id)).toEqual({ status: 0, output: "" });
    expect(mock.costs[0]?.deletedAt).toBeInstanceOf(Date);
    const missing = await costs("get", id);
    expect(missing.status).toBe(3);
    expect(missing.output).toMatch(/404/);
    const refused = await costs("create", write("refused.json", '{ "name": 7 }'));
    expect(refused).toMatchObject({ status: 3, output: expect.stringMatching(/unitCost/) });
  } finally {
    await close();
  }
});

test("profitability shows each customer", async () => {
  const row = {
    customerId: "cus_1",
    customerName: "Acme",
    netRevenue: 10.5,
    totalCost: 2.25,
    profit: 8.25,
    marginPct: 78.57,
    trend: null,
  };
  const body = { object: "profitability_summary", currency: "USD", rows: [row] };
  const asked: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const base = ["--base-url", `http://127.0.0.1:${port}`];
  const args = [
    "profitability",
    "--merchant",
    "org_1",
    "--month",
    "2026-06",
    "--top",
    "5",
    ...base,
  ];
  const { status, output } = await runLive(...args, "--format", "csv");
  const low = await runLive(...args, "--min-margin", "78.58");
  const high = await runLive(...args, "--min-margin", "78.57");
  server.close();
  expect(low).toMatchObject({
    status: 1,
    output: expect.stringMatching(/^cus_1 Acme: margin 78\.57 %$/m),
  });
  expect(high.status).toBe(0);
  expect(status, output).toBe(0);
  expect(output.split("\r\n")[1]).toBe("cus_1,Acme,10.5,2.25,8.25,78.57");
  expect(new URL(asked[0] ?? "", "http://x").searchParams.get("topN")).toBe("5");
});

describe("kontorion", () => {
  const id = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d";
  const versions = [
    { version: 1, effective_from: "2026-01-01T00:00:00Z", effective_to: "2026-06-20T00:00:00Z" },
    { version: 2, effective_from: "2026-07-01T00:00:00Z" },
    { version: 3, status: "draft" },
  ];

  test("timeline draws the versions of a cost with their gaps", async () => {
    const mock = createMockKontorion({ costs: [{ id, key: "gpu_hour", versions }] });
    const { url, close } = await startMockServer({ mock });
    try {
      const timeline = (...args: string[]) =>
        runLive("kontorion", "timeline", ...args, "--base-url", `${url}/v1`);
      const drawn = await timeline(id);
      expect(drawn.status, drawn.output).toBe(0);
      expect(drawn.output).toBe(
        [
          "v1  |=======================================         | 2026-01-01 to 2026-06-20",
          "gap |                                       ...      | 2026-06-20 to 2026-07-01",
          "v2  |                                          ======| 2026-07-01 to (open)",
          "drafts: v3",
          "",
        ].join("\n"),
      );
      const csv = await timeline(id, "--to", "2026-08-01T00:00:00Z", "--format", "csv");
      expect(csv.output.split("\r\n").slice(0, 3)).toEqual([
        "kind,version,from,to",
        "period,1,2026-01-01T00:00:00.000Z,2026-06-20T00:00:00.000Z",
        "period,2,2026-07-01T00:00:00.000Z,2026-08-01T00:00:00.000Z",
      ]);
      const json = JSON.parse((await timeline(id, "--format", "json")).output);
      expect(json).toMatchObject({ gaps: [{ from: "2026-06-20T00:00:00.000Z" }], drafts: [3] });
      const page = (await timeline(id, "--format", "html")).output;
      expect(page).toContain("<title>Timeline of a cost&#39;s versions</title>");
      expect(page).toMatch(/<figure><svg [^<]*>[\s\S]*fill="#c43d3d"/);
      expect(page).not.toContain("<pre>");
      expect(mock.requests.map(({ operation }) => operation)).toContain("listCostVersions");
      const missing = await timeline("ffffffff-4f50-4a6b-8c7d-9e0f1a2b3c4d");
      expect(missing).toMatchObject({
        status: 3,
        output: expect.stringMatching(/There is no cost/),
      });
      const refused = await timeline("gpu_hour");
      expect(refused).toMatchObject({
        status: 3,
        output: expect.stringMatching(/nothing was sent/),
      });
      expect(missing.output + refused.output).not.toContain(KONTORION_KEY);
    } finally {
      await close();
    }
  });
});

test("mock serves its seed until it is stopped", async () => {
  const seed = write(
    "seed.json",
    JSON.stringify([{ ...COST, type: "metered", productId: "prod_1" }]),
  );
  const child = spawn(process.execPath, [program, "mock", "--port", "0", "--seed", seed], {
    cwd: folder,
    env,
  });
  const [chunk] = await once(child.stdout, "data");
  const url = String(chunk).trim();
  const response = await fetch(`${url}/v0/costs`, {
    headers: { authorization: "Bearer sk_test_1" },
  });
  expect(await response.json()).toMatchObject({
    data: [{ id: "cst_tokens", unitCost: "0.0000025" }],
  });
  child.kill("SIGINT");
  expect(await once(child, "close")).toEqual([0, null]);
});

test("the mock for any language does what its guide says", async () => {
  const guide = readFileSync(join(root, "docs/guides/testing-any-language.md"), "utf8");
  const blocks = [...guide.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, code = ""]) => code);
  const [files = "", command = ""] = (blocks[0] ?? "").split("npx metered-costs ");
  spawnSync("sh", ["-c", files], { cwd: folder });
  const args = command.trim().replace("4010", "0").split(" ");
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env });
  try {
    const [url] = await once(child.stdout, "data");
    const calls = (blocks.at(-1) ?? "").replaceAll("http://127.0.0.1:4010", String(url).trim());
    const { stdout } = spawnSync("sh", ["-c", calls], { encoding: "utf8" });
    expect(stdout).toContain('"totalCost":0.0005,"totalQuantity":200');
    expect(stdout.match(/"id":"evt_\d+"/g)).toEqual(['"id":"evt_1"', '"id":"evt_1"']);
  } finally {
    child.kill();
  }
});

test("a reader that ends early is no failure", async () => {
  const child = spawn(
    "sh",
    ["-c", `"${process.execPath}" "${program}" explain --cost cost.json ${many} | head -n 1`],
    {
      cwd: folder,
      env,
    },
  );
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(stderr).not.toMatch(/EPIPE|Error/);
});

test("a bill is not said to differ where the result or a message cannot be written", () => {
  const server = write("equal.json", JSON.stringify(local));
  const command = ["reconcile", log, ...QUERY, "--server", server].join(" ");
  const statusOf = (shell: string) => {
    const script = `exec "${process.execPath}" "${program}" ${shell}`;
    const { status, stderr } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
    return { status, stderr };
  };
  expect(statusOf(command)).toEqual({ status: 0, stderr: "" });
  expect(statusOf(`${command} > /dev/full`)).toEqual({
    status: 3,
    stderr: "metered-costs: ENOSPC: no space left on device, write\n",
  });
  expect(statusOf("summary none.csv 2> /dev/full").status).toBe(3);
});

test("Ctrl-C ends a command with 130 and nothing on standard output", async () => {
  const child = spawn(process.execPath, [program, "summary", "-", ...QUERY], { cwd: folder, env });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  // More than a pipe holds: when it is written, the command is reading, as long as nothing ends the input.
  await new Promise((resolve) => child.stdin.write(MANY, resolve));
  child.kill("SIGINT");
  expect(await once(child, "close")).toEqual([130, null]);
  expect(output).toBe("");
});

test("progress is on standard error, where that is a terminal", () => {
  const { stdout } = spawnSync(
    "script",
    [
      "-qec",
      `"${process.execPath}" "${program}" explain ${many} --cost cost.json >explained.txt`,
      "/dev/null",
    ],
    { cwd: folder, env, encoding: "utf8" },
  );
  expect(stdout).toContain("20000 events: ");
  expect(stdout).toMatch(/\rmany\.ndjson: [\d.]+ MB, [\d.]+ MB\/s, \d+ s left/);
  const explained = readFileSync(join(folder, "explained.txt"), "utf8");
  expect(explained.match(/\n/g)).toHaveLength(20_000);
  expect(explained).not.toContain("MB/s");
});

test("the guide's check of a bill from a CSV file prints what the guide says", () => {
  const guide = readFileSync(join(root, "docs/guides/command-line.md"), "utf8");
  const [, script = "", printed = ""] =
    /^## Check a bill from a CSV file\n[\s\S]*?```sh\n([\s\S]*?)```\n[\s\S]*?```text\n([\s\S]*?)```/m.exec(
      guide,
    ) ?? [];
  const bill = join(folder, "bill");
  mkdirSync(bill);
  const { status, stdout } = spawnSync("sh", ["-c", script], { cwd: bill, encoding: "utf8", env });
  // A difference that is explained.
  expect(status).toBe(1);
  expect(printed).toContain("EXPLAINED");
  expect(stdout.slice(0, printed.length)).toBe(printed);
});
