import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { root } from "../runtimes/built-program.ts";
import { type Chromium, launchChromium, type Page } from "../runtimes/chromium.ts";

const LONG = "123456789012345678901234567890.5";
const COST = {
  id: "cst_tokens",
  name: 'Tokens <script>alert("x")</script>',
  aggregation: "SUM",
  eventType: "llm",
  valueProperty: "$.tokens",
  unitCost: "1",
  currency: "USD",
  groupBy: { model: "$.model" },
};
const MODELS = ["atlas", "muse & co", '<img src="https://example.com/x.png">'];
const DAYS = 28;
const EVENTS = Array.from({ length: DAYS * MODELS.length }, (_, at) => ({
  type: "llm",
  timestamp: new Date(Date.UTC(2026, 5, 1 + Math.floor(at / MODELS.length), 12)).toISOString(),
  subject: `cus_${at % 4}`,
  data: { model: MODELS[at % MODELS.length], tokens: at === 0 ? LONG : String(1e28 + at) },
}));

let folder: string;
let browser: Chromium;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "metered-costs-html-"));
  writeFileSync(
    join(folder, "log.ndjson"),
    EVENTS.map((one) => `${JSON.stringify(one)}\n`).join(""),
  );
  writeFileSync(join(folder, "cost.json"), JSON.stringify(COST));
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

let page: Page;
let requests: string[];
let complaints: string[];
beforeEach(async () => {
  page = await (await browser.newContext({ viewport: { width: 1_000, height: 900 } })).newPage();
  [requests, complaints] = [[], []];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
});
afterEach(() => page.context().close());

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, "dist/cli.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
  });
const QUERY = [
  "--cost",
  "cost.json",
  "--month",
  "2026-06",
  "--group-by",
  "model",
  "--window",
  "DAY",
];

/** Opens a file that the command line wrote; every complaint of the browser and every request is noted. */
async function open(name: string): Promise<void> {
  const url = pathToFileURL(join(folder, name)).href;
  // The policy is that of the page; a violation is told here, and to the console.
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`violates ${event.violatedDirective}`),
    );
  });
  await page.goto(url);
  expect(complaints).toEqual([]);
  expect(requests).toEqual([url]);
}
/** The widths or heights of the bars of a chart, as they are drawn. */
const barsOf = (title: string, side: "width" | "height"): Promise<number[]> =>
  page
    .locator(`svg[aria-label="${title}"] path[fill="#3461c1"]`)
    .evaluateAll((bars, which) => bars.map((bar) => bar.getBoundingClientRect()[which]), side);
const tableTexts = (at: number): Promise<string[][]> =>
  page
    .locator("table")
    .nth(at)
    .locator("tr")
    .evaluateAll((rows) =>
      rows.map((row) => Array.from(row.children, (cell) => cell.textContent ?? "")),
    );

describe("the HTML file of the command line", () => {
  test("shows a summary: totals, charts by day and group, and every digit, without a request", async () => {
    const { status, stderr } = run(
      "summary",
      "log.ndjson",
      ...QUERY,
      "--format",
      "html",
      "--output",
      "summary.html",
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    await open("summary.html");
    expect(await page.locator("h1").textContent()).toBe(`Cost summary: ${COST.name}`);
    expect(await page.locator("script, img").count()).toBe(0);

    const days = await barsOf("Cost by time", "height");
    expect(days).toHaveLength(DAYS);
    // The first day is five times the others.
    expect((days[0] as number) / (days[1] as number)).toBeCloseTo((1.2345e29 + 2e28) / 3e28, 1);
    const models = await barsOf("Cost by model", "width");
    expect(models).toHaveLength(MODELS.length);
    expect([...models].sort((a, b) => b - a)).toEqual(models);

    const csv = run("summary", "log.ndjson", ...QUERY, "--format", "csv").stdout;
    const [total, groups, windows] = [
      await tableTexts(0),
      await tableTexts(1),
      await tableTexts(2),
    ];
    expect(csv).toContain(`total,,,${total[1]?.slice(1).join(",")}`);
    expect(groups.slice(1).map(([model]) => model)).toEqual([...MODELS].sort());
    expect(groups.flat().some((text) => /^\d{30}\.5$/.test(text))).toBe(true);
    expect(windows).toHaveLength(DAYS + 1);
    for (const [, quantity] of windows.slice(1)) expect(csv).toContain(`,${quantity},`);

    // As it is printed: within the width of the paper.
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 794, height: 1_123 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      794,
    );
    expect(complaints).toEqual([]);
  });

  test("shows a reconciliation with its verdict", async () => {
    const server = JSON.parse(run("summary", "log.ndjson", ...QUERY, "--format", "json").stdout);
    server.groups[0].cost = server.groups[0].quantity = "1";
    server.totalCost = server.totalQuantity = "1";
    writeFileSync(join(folder, "server.json"), JSON.stringify(server));
    const { status } = run(
      "reconcile",
      "log.ndjson",
      ...QUERY,
      "--server",
      "server.json",
      "--format",
      "html",
      "--output",
      "reconcile.html",
    );
    expect(status).toBe(1);
    await open("reconcile.html");
    expect(await page.locator("h1").textContent()).toMatch(
      /^Reconciliation: (?:different|explained|coincidence)$/,
    );
    const text = run("reconcile", "log.ndjson", ...QUERY, "--server", "server.json").stdout;
    expect((await page.locator("pre").textContent())?.trim()).toBe(text.trim());
    // Of the one group that differs, what the log has and what the server has.
    const bars = page.locator(
      'svg[aria-label="Cost by group, where it differs"] path[fill="#3461c1"]',
    );
    expect(await bars.count()).toBe(1);
    const cells = (await tableTexts(0)).flat();
    expect(cells).toContain(server.totalCost);
  });

  test("shows a report", async () => {
    writeFileSync(join(folder, "costs.json"), JSON.stringify([COST]));
    const { status, stderr } = run(
      ...[
        "report",
        "log.ndjson",
        "--costs",
        "costs.json",
        "--month",
        "2026-06",
        "--group-by",
        "customer",
      ],
      ...["--prior", "--window-size", "DAY", "--format", "html", "--output", "report.html"],
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    await open("report.html");
    expect(await barsOf("Cost by customer", "width")).toHaveLength(4);
    expect(await barsOf("Cost by time", "height")).toHaveLength(DAYS);
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("cus_3");
  });
});
