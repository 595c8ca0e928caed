import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import * as z from "zod/mini";
import { ANSWER_SCHEMAS } from "../../src/answers.ts";
import { InvalidInputError } from "../../src/errors.ts";
import {
  costCreateBody,
  costListQuery,
  costPath,
  costReportQuery,
  costSummaryQuery,
  costUpdateBody,
  eventBody,
  REQUEST_SCHEMAS,
} from "../../src/guards.ts";
import { parseJson, stringifyJson } from "../../src/json.ts";
import type { CostSummaryParams } from "../../src/models.ts";
import { contractSchemas, type Json } from "./contract-schemas.ts";

/** One thing that the contract or the guard has against a payload. */
export interface Objection {
  /** The schema that was held against the payload, such as `createCost body` or `Cost`. */
  readonly schema: string;
  readonly by: "contract" | "guard";
  /** The way to the value, every step as text. */
  readonly path: readonly string[];
  /** The keyword of the contract, or the guard's code. */
  readonly rule: string;
  readonly message: string;
  /** The value that is objected to, as the objector reads it. */
  readonly value: unknown;
  readonly payload: unknown;
}

/** A place where the guard may differ from openapi.json, and why. */
export interface Tolerance {
  readonly name: string;
  readonly why: string;
  /** Whether this is the reason for an objection that only one of the two has. */
  readonly allows: (objection: Objection) => boolean;
  /** Payloads on which the two differ for this reason alone. */
  readonly examples: readonly Payload[];
}

/** Something to judge: an argument of a method, or the JSON tree of an answer. */
export interface Payload {
  readonly schema: string;
  readonly payload: unknown;
}

/** A payload with what both have against it; nothing means that it is accepted. */
export interface Judged extends Payload {
  readonly contract: readonly Objection[];
  readonly guard: readonly Objection[];
}

/** The contract as it lies in the repository. */
export const CONTRACT: Json = JSON.parse(
  readFileSync(new URL("../../openapi.json", import.meta.url), "utf8"),
);

const ajv = new Ajv2020({ strict: false, strictNumbers: true, allErrors: true });
addFormats(ajv, ["date-time"]);
ajv.addFormat("decimal", true);
ajv.addSchema(CONTRACT, "contract");

/** References inside of the document, said from outside of it. */
const fromOutside = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"contract#'));
const contract: ReadonlyMap<string, ValidateFunction> = new Map(
  [...contractSchemas(CONTRACT)].map(([name, schema]) => [name, ajv.compile(fromOutside(schema))]),
);

const bySchema =
  (schema: z.core.$ZodType) =>
  (value: unknown): z.core.$ZodIssue[] =>
    z.safeParse(schema, value).error?.issues ?? [];

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  readonly message: string;
}

/** The id in the path of an operation; its guard is a function. */
const byPath =
  (operation: Parameters<typeof costPath>[0]) =>
  (value: unknown): Issue[] => {
    try {
      costPath(operation, value as string);
      return [];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return error.issues.map(({ message }) => ({ path: [], code: "custom", message }));
    }
  };

type Guard = (value: unknown) => readonly Issue[];

/** The guard of everything that is sent or answered, by the name that the contract's schema has. */
export const GUARDS: ReadonlyMap<string, Guard> = new Map<string, Guard>([
  ["createCost body", bySchema(REQUEST_SCHEMAS.createCost)],
  ["listCosts query", bySchema(REQUEST_SCHEMAS.listCosts)],
  ["getCost id", byPath("getCost")],
  ["updateCost id", byPath("updateCost")],
  ["updateCost body", bySchema(REQUEST_SCHEMAS.updateCost)],
  ["deleteCost id", byPath("deleteCost")],
  ["getCostSummary id", byPath("getCostSummary")],
  ["getCostSummary query", bySchema(REQUEST_SCHEMAS.getCostSummary)],
  ["getCostReport query", bySchema(REQUEST_SCHEMAS.getCostReport)],
  ["ingestEvent body", bySchema(REQUEST_SCHEMAS.ingestEvent)],
  ...Object.entries(ANSWER_SCHEMAS).map(([name, schema]) => [name, bySchema(schema)] as const),
]);

const isAnswer = (schema: string): boolean => Object.hasOwn(ANSWER_SCHEMAS, schema);

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string, unknown>)[step]
        : undefined,
    root,
  );
}

/**
 * What both have against a payload. An answer is judged as its text: the contract reads that with `JSON.parse`, the
 * guard as the client does.
 */
export function judge({ schema, payload }: Payload): Judged {
  const validate = contract.get(schema);
  const guard = GUARDS.get(schema);
  if (validate === undefined || guard === undefined) throw new TypeError(`no schema ${schema}`);
  const text = isAnswer(schema) ? stringifyJson(payload) : undefined;
  const forContract: unknown = text === undefined ? payload : JSON.parse(text);
  const forGuard = text === undefined ? payload : parseJson(text);
  validate(forContract);
  return {
    schema,
    payload,
    contract: (validate.errors ?? []).map(({ instancePath, keyword, message = "" }) => {
      const steps = instancePath.split("/").slice(1);
      const path = steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
      const value = valueAt(forContract, path);
      return { schema, by: "contract", path, rule: keyword, message, value, payload };
    }),
    guard: guard(forGuard).map((issue) => {
      const path = issue.path.map(String);
      const value = valueAt(forGuard, path);
      return {
        schema,
        by: "guard",
        path,
        rule: issue.code,
        message: issue.message,
        value,
        payload,
      };
    }),
  };
}

/** Whether one accepts what the other refuses, and not every objection is one that a tolerance allows. */
export function disagrees(judged: Judged, tolerances: readonly Tolerance[]): boolean {
  if (judged.contract.length > 0 === judged.guard.length > 0) return false;
  return ![...judged.contract, ...judged.guard].every((objection) =>
    tolerances.some(({ allows }) => allows(objection)),
  );
}

/** What goes out for an argument that the guard accepts, by the name of its schema. */
const SENT: ReadonlyMap<string, (argument: never) => unknown> = new Map<
  string,
  (argument: never) => unknown
>([
  ["createCost body", costCreateBody],
  ["listCosts query", costListQuery],
  ["updateCost body", costUpdateBody],
  ["getCostSummary query", (params: CostSummaryParams) => costSummaryQuery(params, "cst_1")],
  ["getCostReport query", costReportQuery],
  ["ingestEvent body", eventBody],
]);

/**
 * An argument as it goes out, its text read again by the contract's reader; a filter, which is text in a URL, as the
 * object that the text is. A path has only the id, which goes out as it is.
 */
export function sent({ schema, payload }: Payload): Payload {
  const made = SENT.get(schema)?.(payload as never) ?? payload;
  const wire = JSON.parse(stringifyJson(made));
  const { filterGroupBy } = (made ?? {}) as { filterGroupBy?: string };
  if (typeof filterGroupBy === "string") wire.filterGroupBy = JSON.parse(filterGroupBy);
  return { schema, payload: wire };
}
