import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Decimal, summarizeCost } from "metered-costs/summary";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { COSTS, usage } from "../../examples/backend/usage.ts";
import { root } from "../runtimes/built-program.ts";
import { type Chromium, launchChromium, type Page } from "../runtimes/chromium.ts";

const KEY = "sk_sandbox_of_the_dashboard";
const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;
const EVENTS = usage();

/** What June came to, computed from the events themselves. */
function totalOf(subject?: string): string {
  let total = new Decimal(0);
  for (const cost of COSTS) {
    total = total.plus(summarizeCost(cost, EVENTS, { ...JUNE, subject }).totalCost ?? 0);
  }
  const [whole = "", fraction = ""] = total.toString().split(".");
  return `$${Number(whole).toLocaleString("en")}.${fraction.padEnd(2, "0")}`;
}

let server: ChildProcess;
let origin: string;
let browser: Chromium;
beforeAll(async () => {
  server = spawn("npm", ["run", "--silent", "example:dashboard", "--", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  let said = "";
  for await (const chunk of server.stdout ?? []) {
    said += chunk;
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (found !== undefined) {
      origin = found;
      break;
    }
  }
  if (origin === undefined) throw new Error(`the dashboard did not start: ${said}`);
  browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  const exited = once(server, "exit");
  // npm and what it started.
  if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, "SIGTERM");
  await exited;
});

let page: Page;
let traffic: string[];
let failures: string[];
beforeEach(async () => {
  const context = await browser.newContext({
    viewport: { width: 1160, height: 900 },
    deviceScaleFactor: 1.5,
  });
  page = await context.newPage();
  [traffic, failures] = [[], []];
  page.on("pageerror", (error) => failures.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") failures.push(message.text());
  });
  // What passes here is what the browser receives; its own record of bodies is not complete.
  await page.route("**/*", async (route) => {
    const response = await route.fetch();
    const headers = [response.headers(), await route.request().allHeaders()];
    traffic.push(response.url(), JSON.stringify(headers), await response.text());
    await route.fulfill({ response });
  });
});
afterEach(() => page.context().close());

const total = (): Promise<string | null> => page.locator(".totals .amount").first().textContent();
const ready = async (): Promise<void> => {
  await page.locator("main[aria-busy=false]").waitFor();
};
/** How many colours a canvas shows. */
const coloursOf = (id: string): Promise<number> =>
  page.locator(id).evaluate((node) => {
    const canvas = node as HTMLCanvasElement;
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(pixels?.buffer ?? new ArrayBuffer(0))).size;
  });

describe("the dashboard", () => {
  test("shows what June came to, to the last digit, and the key is in nothing that it received", async () => {
    await page.goto(`${origin}/?month=2026-06`);
    await ready();
    expect(await total()).toBe(totalOf());
    expect(await coloursOf("#by-day")).toBeGreaterThan(5);
    expect(await coloursOf("#by-model")).toBeGreaterThan(5);
    expect(await page.locator("#models tbody th").allTextContents()).toEqual([
      "atlas-large",
      "atlas-reason",
      "atlas-small",
    ]);
    expect(await page.locator("#customers tr").count()).toBe(5);
    await page.evaluate(() => document.fonts.ready);
    if (process.env["SCREENSHOT"] !== undefined) {
      await page.screenshot({ path: process.env["SCREENSHOT"], fullPage: true });
    }

    expect(traffic.filter((text) => text.includes("/api/paygentic/v0/")).length).toBeGreaterThan(4);
    // As yes or no: a failure would else print all of it.
    expect(traffic.some((text) => text.includes(KEY))).toBe(false);
    expect(traffic.some((text) => text.includes('"authorization":'))).toBe(false);
    expect((await page.content()).includes(KEY)).toBe(false);
    expect(failures).toEqual([]);
  });

  test("shows one customer", async () => {
    await page.goto(`${origin}/?month=2026-06`);
    await ready();
    await page.selectOption("[name=customer]", "cus_hooli");
    await page.waitForFunction(() => location.search.includes("cus_hooli"));
    await ready();
    expect(await total()).toBe(totalOf("cus_hooli"));
    expect(await page.locator("tr.chosen th").textContent()).toBe("cus_hooli");
    expect(await page.locator("[name=customer]").inputValue()).toBe("cus_hooli");
    expect(await page.locator(".totals dd").nth(2).textContent()).toBe("new");
  });

  test("says so when nothing was used", async () => {
    await page.goto(`${origin}/?month=2026-09`);
    await ready();
    expect(await page.locator("#notice h2").textContent()).toBe("Nothing was used");
    expect(await page.locator("#costs").isVisible()).toBe(false);
    expect(failures).toEqual([]);
  });

  test("says so when the costs cannot be read, and reads them when asked again", async () => {
    await page.route("**/api/paygentic/**", (route) =>
      route.fulfill({
        status: 403,
        headers: { "x-request-id": "req_77" },
        json: { message: "Please sign in to see costs.", error: "forbidden" },
      }),
    );
    await page.goto(`${origin}/?month=2026-06`);
    await ready();
    expect(await page.locator("#notice p").textContent()).toBe(
      "You are not signed in, or may not see costs. (FORBIDDEN, request req_77)",
    );
    await page.unroute("**/api/paygentic/**");
    await page.locator("#notice button").click();
    await page.locator("#costs").waitFor();
    expect(await total()).toBe(totalOf());
  });
});

test.each([
  ["POST", "/v0/costs", 405],
  ["POST", "/v0/events", 405],
  ["PATCH", "/v0/costs/cst_input", 405],
  ["PUT", "/v0/costs/cst_input", 405],
  ["DELETE", "/v0/costs/cst_input", 405],
  ["OPTIONS", "/v0/costs", 405],
  ["GET", "/v0/costs/cst_input", 404],
  ["GET", "/v0/events", 404],
  ["GET", "/v0/customers", 404],
  ["GET", "/", 404],
])("the server's proxy answers %s %s with %i", async (method, path, status) => {
  const response = await fetch(`${origin}/api/paygentic${path}`, {
    method,
    ...(method === "GET" ? {} : { body: "{}" }),
  });
  expect(response.status).toBe(status);
});
