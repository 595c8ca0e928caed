import type { Issue, Operation } from "../errors.ts";
import { isJsonObject, jsonTree } from "../values/json-form.ts";
import { timeOfDate } from "../values/timestamp.ts";
import { assertShape, type Check, expecting, oneOf, type Shape } from "./checks.ts";
import type { Fault } from "./faults.ts";
import { ROUTES } from "./routes.ts";

type Kind = Fault["kind"];

const LONGEST_TIMER = 2 ** 31 - 1;
/** What no Response with one of them may have is a body. */
const WITHOUT_BODY: readonly unknown[] = [204, 205, 304];
const REDIRECTS: readonly unknown[] = [301, 302, 303, 307, 308];
const NAMES: readonly Operation[] = ROUTES.map(({ operation }) => operation);

const isNumberFrom = (minimum: number, maximum: number, value: unknown): boolean =>
  typeof value === "number" && value >= minimum && value <= maximum;
const isIntegerFrom = (minimum: number, maximum: number, value: unknown): boolean =>
  Number.isInteger(value) && isNumberFrom(minimum, maximum, value);

function isHeaders(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  try {
    new Headers(value as Record<string, string>);
    jsonTree(value); // the faults of a mock can be written down
    // Headers would make text of anything.
    return Object.values(value).every((each) => typeof each === "string");
  } catch {
    return false;
  }
}

function isBody(value: unknown): boolean {
  if (typeof value === "string") return true;
  try {
    return typeof value === "object" && value !== null && jsonTree(value) !== undefined;
  } catch {
    return false;
  }
}

const milliseconds = expecting(`milliseconds, from 0 to ${LONGEST_TIMER}`, (value) =>
  isNumberFrom(0, LONGEST_TIMER, value),
);
const operationsOf = (names: readonly Operation[]): Check => {
  const isName = (value: unknown): boolean => names.some((name) => name === value);
  return expecting(
    `one or several of ${names.join(", ")}`,
    (value) => isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName)),
  );
};
const FREQUENCY = {
  times: expecting("a whole number of at least 1", (value) =>
    isIntegerFrom(1, Number.MAX_SAFE_INTEGER, value),
  ),
  rate: expecting(
    "a number of more than 0 and at most 1",
    (value) => value !== 0 && isNumberFrom(0, 1, value),
  ),
  seed: expecting("a whole number", Number.isSafeInteger),
};
const INSTEAD_OF_ANSWER = {
  ...FREQUENCY,
  operation: operationsOf(NAMES),
  carriedOut: expecting("true or false", (value) => typeof value === "boolean"),
};
const OF_ANSWER = {
  ...FREQUENCY,
  operation: operationsOf(NAMES.filter((name) => name !== "deleteCost")),
};
const location = expecting(
  "text that a header can carry, such as a URL",
  (value) => typeof value === "string" && value !== "" && isHeaders({ location: value }),
);

/** What each kind has besides `kind`, and which of that it must have. */
const KINDS: Readonly<Record<Kind, { fields: Record<string, Check>; required: string[] }>> = {
  status: {
    fields: {
      ...INSTEAD_OF_ANSWER,
      status: expecting("a status from 200 to 599", (value) => isIntegerFrom(200, 599, value)),
      body: expecting("text, or an object that JSON can carry", isBody),
      headers: expecting("an object of header names and values", isHeaders),
      retryAfter: expecting(
        "seconds of at least 0, or a valid Date",
        (value) =>
          isNumberFrom(0, Number.MAX_SAFE_INTEGER, value) || !Number.isNaN(timeOfDate(value)),
      ),
    },
    required: ["status"],
  },
  html: {
    fields: {
      ...INSTEAD_OF_ANSWER,
      status: expecting(
        "a status from 200 to 599 that may have a body",
        (value) => isIntegerFrom(200, 599, value) && !WITHOUT_BODY.includes(value),
      ),
    },
    required: [],
  },
  delay: { fields: { ...INSTEAD_OF_ANSWER, milliseconds }, required: ["milliseconds"] },
  "cut-connection": { fields: INSTEAD_OF_ANSWER, required: [] },
  redirect: {
    fields: {
      ...INSTEAD_OF_ANSWER,
      location,
      status: expecting(`one of ${REDIRECTS.join(", ")}`, (value) => REDIRECTS.includes(value)),
    },
    required: ["location"],
  },
  "slow-body": { fields: { ...OF_ANSWER, milliseconds }, required: ["milliseconds"] },
  "cut-body": { fields: OF_ANSWER, required: [] },
  "endless-body": { fields: OF_ANSWER, required: [] },
  drift: {
    fields: {
      ...OF_ANSWER,
      drift: oneOf(["unknown-field", "unknown-member", "number-for-string"]),
    },
    required: ["drift"],
  },
};
const kind = oneOf(Object.keys(KINDS));

function contradictions(fault: Readonly<Record<string, unknown>>): Issue[] {
  const issues: Issue[] = [];
  if (fault["times"] !== undefined && fault["rate"] !== undefined) {
    issues.push({ path: ["times"], message: "expected either it or rate, not both" });
  }
  if (fault["seed"] !== undefined && fault["rate"] === undefined) {
    issues.push({ path: ["seed"], message: "expected together with rate only" });
  }
  if (fault["body"] !== undefined && WITHOUT_BODY.includes(fault["status"])) {
    issues.push({ path: ["body"], message: `expected none: a ${fault["status"]} has no body` });
  }
  return issues;
}

/** Throws an `InvalidInputError` with everything that is wrong with a fault. `at` is where it stands. */
export function assertFault(fault: unknown, at: Issue["path"] = []): asserts fault is Fault {
  const stated = isJsonObject(fault) ? fault["kind"] : undefined;
  const known = Object.entries(KINDS).find(([name]) => name === stated)?.[1];
  const shape: Shape<Record<string, unknown>> =
    known === undefined
      ? { fields: { kind }, required: ["kind"] }
      : {
          fields: { kind, ...known.fields },
          required: ["kind", ...known.required],
          together: contradictions,
        };
  if (known === undefined && isJsonObject(fault)) {
    // Of a fault of no known kind only that is said: what else it may have depends on it.
    assertShape({ kind: stated }, shape, "The fault cannot be planned", at);
  }
  assertShape(fault, shape, "The fault cannot be planned", at);
}
