import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, normalize } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { root } from "../runtimes/built-program.ts";
import { type Chromium, launchChromium, type Page } from "../runtimes/chromium.ts";

const site = join(root, "docs/.vitepress/dist");
const files = readdirSync(site, { recursive: true, encoding: "utf8" });
const pages = files.filter((file) => file.endsWith(".html"));
const read = (file: string): string => readFileSync(join(site, file), "utf8");

describe("the built site", () => {
  const idsOf = new Map(
    pages.map((page) => [
      page,
      new Set([...read(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)),
    ]),
  );

  test("has every guide in its sidebar", () => {
    const home = read("guides/getting-started.html");
    const guides = pages.filter((page) => page.startsWith("guides/"));
    expect(guides.length).toBeGreaterThanOrEqual(14);
    expect(guides.filter((page) => !home.includes(`href="/${page}"`))).toEqual([]);
  });

  test("has no link to a page or an anchor that does not exist", () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/<a [^>]*href="([^"]+)"/g)].flatMap(([, href = ""]) => {
        if (/^[a-z]+:/.test(href)) return [];
        const [path = "", anchor = ""] = href.split("#").map(decodeURIComponent);
        const target = path.startsWith("/") ? path.slice(1) : normalize(join(dirname(page), path));
        const file = path === "" ? page : target === "" ? "index.html" : target;
        const found = [file, `${file}index.html`, `${file}.html`].find((name) =>
          files.includes(name),
        );
        if (found === undefined) return [`${page}: ${href}`];
        const hasAnchor = anchor === "" || idsOf.get(found)?.has(anchor) !== false;
        return hasAnchor ? [] : [`${page}: ${href}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  test("has an index for machines and a Markdown file for each guide", () => {
    const index = read("llms.txt");
    for (const guide of pages.filter((page) => page.startsWith("guides/"))) {
      const page = guide.replace(/html$/, "md");
      expect(index).toContain(`/${page}`);
      expect(read(page)).toMatch(/^# /m);
    }
  });
});

describe("in Chromium", () => {
  const TYPES: Readonly<Record<string, string>> = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".png": "image/png",
    ".woff2": "font/woff2",
  };
  let server: Server;
  let origin: string;
  let browser: Chromium;
  let page: Page;
  let elsewhere: string[];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname);
      const file = path.endsWith("/") ? `${path}index.html` : path;
      if (!files.includes(file.slice(1))) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain" });
      response.end(readFileSync(join(site, file)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage();
    elsewhere = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(origin)) elsewhere.push(request.url());
    });
  });
  afterEach(async () => {
    expect(elsewhere).toEqual([]);
    await page.context().close();
  });

  test("a guide shows its code, without a request to another host", async () => {
    await page.goto(`${origin}/guides/when-the-numbers-differ.html`);
    expect(await page.locator("h1").textContent()).toContain("When the numbers differ");
    expect(await page.locator("div[class*=language-] pre").count()).toBeGreaterThan(5);
  });

  test("the reference has a page for each export", async () => {
    await page.goto(`${origin}/reference/metered-costs/summary/functions/summarizeCost.html`);
    expect(await page.locator("h1").textContent()).toContain("summarizeCost()");
    expect(await page.locator("main").textContent()).toContain("exact");
  });

  test("the search finds a guide by a word of it", async () => {
    await page.goto(`${origin}/guides/getting-started.html`);
    await page.locator(".DocSearch-Button, .VPNavBarSearch button").first().click();
    await page.locator("#localsearch-input").fill("read-only proxy");
    const result = page.locator(".results a", { hasText: "Browsers" }).first();
    await result.waitFor();
    await result.click();
    await page.waitForURL(/browsers/);
    // The site shows the page a moment after it has changed the URL.
    await page.locator("h1", { hasText: "Browsers" }).waitFor();
  });
});
