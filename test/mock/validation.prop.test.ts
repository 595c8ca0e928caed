import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMockPaygentic } from "../../src/mock/index.ts";
import { runs } from "../runs.ts";
import { call, EVENT, JUNE, TOKENS } from "./call.ts";
import { CONTRACT, contract, schema } from "./contract.ts";
import { odd, variantOf } from "./variants.ts";

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

/** So that no filter fails for a dimension that is not there. */
const dimensions = Object.fromEntries(
  [..."abcdef", "model"].map((name) => [name, `$.${name}`] as const),
);

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
        const answer = await call(createMockPaygentic({ costs: [TOKENS] }), method, path, body);
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
      { numRuns: runs(1_500) },
    );
    // Neither side of the comparison was idle.
    expect(valid).toBeGreaterThan(runs(50));
    expect(invalid).toBeGreaterThan(runs(50));
  });

  /** What else they mean, beyond their form, is looked at elsewhere. */
  const MEANINGFUL = ["to", "groupBy", "costId"];
  const parameters = (["listCosts", "getCostSummary", "getCostReport"] as const).flatMap(
    (operation) =>
      CONTRACT[operation].parameters
        .filter((parameter) => parameter.in === "query" && !MEANINGFUL.includes(parameter.name))
        .map((parameter) => [operation, parameter.name, parameter] as const),
  );
  test.each(parameters)("%s?%s", async (operation, name, { accepts }) => {
    const values = fc.oneof(
      fc.integer({ min: -3, max: 110 }).map(String),
      fc.constantFrom("", " 5", "5 ", "+5", "05", "ten", "null", "[1]", "-0", "1.5", "1e1"),
      fc.constantFrom("org_1", "org_", "prod_1", "PROD_1", "cst_1", "cst_", "USD", "usd", "true"),
      fc.constantFrom("MINUTE", "HOUR", "DAY", "day", "MONTH", "totalCost", "asc", "DESC"),
      fc.constantFrom("2026-06-01T00:00:00Z", "2026-06-01T00:00:00+02:00", "2026-06-01"),
      fc.constantFrom("{}", '{"model":"a"}', '{"model":1}', '{"model":null}', "[]", '{"model":"a"'),
      fc.constant(JSON.stringify({ a: "", b: "", c: "", d: "", e: "", f: "" })),
      fc.string({ maxLength: 4 }),
    );
    const { path } = CONTRACT[operation];
    const others = operation === "getCostReport" ? `${JUNE}&groupBy=cost` : JUNE;
    const mock = createMockPaygentic({ costs: [{ ...TOKENS, groupBy: dimensions }] });
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const query = new URLSearchParams(operation === "listCosts" ? "" : others);
        query.set(name, value);
        const answer = await call(mock, "GET", `${path.replace("{id}", "cst_1")}?${query}`);
        expect(answer.status).toBe(accepts([value]) ? 200 : 400);
      }),
      { numRuns: runs(300) },
    );
  });
});

test("a unit cost comes back with every digit, whatever number it is", async () => {
  const digits = (max: number) => fc.stringMatching(new RegExp(`^(0|[1-9][0-9]{0,${max}})$`));
  await fc.assert(
    fc.asyncProperty(digits(40), fc.stringMatching(/^[0-9]{0,40}$/), async (whole, fraction) => {
      const literal = fraction === "" ? whole : `${whole}.${fraction}`;
      const body = JSON.stringify({ ...TOKENS, unitCost: "@" }).replace('"@"', literal);
      const { json } = await call(createMockPaygentic(), "POST", "/v0/costs", body);
      const kept = fraction.replace(/0+$/, "");
      expect(json.unitCost).toBe(kept === "" ? whole : `${whole}.${kept}`);
    }),
    { numRuns: runs(500) },
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
      const mock = createMockPaygentic({ costs: [TOKENS] });
      const event = { ...EVENT, data: { tokens, model: tokens } };
      expect(isReceipt((await call(mock, "POST", "/v0/events", event)).json)).toBe(true);
      await call(mock, "PATCH", "/v0/costs/cst_1", body);
      expect(isCost((await call(mock, "GET", "/v0/costs/cst_1")).json)).toBe(true);
      expect(isPage((await call(mock, "GET", "/v0/costs")).json)).toBe(true);
      const summary = await call(mock, "GET", `/v0/costs/cst_1/summary?${JUNE}${query}`);
      if (summary.status === 200) expect(isSummary(summary.json)).toBe(true);
      else expect(summary.status).toBe(400);
    }),
    { numRuns: runs(300) },
  );
});
