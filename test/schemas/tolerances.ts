import { Decimal } from "../../src/values/decimal.ts";
import { LosslessNumber } from "../../src/values/lossless-json.ts";
import { parseExact } from "../../src/values/scaled-integer.ts";
import { readTime } from "../../src/values/timestamp.ts";
import type { Objection, Payload, Tolerance } from "./comparison.ts";
import { EXAMPLES } from "./examples.ts";

const ANSWERS = [
  "Cost",
  "CostPage",
  "CostSummary",
  "CostReport",
  "EventReceipt",
  "ProfitabilitySummary",
  "RevenueSummary",
  "BillableMetricMeter",
  "BillableMetricEventPage",
];
/** Queries of a time range. */
const RANGES = [
  "getCostSummary query",
  "getCostReport query",
  "getProfitability query",
  "getRevenue query",
  "getBillableMetricMeter query",
  "listBillableMetricEvents query",
];
/** The example of a schema with some fields changed. */
const example = (schema: string, changed: object): Payload => ({
  schema,
  payload: { ...(EXAMPLES.get(schema) as object), ...changed },
});

const NOBODY = { merchantId: undefined, customerId: undefined, subscriptionIds: undefined };

type Where = (objection: Objection) => boolean;
/** An objection of the guard's to a value that the contract has nothing against. */
const guardAlone = (schemas: readonly string[], where: Where): Where => {
  return (objection) =>
    objection.by === "guard" && schemas.includes(objection.schema) && where(objection);
};
/** An objection of the contract's to a value that the guard has nothing against. */
const contractAlone = (schemas: readonly string[], where: Where): Where => {
  return (objection) =>
    objection.by === "contract" && schemas.includes(objection.schema) && where(objection);
};

const hasPath = ({ path }: Objection, ...expected: readonly string[]): boolean =>
  path.length === expected.length && expected.every((step, index) => path[index] === step);
const isTimeField = ({ path }: Objection): boolean =>
  [
    "from",
    "to",
    "timestamp",
    "createdAt",
    "updatedAt",
    "deletedAt",
    "windowStart",
    "windowEnd",
    "startTime",
    "endTime",
    "time",
  ].some((name) => path.at(-1) === name);
const WITH_TIMES = [...RANGES, "ingestEvent body", ...ANSWERS];
const timeLike = (pattern: RegExp): Where => {
  return (objection) =>
    isTimeField(objection) && typeof objection.value === "string" && pattern.test(objection.value);
};

