import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSandbox } from "../../src/sandbox/index.ts";
import { parseTimestamp } from "../../src/timestamp.ts";
import { call, EVENT, JUNE, TOKENS } from "./call.ts";

const contract = JSON.parse(readFileSync(new URL("../../openapi.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat("decimal", true);
ajv.addFormat("date-time", (text: string) => !Number.isNaN(parseTimestamp(text)));
ajv.addSchema(contract, "contract");
const schema = (name: string) => ajv.compile({ $ref: `contract#/components/schemas/${name}` });

const odd = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  -0.5,
  1e21,
  2.5e-7,
  "",
  " ",
  "x",
  "metered",
  "SUM",
  "COUNT",
  "UNIQUE_COUNT",
  "LATEST",
  "sum",
  "USD",
  "usd",
  "USD\n",
  "US",
  "prod_1",
  "prod_",
  "org_1",
  "org_ä",
  "cst_1",
  "$.a",
  "$.a.b_1",
  "$.a.",
  "$",
  "$.a-b",
  "$.a\n",
  "a".repeat(255),
  "a".repeat(256),
  "customer-1_B",
  "2026-06-01T10:00:00Z",
  "2026-06-01t10:00:00.5z",
  "2026-06-01T10:00:00",
  "2026-02-30T10:00:00Z",
  "2026-06-01",
  [],
  ["$.a"],
  {},
  { model: "$.model" },
  { model: "model" },
  { a: "$.a", b: null },
  { "": "$.a" },
);

/** The base with some fields changed, some left out, and perhaps one that is unknown. */
const variantOf = (base: object, fields: readonly string[]) =>
  fc
    .record({
      changes: fc.dictionary(fc.constantFrom(...fields), odd, { maxKeys: 2 }),
      left: fc.oneof(fc.constant<string[]>([]), fc.subarray([...fields], { maxLength: 2 })),
      unknown: fc.oneof(
        { weight: 5, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom("colour", "id", "constructor", "toString") },
      ),
      empty: fc.integer({ min: 0, max: 20 }).map((value) => value === 0),
    })
    .map(({ changes, left, unknown, empty }) => {
      const merged = Object.entries({ ...(empty ? {} : base), ...changes }).filter(
        ([name]) => !left.includes(name),
      );
      return Object.fromEntries(unknown === undefined ? merged : [...merged, [unknown, 1]]);
    });

const BODIES = [
  ["CostCreateParams", "POST", "/v0/costs", { ...TOKENS, unit: "token", merchantId: "org_1" }],
  ["CostUpdateParams", "PATCH", "/v0/costs/cst_1", { name: "New", unitCost: 1 }],
  [
    "EventIngestParams",
    "POST",
    "/v0/events",
    { ...EVENT, externalSubject: "c", namespace: "org_1", idempotencyKey: "a", externalId: "e" },
  ],
] as const;

describe("a request is valid exactly when the contract says so", () => {
  test.each(BODIES)("%s", async (name, method, path, base) => {
    const isValid = schema(name);
    const { schemas } = contract.components;
    const holder = name === "EventIngestParams" ? schemas.EventFields : schemas[name];
    const fields = Object.keys(holder.properties);
    let valid = 0;
    let invalid = 0;
    await fc.assert(
      fc.asyncProperty(variantOf(base, fields), async (body) => {
        const answer = await call(createSandbox({ costs: [TOKENS] }), method, path, body);
        if (isValid(body)) {
          valid++;
          expect([200, 201, 202, 422]).toContain(answer.status);
          return;
        }
        invalid++;
        expect(answer.status).toBe(400);
        const fieldsOf = (errors: typeof isValid.errors) =>
          (errors ?? []).flatMap(({ keyword, instancePath, params }) => {
            const at = instancePath.split("/").slice(1);
            if (keyword === "required") return [params["missingProperty"]];
            if (keyword === "additionalProperties") return [params["additionalProperty"]];
            return at.length === 0 ? [] : [at.join(".")];
          });
        const named = answer.json.errors.map(({ field }: { field: string }) => field);
        expect(fieldsOf(isValid.errors)).toEqual(
          expect.arrayContaining(named.filter((field: string) => field !== "")),
        );
        // Of "this or that" the contract names both fields, whichever is wrong.
        const certain = isValid.errors?.filter(({ schemaPath }) => !schemaPath.includes("/anyOf/"));
        for (const field of fieldsOf(certain)) {
          if (field !== "valueProperty") expect(named).toContain(field);
        }
      }),
      { numRuns: 1_500 },
    );
    // Neither side of the comparison was idle.
    expect(valid).toBeGreaterThan(100);
    expect(invalid).toBeGreaterThan(100);
  });

  const parameters = [
    ["/v0/costs", "limit"],
    ["/v0/costs", "offset"],
    ["/v0/costs", "merchantId"],
    ["/v0/costs", "productId"],
    ["/v0/costs/{id}/summary", "from"],
    ["/v0/costs/{id}/summary", "window"],
    ["/v0/costs/{id}/summary", "subject"],
    ["/v0/costs/{id}/summary", "filterGroupBy"],
  ] as const;
  test.each(parameters)("%s?%s", async (path, name) => {
    const found = contract.paths[path].get.parameters
      .map((parameter: { $ref?: string }) =>
        parameter.$ref === undefined
          ? parameter
          : contract.components.parameters[parameter.$ref.split("/").at(-1) ?? ""],
      )
      .find((parameter: { name: string }) => parameter.name === name);
    const local = JSON.parse(
      JSON.stringify(found.schema ?? found.content["application/json"].schema).replaceAll(
        '"#/',
        '"contract#/',
      ),
    );
    const isValid = ajv.compile(local);
    const isText = local.type !== "integer" && found.content === undefined;
    const meaning = (text: string): unknown => {
      if (isText) return text;
      try {
        return JSON.parse(text);
      } catch {
        return undefined;
      }
    };
    const values = fc.oneof(
      fc.integer({ min: -3, max: 110 }).map(String),
      fc.constantFrom("", " 5", "5 ", "+5", "05", "ten", "null", "[1]", "-0", "1.5"),
      fc.constantFrom("org_1", "org_", "prod_1", "PROD_1", "MINUTE", "HOUR", "DAY", "day", "MONTH"),
      fc.constantFrom("2026-06-01T00:00:00Z", "2026-06-01T00:00:00+02:00", "2026-06-01", "1e1"),
      fc.constantFrom("{}", '{"model":"a"}', '{"model":1}', '{"model":null}', "[]", '{"model":"a"'),
      fc.string({ maxLength: 4 }),
    );
    const sandbox = createSandbox({ costs: [TOKENS] });
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        // Exponents and outer spaces are JSON, but of no integer literal.
        if (local.type === "integer" && /[eE.\s]/.test(value)) return;
        const query = new URLSearchParams(path === "/v0/costs" ? "" : JUNE);
        query.set(name, value);
        const answer = await call(sandbox, "GET", `${path.replace("{id}", "cst_1")}?${query}`);
        expect(answer.status).toBe(isValid(meaning(value)) ? 200 : 400);
      }),
      { numRuns: 300 },
    );
  });
});

