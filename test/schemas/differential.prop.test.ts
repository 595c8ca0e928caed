import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../runs.ts";
import {
  CONTRACT,
  disagrees,
  GUARDS,
  isAnswer,
  type Judged,
  judge,
  sent,
  type Tolerance,
} from "./comparison.ts";
import { contractSchemas, operationsOf } from "./contract-schemas.ts";
import { EXAMPLES, SMALLEST } from "./examples.ts";
import { mutated, neighbours } from "./mutations.ts";
import { PAYLOADS } from "./payloads.ts";
import { TOLERANCES } from "./tolerances.ts";

const SEED = 20_260_601;
const CORPUS = 1_500;
const names = [...contractSchemas(CONTRACT).keys()];

const kindOf = (schema: string) => (isAnswer(schema) ? "answer" : "request");
const payloadsOf = (schema: string): fc.Arbitrary<unknown> => {
  const valid = PAYLOADS.get(schema);
  if (valid === undefined) throw new TypeError(`no payloads of ${schema}`);
  return mutated(valid, kindOf(schema));
};

const examplesOf = (schema: string): unknown[] =>
  [EXAMPLES, SMALLEST]
    .filter((payloads) => payloads.has(schema))
    .map((payloads) => payloads.get(schema));

/**
 * The same payloads at every run, judged once: everything that is one change away from an example, what chance makes of
 * a fixed seed, and the examples of every tolerance.
 */
const corpus: ReadonlyMap<string, readonly Judged[]> = new Map(
  names.map((schema) => [
    schema,
    [
      ...examplesOf(schema),
      ...examplesOf(schema).flatMap((payload) => neighbours(payload, kindOf(schema))),
      ...fc.sample(payloadsOf(schema), { seed: SEED, numRuns: CORPUS }),
      ...TOLERANCES.flatMap(({ examples }) =>
        examples.filter((example) => example.schema === schema).map(({ payload }) => payload),
      ),
    ].map((payload) => judge({ schema, payload })),
  ]),
);
const disagreements = (tolerances: readonly Tolerance[]): Judged[] =>
  [...corpus.values()].flat().filter((judged) => disagrees(judged, tolerances));
const shown = ({ schema, payload, contract, guard }: Judged): string =>
  inspect(
    {
      schema,
      payload,
      contract: contract.map(({ path, rule }) => `${path.join(".")}: ${rule}`),
      guard: guard.map(({ path, rule }) => `${path.join(".")}: ${rule}`),
    },
    { depth: 10 },
  );

describe("everything that is sent or answered has a guard", () => {
  test("every operation of the contract is guarded, and no other", () => {
    const sent = [...GUARDS.keys()].filter((name) => !isAnswer(name));
    const operations = new Set(sent.map((name) => name.split(" ")[0]));
    expect([...operations].sort()).toEqual(operationsOf(CONTRACT).sort());
  });

  test("every request and every answer of the contract is compared, and nothing else", () => {
    expect([...GUARDS.keys()].sort()).toEqual([...names].sort());
    expect([...PAYLOADS.keys()].sort()).toEqual([...names].sort());
    expect([...EXAMPLES.keys()].sort()).toEqual([...names].sort());
  });

  test("every schema of an answer is one that the contract answers with", () => {
    expect(names).toEqual(expect.arrayContaining([...GUARDS.keys()].filter(isAnswer)));
  });

  test("a new operation would be missed", () => {
    const operation = {
      operationId: "archiveCost",
      parameters: [{ name: "reason", in: "query", schema: { type: "string" } }],
      requestBody: { content: { "application/json": { schema: { type: "object" } } } },
      responses: {
        "200": { content: { "application/json": { schema: { type: "object" } } } },
        "400": { content: { "application/json": { schema: { type: "object" } } } },
      },
    };
    const grown = {
      ...CONTRACT,
      paths: { ...(CONTRACT["paths"] as object), "/v0/archive": { post: operation } },
    };
    expect(operationsOf(grown)).toContain("archiveCost");
    expect([...contractSchemas(grown).keys()].slice(names.length)).toEqual([
      "archiveCost query",
      "archiveCost body",
      "archiveCost 200",
    ]);
  });
});

describe.each(names)("%s", (schema) => {
  const judged = corpus.get(schema) ?? [];

  test("the examples are accepted by both", () => {
    for (const payload of examplesOf(schema)) {
      expect(judge({ schema, payload })).toMatchObject({ contract: [], guard: [] });
    }
  });

  test("the guard says what the contract says, but for the named tolerances", () => {
    expect(judged.length).toBeGreaterThanOrEqual(300);
    expect(judged.filter((one) => disagrees(one, TOLERANCES)).map(shown)).toEqual([]);
  });

  test("the guard says in our words what it expected", () => {
    const messages = judged.flatMap(({ guard }) => guard.map(({ message }) => message));
    const others = messages.filter(
      (message) => !/^(?:expected |unknown field: |unknown field$|JSON cannot )/.test(message),
    );
    expect([...new Set(others)]).toEqual([]);
  });

  test("both accept some payloads and refuse others", () => {
    for (const by of ["contract", "guard"] as const) {
      const accepted = judged.filter((one) => one[by].length === 0).length;
      expect(accepted, `accepted by the ${by}`).toBeGreaterThanOrEqual(10);
      expect(judged.length - accepted, `refused by the ${by}`).toBeGreaterThanOrEqual(10);
    }
  });

  test("the same holds for payloads that nobody has seen before", () => {
    fc.assert(
      fc.property(payloadsOf(schema), (payload) => {
        const one = judge({ schema, payload });
        if (disagrees(one, TOLERANCES)) throw new Error(shown(one));
      }),
      { numRuns: runs(500) },
    );
  });
});

describe.each(names.filter((name) => !isAnswer(name)))("%s", (schema) => {
  test("whatever the guard accepts goes out as the contract wants it, without any tolerance", () => {
    const accepted = (corpus.get(schema) ?? []).filter(({ guard }) => guard.length === 0);
    const refused = accepted
      .map((one) => judge(sent(one)))
      .filter((one) => one.contract.length > 0);
    expect(refused.map(shown)).toEqual([]);
  });
});

describe.each(TOLERANCES)("tolerated: $name", (tolerance) => {
  const others = TOLERANCES.filter((other) => other !== tolerance);

  test("without it the comparison fails", () => {
    expect(disagreements(others).length).toBeGreaterThanOrEqual(1);
  });

  test("each of its examples needs it and nothing else", () => {
    for (const example of tolerance.examples) {
      const judged = judge(example);
      expect(disagrees(judged, others), shown(judged)).toBe(true);
      expect(disagrees(judged, [tolerance]), shown(judged)).toBe(false);
    }
  });
});
