import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { InvalidInputError } from "../../src/errors.ts";
import type { CostSummaryParams } from "../../src/models.ts";
import {
  costCreateBody,
  costListQuery,
  costPath,
  costReportQuery,
  costSummaryQuery,
  costUpdateBody,
  eventBody,
  meterQuery,
  metricPath,
  profitabilityQuery,
  revenueQuery,
  storedEventsQuery,
} from "../../src/schemas/requests.ts";
import {
  costPageResponse,
  costReportResponse,
  costResponse,
  costSummaryResponse,
  eventReceiptResponse,
  meterResponse,
  profitabilityResponse,
  type ResponseReader,
  revenueResponse,
  storedEventPageResponse,
} from "../../src/schemas/responses.ts";
import { isJsonObject } from "../../src/values/json-form.ts";
import { parseJson, stringifyJson } from "../../src/values/lossless-json.ts";
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

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  readonly message: string;
}

/** An argument of a method, refused with an error that has the issues. */
const byArgument =
  (guard: (argument: never) => unknown) =>
  (value: unknown): Issue[] => {
    try {
      guard(value as never);
      return [];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return error.issues.map((issue) => ({ ...issue, code: "refused" }));
    }
  };

/** The id in the path of an operation. */
const byPath = (pathOf: typeof costPath, operation: Parameters<typeof costPath>[0]) => {
  const guard = byArgument((value) => pathOf(operation, value));
  return (value: unknown): Issue[] => guard(value).map((issue) => ({ ...issue, path: [] }));
};

/** An answer: its drift, and what makes it unusable. The reader makes the model in place: it gets a copy. */
const byReader =
  (read: ResponseReader<unknown>) =>
  (value: unknown): Issue[] => {
    const answer = parseJson(stringifyJson(value));
    // The transport lets nothing else through.
    if (!isJsonObject(answer))
      return [{ path: [], code: "refused", message: "expected an object" }];
    const drift: Issue[] = [];
    const { unusable } = read(answer, (issue) => {
      const code = issue.message === "unknown field" ? "unknown field" : "drift";
      drift.push({ ...issue, code });
    });
    return [...drift, ...unusable.map((issue) => ({ ...issue, code: "unusable" }))];
  };

type Guard = (value: unknown) => readonly Issue[];

/** What reads each schema that is answered. */
export const ANSWERS: Readonly<Record<string, ResponseReader<unknown>>> = {
  Cost: costResponse.read,
  CostPage: costPageResponse.read,
  CostSummary: costSummaryResponse.read,
  CostReport: costReportResponse.read,
  EventReceipt: eventReceiptResponse.read,
  ProfitabilitySummary: profitabilityResponse.read,
  RevenueSummary: revenueResponse.read,
  BillableMetricMeter: meterResponse.read,
  BillableMetricEventPage: storedEventPageResponse.read,
};

/** The guard of everything that is sent or answered, by the name that the contract's schema has. */
export const GUARDS: ReadonlyMap<string, Guard> = new Map<string, Guard>([
  ["createCost body", byArgument(costCreateBody)],
  ["listCosts query", byArgument(costListQuery)],
  ["getCost id", byPath(costPath, "getCost")],
  ["updateCost id", byPath(costPath, "updateCost")],
  ["updateCost body", byArgument(costUpdateBody)],
  ["deleteCost id", byPath(costPath, "deleteCost")],
  ["getCostSummary id", byPath(costPath, "getCostSummary")],
  ["getCostSummary query", byArgument((params) => costSummaryQuery(params, "cst_1"))],
  ["getCostReport query", byArgument(costReportQuery)],
  ["ingestEvent body", byArgument(eventBody)],
  ["getProfitability query", byArgument(profitabilityQuery)],
  ["getRevenue query", byArgument(revenueQuery)],
  ["getBillableMetricMeter id", byPath(metricPath, "getBillableMetricMeter")],
  ["getBillableMetricMeter query", byArgument(meterQuery)],
  ["listBillableMetricEvents id", byPath(metricPath, "listBillableMetricEvents")],
  ["listBillableMetricEvents query", byArgument(storedEventsQuery)],
  ...Object.entries(ANSWERS).map(([name, reader]) => [name, byReader(reader)] as const),
]);

/** Whether a schema is of an answer, and not of something that is sent. */
export const isAnswer = (schema: string): boolean => Object.hasOwn(ANSWERS, schema);

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
  ["getProfitability query", profitabilityQuery],
  ["getRevenue query", revenueQuery],
  ["getBillableMetricMeter query", meterQuery],
  ["listBillableMetricEvents query", storedEventsQuery],
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
