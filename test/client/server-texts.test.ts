import { ApiError, InvalidResponseError } from "metered-costs";
import { expect, test } from "vitest";
import { COST, JUNE_REPORT, REPORT } from "./samples.ts";
import { errorOf, scene } from "./scene.ts";
import { json } from "./scripted-server.ts";

const { server, client } = scene();
const LONG = "x".repeat(3_000_000);

test("an ApiError holds the beginning of whatever a server says", async () => {
  const details = { [LONG]: 1, text: LONG, list: Array(100_000).fill(LONG.slice(0, 10)) };
  const errors = Array.from({ length: 500 }, () => ({
    field: LONG.slice(0, 5_000),
    message: LONG.slice(0, 5_000),
    code: LONG.slice(0, 5_000),
  }));
  const body = { message: LONG, code: `A${LONG}`, error: LONG, details };
  const headers = { "x-request-id": LONG.slice(0, 5_000), "x-other": LONG.slice(0, 5_000) };
  server.answer(json(body, 400, headers), json({ ...body, errors }, 400));
  const error = await errorOf(ApiError, client().costs.get("cst_1"));
  expect(error.message.length).toBeLessThan(5_000);
  expect(error.serverCode).toBe(`A${"x".repeat(199)}…`);
  expect(error.code).toBe(error.serverCode);
  expect(error.requestId?.length).toBeLessThanOrEqual(201);
  expect(error.response?.headers.get("x-other")?.length).toBeLessThanOrEqual(2_000);
  expect(JSON.stringify(error.details).length).toBeLessThan(15_000);
  const invalid = await errorOf(ApiError, client().costs.get("cst_1"));
  expect(invalid.fieldErrors).toHaveLength(100);
  expect(invalid.message.length).toBeLessThan(5_000);
  expect(JSON.stringify(invalid).length).toBeLessThan(100_000);
});

test("details that fit stay as they are", async () => {
  const details = { limit: 5, nested: [{ a: null }, ["b", true]] };
  server.answer(json({ message: "no", details }, 400));
  expect((await errorOf(ApiError, client().costs.get("cst_1"))).details).toEqual(details);
});

test("an InvalidResponseError lists twenty issues and keeps a hundred", async () => {
  const [group] = REPORT.groups;
  const groups = Array.from({ length: 5_000 }, () => ({ ...group, totalCost: "much" }));
  server.answer(json({ ...REPORT, groups }));
  const error = await errorOf(InvalidResponseError, client().costs.report(JUNE_REPORT));
  expect(error.issues).toHaveLength(100);
  expect(error.message).toMatch(/; and 80 more$/);
  expect(error.message.length).toBeLessThan(5_000);
});

test("drift names a long field by its beginning", async () => {
  server.answer(json({ ...COST, [LONG]: 1 }));
  const paths: unknown[] = [];
  await client({ onDrift: ({ path }) => paths.push(path) }).costs.get("cst_1");
  expect(paths).toEqual([[`${"x".repeat(200)}…`]]);
});
