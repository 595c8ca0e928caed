import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type ConsumerProject, makeConsumerProject, root } from "../runtimes/built-program.ts";
import { type Chromium, launchChromium, type Page } from "../runtimes/chromium.ts";
import { CHECK_NAMES, type Outcomes } from "../runtimes/program.ts";
import { type RunningStage, type ServedFile, startStage } from "../runtimes/stage-server.ts";
import { openUntilDone, strictPage } from "../runtimes/strict-page.ts";

let project: ConsumerProject;
let browser: Chromium;
beforeAll(async () => {
  project = makeConsumerProject();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  project?.remove();
});

let page: Page;
let stage: RunningStage | undefined;
beforeEach(async () => {
  page = await (await browser.newContext()).newPage();
});
afterEach(async () => {
  await page.context().close();
  await stage?.close();
  stage = undefined;
});

const script = (path: string): ServedFile => ({
  type: "text/javascript",
  content: readFileSync(path, "utf8"),
});
/** Opens a strict page with one script of ours; gives what was reported of it. */
async function open(file: string, files: Record<string, ServedFile> = {}) {
  const path = await project.build(file, "bundle");
  const served = { "/": strictPage("/page.js"), "/page.js": script(path), ...files };
  stage = await startStage(served);
  return openUntilDone(page, `${stage.origin}/`);
}
const left = <T>(name: string): Promise<T> =>
  page.evaluate((known) => (window as unknown as Record<string, T>)[known] as T, name);

test("a page under a strict policy runs the conformance program, and nothing is reported", async () => {
  expect(await open("test/runtimes/in-page.ts")).toEqual([]);
  const passed = Object.fromEntries(CHECK_NAMES.map((name) => [name, "passed"]));
  expect(await left<Outcomes>("outcomes")).toEqual(passed);
});

test("code made from text would be reported", async () => {
  expect(await open("test/browser/breaking-page.ts")).toEqual(["script-src: eval"]);
});

test("an inline script would be reported", async () => {
  const strict = strictPage("/page.js");
  const content = `${strict.content}<script>window.ran = true</script>`;
  const complaints = await open("test/runtimes/in-page.ts", { "/": { ...strict, content } });
  expect(complaints).toEqual(["script-src-elem: inline"]);
  expect(await left("ran")).toBeUndefined();
});

test("msw answers a page from its service worker, and nothing reaches the server", async () => {
  const asked: string[] = [];
  page.context().on("request", (request) => {
    if (request.serviceWorker() !== null) asked.push(request.url());
  });
  const complaints = await open("test/browser/mocked-page.ts", {
    "/mockServiceWorker.js": script(`${root}node_modules/msw/lib/mockServiceWorker.js`),
  });
  expect(complaints).toEqual([]);
  expect(await left("seen")).toEqual({
    key: "request-1",
    events: 1,
    requests: 3,
    keys: ["Bearer [redacted]"],
    cost: "22517998136.8524775",
    model: "large",
    aborted: "enough",
    missing: "NOT_FOUND",
    literalKey: "INVALID_INPUT",
  });
  expect(stage?.visits.filter((path) => path.startsWith("/api/"))).toEqual([]);
  expect(stage?.visits).toContain("/mockServiceWorker.js");
  expect(asked.filter((url) => url.includes("/api/"))).toEqual([]);
});