/** Every place where the guards may differ from openapi.json. An objection that none of these allows is a mistake. */
export const TOLERANCES: readonly Tolerance[] = [
  {
    name: "a Date for a time",
    why: "Arguments are JavaScript: a Date is sent as its RFC 3339 text.",
    allows: contractAlone(
      [...RANGES, "ingestEvent body"],
      (objection) =>
        objection.path.length === 1 && isTimeField(objection) && objection.value instanceof Date,
    ),
    examples: [
      example("getCostSummary query", { to: new Date("2026-07-01") }),
      example("ingestEvent body", { timestamp: new Date(0) }),
    ],
  },
  {
    name: "decimal text for a unit cost",
    why: "A JavaScript number cannot hold every unit cost; the text is sent as a JSON number with all its digits.",
    allows: contractAlone(
      ["createCost body", "updateCost body"],
      (objection) => hasPath(objection, "unitCost") && typeof objection.value === "string",
    ),
    examples: [example("createCost body", { unitCost: "0.00000015" })],
  },
  {
    name: "a bigint for a unit cost",
    why: "A bigint is an exact number; it is sent as a JSON number.",
    allows: contractAlone(
      ["createCost body", "updateCost body"],
      (objection) => hasPath(objection, "unitCost") && typeof objection.value === "bigint",
    ),
    examples: [example("updateCost body", { unitCost: 3n })],
  },
  {
    name: "a Decimal, ours or another's, for a unit cost",
    why: "An exact number as an object is sent as a JSON number with all its digits.",
    allows: contractAlone(
      ["createCost body", "updateCost body"],
      (objection) =>
        hasPath(objection, "unitCost") &&
        typeof (objection.value as { toFixed?: unknown } | null)?.toFixed === "function" &&
        typeof objection.value === "object",
    ),
    examples: [example("createCost body", { unitCost: new Decimal(2) })],
  },
  {
    name: "one id as it is",
    why: "A report on one cost is the usual one; the id is sent as a list of one.",
    allows: contractAlone(
      ["getCostReport query", "getRevenue query"],
      (objection) =>
        (hasPath(objection, "costId") || hasPath(objection, "subscriptionIds")) &&
        typeof objection.value === "string",
    ),
    examples: [example("getCostReport query", { costId: "cst_1" })],
  },
  {
    name: "dimension names in an array",
    why: "The names are joined with commas here, so that nobody has to.",
    allows: contractAlone(
      ["getCostSummary query", "getBillableMetricMeter query"],
      (objection) => hasPath(objection, "groupBy") && Array.isArray(objection.value),
    ),
    examples: [example("getCostSummary query", { groupBy: ["model", "region"] })],
  },
  {
    name: "a number, a boolean or null to filter by",
    why: "The API compares texts; these are sent as theirs.",
    allows: contractAlone(
      ["getCostSummary query", "getCostReport query", "getBillableMetricMeter query"],
      ({ path, value }) =>
        path[0] === "filterGroupBy" &&
        path.length === 2 &&
        (value === null || typeof value === "number" || typeof value === "boolean"),
    ),
    examples: [
      example("getCostSummary query", { filterGroupBy: { tier: 2 } }),
      example("getCostReport query", { filterGroupBy: { paid: null } }),
    ],
  },
  {
    name: "null for a field of an event that is absent",
    why: "Logs write absent fields as null; such a field is not sent.",
    allows: contractAlone(
      ["ingestEvent body"],
      ({ path: [name = "", ...more], value }) =>
        more.length === 0 &&
        value === null &&
        ["subject", "externalSubject", "namespace", "idempotencyKey", "externalId"].includes(name),
    ),
    examples: [example("ingestEvent body", { namespace: null })],
  },
  {
    name: "a range that does not end after it begins",
    why: "A schema cannot compare two fields; such a range holds no instant and is a mistake.",
    allows: guardAlone(RANGES, (objection) => {
      const { from, to, startTime, endTime } = objection.payload as Record<string, unknown>;
      const isEnd = hasPath(objection, "to") || hasPath(objection, "endTime");
      return isEnd && readTime(from ?? startTime) >= readTime(to ?? endTime);
    }),
    examples: [
      example("getCostSummary query", { to: "2026-06-01T00:00:00Z" }),
      example("getCostReport query", { to: "2025-06-01T00:00:00Z" }),
    ],
  },
  {
    name: "a declared dimension that no query could name",
    why: "Queries name dimensions in one text with commas between them, so that a name that is empty, has a comma or outer spaces could never be asked for.",
    allows: guardAlone(
      ["createCost body", "updateCost body"],
      ({ path: [field, name = "x", ...more] }) =>
        field === "groupBy" &&
        more.length === 0 &&
        (name === "" || name.trim() !== name || name.includes(",")),
    ),
    examples: [
      example("createCost body", { groupBy: { "a,b": "$.a" } }),
      example("updateCost body", { groupBy: { " model": "$.model" } }),
      example("updateCost body", { groupBy: { "": "$.model" } }),
    ],
  },
  {
    name: "nothing before or after a comma in groupBy",
    why: "An empty name is no dimension; a text that is empty as a whole names none, which is fine.",
    allows: guardAlone(
      ["getCostSummary query", "getBillableMetricMeter query"],
      ({ path: [field], payload }) =>
        field === "groupBy" &&
        typeof (payload as { groupBy: unknown }).groupBy === "string" &&
        (payload as { groupBy: string }).groupBy.split(",").some((name) => name.trim() === ""),
    ),
    examples: [example("getCostSummary query", { groupBy: "model,,region" })],
  },
  {
    name: "a leap second",
    why: "RFC 3339 allows second 60; a Date cannot be one, and the local summary could not place it.",
    allows: guardAlone([...WITH_TIMES], timeLike(/:60(?:\.\d+)?(?:z|[+-][\d:]+)$/i)),
    examples: [
      example("getCostSummary query", { from: "2016-12-31T23:59:60Z" }),
      example("Cost", { createdAt: "2016-12-31T23:59:60Z" }),
    ],
  },
  {
    name: "white space between date and time",
    why: "RFC 3339 wants a T in a date-time and only speaks of spaces for reading; ajv takes any white space.",
    allows: guardAlone([...WITH_TIMES], timeLike(/^\d{4}-\d\d-\d\d\s\d\d:/)),
    examples: [
      example("getCostReport query", { from: "2026-06-01 00:00:00Z" }),
      example("EventReceipt", { timestamp: "2026-06-01 00:00:00Z" }),
    ],
  },
  {
    name: "an offset without a colon or without minutes",
    why: "RFC 3339 wants +02:00; ajv takes +0200 and +02 too.",
    allows: guardAlone([...WITH_TIMES], timeLike(/:\d\d(?:\.\d+)?[+-]\d\d(?:\d\d)?$/)),
    examples: [
      example("ingestEvent body", { timestamp: "2026-06-01T00:00:00+0200" }),
      example("Cost", { deletedAt: "2026-06-01T00:00:00-05" }),
    ],
  },
  {
    name: "a report's filter of more than 4,096 characters",
    why: "The limit is on the text of the JSON object, of which a schema of the object knows nothing.",
    allows: guardAlone(
      ["getCostReport query"],
      (objection) =>
        hasPath(objection, "filterGroupBy") && JSON.stringify(objection.value).length > 4_096,
    ),
    examples: [example("getCostReport query", { filterGroupBy: { model: "m".repeat(4_096) } })],
  },
  {
    name: "an offset that a double does not hold",
    why: "Beyond 2^53 a JavaScript number is no longer the one that was meant.",
    allows: guardAlone(
      ["listCosts query", "getCostReport query", "listBillableMetricEvents query"],
      (objection) =>
        hasPath(objection, "offset") &&
        typeof objection.value === "number" &&
        objection.value > Number.MAX_SAFE_INTEGER,
    ),
    examples: [example("listCosts query", { offset: 2 ** 53 })],
  },
  {
    name: "a Date, a Map or the like for an object",
    why: "ajv takes every object of JavaScript for one of JSON; those without members would be sent as an empty one.",
    allows: guardAlone(
      ["createCost body", "updateCost body", "listCosts query", ...RANGES],
      ({ path: [field, ...more], value }) =>
        (field === undefined || field === "groupBy" || field === "filterGroupBy") &&
        more.length === 0 &&
        (value instanceof Date || value instanceof Map),
    ),
    examples: [
      example("createCost body", { groupBy: new Map([["model", "$.model"]]) }),
      example("getCostSummary query", { filterGroupBy: new Map([["model", "large"]]) }),
      { schema: "listCosts query", payload: new Date(0) },
    ],
  },
  {
    name: "data that JSON cannot carry, or carries as something else than an object",
    why: "The contract speaks of JSON; arguments are JavaScript, where data may hold a bigint or turn itself into text.",
    allows: guardAlone(["ingestEvent body"], (objection) => {
      const { path, value } = objection;
      // The path goes all the way to the value.
      if (path[0] === "data" && path.length > 1) return typeof value === "bigint";
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      if (!hasPath(objection, "data") || !isObject) return false;
      try {
        return !JSON.stringify(value).startsWith("{");
      } catch {
        return true;
      }
    }),
    examples: [
      example("ingestEvent body", { data: { tokens: 3n } }),
      example("ingestEvent body", { data: new Date(0) }),
    ],
  },
  {
    name: "a field of an answer that the contract does not know",
    why: "The API may grow fields at any time: the contract lets them pass, and so does the client, which reports them.",
    allows: guardAlone([...ANSWERS], ({ rule }) => rule === "unknown field"),
    examples: [example("Cost", { taxCode: "T1" })],
  },
  {
    name: "decimal text in an answer that is no decimal",
    why: "The contract's schema calls it text; that the text is a number of bounded size is said in words.",
    allows: guardAlone(
      ["Cost", "CostPage", "ProfitabilitySummary", "RevenueSummary"],
      ({ rule, message, value }) =>
        rule === "unusable" &&
        message.startsWith("expected decimal text") &&
        typeof value === "string" &&
        typeof parseExact(value) === "string",
    ),
    examples: [
      example("Cost", { unitCost: "free" }),
      example("CostPage", { data: [{ ...(EXAMPLES.get("Cost") as object), unitCost: "1e9999" }] }),
    ],
  },
  {
    name: "an amount beyond the range of a double",
    why: "ajv reads it with JSON.parse, which makes Infinity of it; the client keeps its digits.",
    allows: contractAlone(
      ["CostSummary", "CostReport", "ProfitabilitySummary", "BillableMetricMeter"],
      ({ value }) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY,
    ),
    examples: [example("CostSummary", { totalCost: new LosslessNumber("1e400") })],
  },
  {
    name: "a count that a double does not hold",
    why: "Counts, limit, offset and total are ordinary numbers; one with so many digits cannot be meant.",
    allows: guardAlone(
      [
        "CostPage",
        "CostReport",
        "RevenueSummary",
        "BillableMetricMeter",
        "BillableMetricEventPage",
      ],
      ({ message, value }) =>
        message.startsWith("expected a whole number") &&
        (value instanceof LosslessNumber ||
          (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER)),
    ),
    examples: [
      example("CostPage", {
        pagination: { limit: 10, offset: 0, total: new LosslessNumber("12345678901234567") },
      }),
    ],
  },
  {
    name: "revenue of nobody",
    why: "The API wants one of three filters, which the document says in words.",
    allows: guardAlone(["getRevenue query"], ({ path, payload }) => {
      const { merchantId, customerId, subscriptionIds } = payload as Record<string, unknown>;
      return path.length === 0 && (merchantId ?? customerId ?? subscriptionIds) === undefined;
    }),
    examples: [example("getRevenue query", NOBODY)],
  },
  {
    name: "groups to skip without a limit",
    why: "groupOffset needs groupLimit, which the document says in words.",
    allows: guardAlone(["getBillableMetricMeter query"], ({ path: [field], payload }) => {
      return (
        field === "groupLimit" && (payload as Record<string, unknown>)["groupLimit"] === undefined
      );
    }),
    examples: [example("getBillableMetricMeter query", { groupLimit: undefined })],
  },
  {
    name: "more rows than the API promises",
    why: "Nothing depends on their number; all of them are read.",
    allows: contractAlone(["ProfitabilitySummary"], ({ rule }) => rule === "maxItems"),
    examples: [
      example("ProfitabilitySummary", { warnings: Array.from({ length: 101 }, () => "late") }),
    ],
  },
];
