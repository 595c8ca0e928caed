import {
  ApiError,
  ConnectionError,
  CostsError,
  InvalidEventError,
  InvalidInputError,
  InvalidResponseError,
  isCostsError,
  QueueError,
} from "metered-costs";
import { describe, expect, test, vi } from "vitest";

const response = new Response(null, { status: 404 });
const answer = {
  operation: "getCost",
  attempts: 2,
  status: 404,
  requestId: "req_1",
  bodyText: "{}",
  response,
} as const;
const refusal = {
  ...answer,
  code: "NOT_FOUND",
  category: "not_found",
  serverCode: undefined,
  fieldErrors: [],
  details: undefined,
  retryAfterSeconds: undefined,
} as const;
const noAnswer = { operation: "getCost", attempts: 1, code: "TIMEOUT" } as const;
const issues = [
  { path: ["data", "tokens", 0], message: "expected a number" },
  { path: [], message: "expected less" },
] as const;
const everyKind: readonly (readonly [name: string, code: string, make: () => CostsError])[] = [
  ["ApiError", "NOT_FOUND", () => new ApiError("no such cost", refusal)],
  ["ConnectionError", "TIMEOUT", () => new ConnectionError("too late", noAnswer)],
  ["InvalidInputError", "INVALID_INPUT", () => new InvalidInputError("refused", issues)],
  [
    "InvalidEventError",
    "INVALID_EVENT",
    () => new InvalidEventError({ index: 0, key: undefined, issues }),
  ],
  [
    "InvalidResponseError",
    "INVALID_RESPONSE",
    () => new InvalidResponseError("odd", issues, answer),
  ],
  ["QueueError", "QUEUE_CLOSED", () => new QueueError("closed", { code: "QUEUE_CLOSED" })],
];

describe.each(everyKind)("%s", (name, code, make) => {
  test("has its name and its code, and is one of the library's", () => {
    const error = make();
    expect(error.name).toBe(name);
    expect(error.code).toBe(code);
    expect(error).toBeInstanceOf(CostsError);
    expect(error).toBeInstanceOf(Error);
    expect(isCostsError(error)).toBe(true);
    expect(String(error)).toBe(`${name}: ${error.message}`);
  });

  test("is plain data to JSON.stringify, without its response", () => {
    const error = make();
    const known = JSON.parse(JSON.stringify(error));
    expect(known).toMatchObject({ name, code, message: error.message });
    expect(known).not.toHaveProperty("response");
    expect(known).not.toHaveProperty("cause");
  });

  test("has no cause where there was none", () => {
    expect("cause" in make()).toBe(false);
  });
});

describe("a cause", () => {
  const cause = new Error("the disk is full");
  test.each<() => CostsError>([
    () => new ConnectionError("no answer", { ...noAnswer, code: "CONNECTION_FAILED", cause }),
    () => new InvalidInputError("refused", [], { cause }),
    () => new QueueError("failed", { code: "STORE_FAILED", cause }),
  ])("is kept, and left out of JSON: %s", (make) => {
    const error = make();
    expect(error.cause).toBe(cause);
    expect(Object.keys(error.toJSON())).not.toContain("cause");
  });

  test("of a connection's error does not stand among what it knows", () => {
    const error = new ConnectionError("no answer", { ...noAnswer, cause });
    expect(error.toJSON()).toEqual({
      ...noAnswer,
      name: "ConnectionError",
      message: "no answer",
    });
    expect(Object.keys(error)).not.toContain("cause");
  });
});

describe("a message", () => {
  test("has every issue with its path, and one of the whole without", () => {
    expect(new InvalidInputError("It was refused", issues).message).toBe(
      "It was refused: data.tokens.0: expected a number; expected less",
    );
    expect(new InvalidResponseError("It cannot be used", issues, answer).message).toBe(
      "It cannot be used: data.tokens.0: expected a number; expected less",
    );
  });

  test("is the summary alone where there are no issues", () => {
    expect(new InvalidInputError("It was refused", []).message).toBe("It was refused");
  });

  test.each([
    [{}, "Event 7 is not valid"],
    [{ key: 'a"b' }, 'Event 7 (idempotency key "a\\"b") is not valid'],
    [{ line: 9 }, "Event 7 on line 9 is not valid"],
    [{ line: 9, key: "" }, 'Event 7 on line 9 (idempotency key "") is not valid'],
  ])("says which event it is: %o", (which, start) => {
    const error = new InvalidEventError({ index: 7, key: undefined, issues, ...which });
    expect(error.message).toBe(`${start}: data.tokens.0: expected a number; expected less`);
    expect(error).toMatchObject({ index: 7, ...which, issues });
  });
});

describe("isCostsError", () => {
  test.each([
    undefined,
    null,
    "INVALID_INPUT",
    5,
    true,
    5n,
    Symbol("metered-costs.error"),
    () => "ApiError",
    {},
    new Error("INVALID_INPUT"),
    { name: "ApiError", code: "NOT_FOUND" },
  ])("is false for what is no error of the library: %s", (thrown) => {
    expect(isCostsError(thrown)).toBe(false);
  });

  test("holds between two copies and two versions of the package: the brand's name is fixed", async () => {
    vi.resetModules();
    const other = await import("metered-costs");
    const error = new other.InvalidInputError("refused", []);
    expect(error).not.toBeInstanceOf(CostsError);
    expect(isCostsError(error)).toBe(true);
    const brand = Symbol.for("metered-costs.error");
    expect(Reflect.get(error, brand)).toBe(true);
    expect(isCostsError({ [brand]: true })).toBe(true);
  });
});