test("a unit cost comes back with every digit, whatever number it is", async () => {
  const digits = (max: number) => fc.stringMatching(new RegExp(`^(0|[1-9][0-9]{0,${max}})$`));
  await fc.assert(
    fc.asyncProperty(digits(40), fc.stringMatching(/^[0-9]{0,40}$/), async (whole, fraction) => {
      const literal = fraction === "" ? whole : `${whole}.${fraction}`;
      const body = JSON.stringify({ ...TOKENS, unitCost: "@" }).replace('"@"', literal);
      const { json } = await call(createSandbox(), "POST", "/v0/costs", body);
      const kept = fraction.replace(/0+$/, "");
      expect(json.unitCost).toBe(kept === "" ? whole : `${whole}.${kept}`);
    }),
    { numRuns: 500 },
  );
});

test("every answer is what the contract says it is", async () => {
  const isCost = schema("Cost");
  const isPage = schema("CostPage");
  const isReceipt = schema("EventReceipt");
  const isSummary = schema("CostSummary");
  const changes = variantOf({}, ["unit", "aggregation", "eventType", "valueProperty", "groupBy"]);
  const queries = fc.constantFrom(
    "",
    "&groupBy=model",
    "&window=DAY",
    "&groupBy=model&window=HOUR",
  );
  await fc.assert(
    fc.asyncProperty(changes, odd, queries, async (body, tokens, query) => {
      const sandbox = createSandbox({ costs: [TOKENS] });
      const event = { ...EVENT, data: { tokens, model: tokens } };
      expect(isReceipt((await call(sandbox, "POST", "/v0/events", event)).json)).toBe(true);
      await call(sandbox, "PATCH", "/v0/costs/cst_1", body);
      expect(isCost((await call(sandbox, "GET", "/v0/costs/cst_1")).json)).toBe(true);
      expect(isPage((await call(sandbox, "GET", "/v0/costs")).json)).toBe(true);
      const summary = await call(sandbox, "GET", `/v0/costs/cst_1/summary?${JUNE}${query}`);
      if (summary.status === 200) expect(isSummary(summary.json)).toBe(true);
      else expect(summary.status).toBe(400);
    }),
    { numRuns: 300 },
  );
});
