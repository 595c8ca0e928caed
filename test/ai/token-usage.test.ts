import { isCostsError } from "metered-costs";
import { register, tokenUsage } from "metered-costs/ai";
import { describe, expect, test } from "vitest";
import { TOKEN_KINDS } from "../../src/ai/token-usage.ts";
import { RESPONSES } from "./responses.ts";

describe("tokenUsage", () => {
  test.each(RESPONSES.filter(({ expected }) => expected !== null))(
    "reads $name",
    ({ response, expected }) => {
      const { raw, ...usage } = tokenUsage(response);
      expect({ ...usage, model: usage.model }).toStrictEqual({
        ...expected,
        model: expected?.model,
      });
      expect(raw).toBeTypeOf("object");
    },
  );

  test.each(RESPONSES.filter(({ expected }) => expected === null))(
    "finds no usage in $name",
    ({ response }) => {
      expect(() => tokenUsage(response)).toThrow(/expected a response with usage/);
    },
  );

  test.each(RESPONSES.filter(({ total }) => total !== undefined))(
    "gives counts that add up to the provider's total: $name",
    ({ response, total }) => {
      const usage = tokenUsage(response);
      expect(TOKEN_KINDS.reduce((sum, kind) => sum + (usage[kind] ?? 0), 0)).toBe(total);
    },
  );

  test("does not change what it reads", () => {
    for (const { response, expected } of RESPONSES) {
      if (expected === null) continue;
      const before = structuredClone(response);
      tokenUsage(response);
      expect(response).toEqual(before);
    }
  });

  test("takes the provider and the model from options where the response does not say", () => {
    const usage = tokenUsage(
      { stopReason: "end_turn", usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } },
      { provider: "aws", model: "amazon.nova-lite-v1:0" },
    );
    expect(usage).toMatchObject({ provider: "aws", model: "amazon.nova-lite-v1:0" });
  });

  test.each([
    ["nothing", undefined],
    ["text", "usage"],
    ["an empty object", {}],
    ["a response without usage", { id: "chatcmpl-1", object: "chat.completion", choices: [] }],
    ["a stream without usage", [{ id: "chatcmpl-1", object: "chat.completion.chunk" }]],
  ])("refuses %s and says what it looked for", (_, response) => {
    expect(() => tokenUsage(response)).toThrow(
      /usage\.prompt_tokens.*usageMetadata.*gen_ai\.usage/,
    );
  });

  test.each([
    ["a negative count", { prompt_tokens: -1, completion_tokens: 1 }, "prompt_tokens"],
    ["a fraction", { prompt_tokens: 1, completion_tokens: 0.5 }, "completion_tokens"],
    ["text", { prompt_tokens: "8", completion_tokens: 1 }, "prompt_tokens"],
  ])("refuses %s", (_, usage, path) => {
    try {
      tokenUsage({ model: "gpt-5", usage });
      expect.unreachable();
    } catch (error) {
      if (!isCostsError(error) || error.code !== "INVALID_INPUT") throw error;
      expect(error.issues).toEqual([
        { path: [path], message: "expected a whole number of at least 0" },
      ]);
    }
  });

  test("refuses parts that are more than the whole", () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 11 },
    };
    expect(() => tokenUsage({ model: "gpt-5", usage })).toThrow(
      /prompt_tokens is 10, which is less than its parts 11/,
    );
  });
});

describe("register", () => {
  const response = { acme: { read: 3, written: 4 } };
  const read = (given: unknown) =>
    (given as typeof response).acme && { model: "acme-1", inputTokens: 3, outputTokens: 4 };

  test("adds a reader until it is removed", () => {
    const unregister = register("acme", read);
    expect(tokenUsage(response)).toEqual({
      provider: "acme",
      model: "acme-1",
      inputTokens: 3,
      outputTokens: 4,
      raw: response,
    });
    unregister();
    expect(() => tokenUsage(response)).toThrow(/was|cannot be read/);
  });

  test("asks the last registered first, and replaces the reader of the same provider", () => {
    const first = register("acme", read);
    const second = register("acme", () => ({ model: "acme-2", inputTokens: 1 }));
    expect(tokenUsage(response).model).toBe("acme-2");
    first();
    expect(tokenUsage(response).model).toBe("acme-2");
    second();
    expect(() => tokenUsage(response)).toThrow(/cannot be read/);
  });

  test("checks the counts of a reader", () => {
    const unregister = register("acme", () => ({ inputTokens: 0.5 }));
    expect(() => tokenUsage(response)).toThrow(/inputTokens: expected a whole number/);
    unregister();
  });
});
