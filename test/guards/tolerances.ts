import { Decimal } from "../../src/decimal.ts";
import { parseExact } from "../../src/exact.ts";
import { LongNumber } from "../../src/json.ts";
import { readTime } from "../../src/timestamp.ts";
import type { Objection, Tolerance } from "./comparison.ts";

const ANSWERS = ["Cost", "CostPage", "CostSummary", "CostReport", "EventReceipt"];
const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
const TOKENS = {
  type: "metered",
  name: "Tokens",
  unitCost: 0.002,
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens",
};
const EVENT = { type: "llm.completion", source: "urn:gateway", subject: "cus_1", data: {} };
const COST = {
  id: "cst_1",
  object: "cost",
  type: "metered",
  name: "Tokens",
  currency: "USD",
  unitCost: "0.002",
  productId: "prod_1",
  merchantId: "org_1",
  createdAt: "2026-06-01T00:00:00Z",
  updatedAt: "2026-06-01T00:00:00Z",
};
const SUMMARY = {
  object: "cost",
  id: "cst_1",
  name: "Tokens",
  type: "metered",
  currency: "USD",
  totalCost: 1,
};
const PAGE = { object: "list", data: [COST], pagination: { limit: 10, offset: 0, total: 1 } };

/** An objection of the guard's to a value that the contract has nothing against. */
const guardAlone =
  (...schemas: readonly string[]) =>
  (where: (objection: Objection) => boolean) =>
  (objection: Objection): boolean =>
    objection.by === "guard" && schemas.includes(objection.schema) && where(objection);
/** An objection of the contract's to a value that the guard has nothing against. */
const contractAlone =
  (...schemas: readonly string[]) =>
  (where: (objection: Objection) => boolean) =>
  (objection: Objection): boolean =>
    objection.by === "contract" && schemas.includes(objection.schema) && where(objection);

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
  ].some((name) => path.at(-1) === name);
const WITH_TIMES = ["getCostSummary query", "getCostReport query", "ingestEvent body", ...ANSWERS];
const timeLike =
  (pattern: RegExp) =>
  (objection: Objection): boolean =>
    isTimeField(objection) && typeof objection.value === "string" && pattern.test(objection.value);

/** Every place where the guards may differ from openapi.json. An objection that none of these allows is a mistake. */
export const TOLERANCES: readonly Tolerance[] = [
  {
    name: "a Date for a time",
    why: "Arguments are JavaScript: a Date is sent as its RFC 3339 text.",
    allows: contractAlone(
      "getCostSummary query",
      "getCostReport query",
      "ingestEvent body",
    )(
      (objection) =>
        objection.path.length === 1 && isTimeField(objection) && objection.value instanceof Date,
    ),
    examples: [
      { schema: "getCostSummary query", payload: { ...JUNE, to: new Date("2026-07-01") } },
      { schema: "ingestEvent body", payload: { ...EVENT, timestamp: new Date(0) } },
    ],
  },
  {
    name: "decimal text for a unit cost",
    why: "A JavaScript number cannot hold every unit cost; the text is sent as a JSON number with all its digits.",
    allows: contractAlone(
      "createCost body",
      "updateCost body",
    )((objection) => hasPath(objection, "unitCost") && typeof objection.value === "string"),
    examples: [{ schema: "createCost body", payload: { ...TOKENS, unitCost: "0.00000015" } }],
  },
  {
    name: "a bigint for a unit cost",
    why: "A bigint is an exact number; it is sent as a JSON number.",
    allows: contractAlone(
      "createCost body",
      "updateCost body",
    )((objection) => hasPath(objection, "unitCost") && typeof objection.value === "bigint"),
    examples: [{ schema: "updateCost body", payload: { unitCost: 3n } }],
  },
  {
    name: "a Decimal, ours or another's, for a unit cost",
    why: "An exact number as an object is sent as a JSON number with all its digits.",
    allows: contractAlone(
      "createCost body",
      "updateCost body",
    )(
      ({ path, value }) =>
        path[0] === "unitCost" &&
        path.length === 1 &&
        typeof (value as { toFixed?: unknown } | null)?.toFixed === "function" &&
        typeof value === "object",
    ),
    examples: [{ schema: "createCost body", payload: { ...TOKENS, unitCost: new Decimal(2) } }],
  },
  {
    name: "one cost's id as it is",
    why: "A report on one cost is the usual one; the id is sent as a list of one.",
    allows: contractAlone("getCostReport query")(
      (objection) => hasPath(objection, "costId") && typeof objection.value === "string",
    ),
    examples: [
      { schema: "getCostReport query", payload: { ...JUNE, groupBy: "model", costId: "cst_1" } },
    ],
  },
  {
    name: "dimension names in an array",
    why: "The names are joined with commas here, so that nobody has to.",
    allows: contractAlone("getCostSummary query")(
      (objection) => hasPath(objection, "groupBy") && Array.isArray(objection.value),
    ),
    examples: [
      { schema: "getCostSummary query", payload: { ...JUNE, groupBy: ["model", "region"] } },
    ],
  },
  {
    name: "a number, a boolean or null to filter by",
    why: "The API compares texts; these are sent as theirs.",
    allows: contractAlone(
      "getCostSummary query",
      "getCostReport query",
    )(
      ({ path, value }) =>
        path[0] === "filterGroupBy" &&
        path.length === 2 &&
        (value === null || typeof value === "number" || typeof value === "boolean"),
    ),
    examples: [
      { schema: "getCostSummary query", payload: { ...JUNE, filterGroupBy: { tier: 2 } } },
      {
        schema: "getCostReport query",
        payload: { ...JUNE, groupBy: "cost", filterGroupBy: { paid: null } },
      },
    ],
  },
  {
    name: "null for a field of an event that is absent",
    why: "Logs write absent fields as null; such a field is not sent.",
    allows: contractAlone("ingestEvent body")(
      ({ path: [name = "", ...more], value }) =>
        more.length === 0 &&
        value === null &&
        ["subject", "externalSubject", "namespace", "idempotencyKey", "externalId"].includes(name),
    ),
    examples: [{ schema: "ingestEvent body", payload: { ...EVENT, namespace: null } }],
  },
  {
    name: "a range that does not end after it begins",
    why: "A schema cannot compare two fields; such a range holds no instant and is a mistake.",
    allows: guardAlone(
      "getCostSummary query",
      "getCostReport query",
    )((objection) => {
      const { from, to } = objection.payload as { from: unknown; to: unknown };
      return hasPath(objection, "to") && readTime(from) >= readTime(to);
    }),
    examples: [
      { schema: "getCostSummary query", payload: { from: JUNE.to, to: JUNE.from } },
      { schema: "getCostReport query", payload: { from: JUNE.to, to: JUNE.to, groupBy: "cost" } },
    ],
  },
  {
    name: "a declared dimension that no query could name",
    why: "Queries name dimensions in one text with commas between them, so that a name that is empty, has a comma or outer spaces could never be asked for.",
    allows: guardAlone(
      "createCost body",
      "updateCost body",
    )(
      ({ path: [field, name = "x", ...more] }) =>
        field === "groupBy" &&
        more.length === 0 &&
        (name === "" || name.trim() !== name || name.includes(",")),
    ),
    examples: [
      { schema: "createCost body", payload: { ...TOKENS, groupBy: { "a,b": "$.a" } } },
      { schema: "updateCost body", payload: { groupBy: { " model": "$.model" } } },
      { schema: "updateCost body", payload: { groupBy: { "": "$.model" } } },
    ],
  },
  {
    name: "nothing before or after a comma in groupBy",
    why: "An empty name is no dimension; a text that is empty as a whole names none, which is fine.",
    allows: guardAlone("getCostSummary query")(
      ({ path: [field], payload }) =>
        field === "groupBy" &&
        typeof (payload as { groupBy: unknown }).groupBy === "string" &&
        (payload as { groupBy: string }).groupBy.split(",").some((name) => name.trim() === ""),
    ),
    examples: [{ schema: "getCostSummary query", payload: { ...JUNE, groupBy: "model,,region" } }],
  },
  {
    name: "a leap second",
    why: "RFC 3339 allows second 60; a Date cannot be one, and the local summary could not place it.",
    allows: guardAlone(...WITH_TIMES)(timeLike(/:60(?:\.\d+)?(?:z|[+-][\d:]+)$/i)),
    examples: [
      { schema: "getCostSummary query", payload: { ...JUNE, from: "2016-12-31T23:59:60Z" } },
      { schema: "Cost", payload: { ...COST, createdAt: "2016-12-31T23:59:60Z" } },
    ],
  },
  {
    name: "white space between date and time",
    why: "RFC 3339 wants a T in a date-time and only speaks of spaces for reading; ajv takes any white space.",
    allows: guardAlone(...WITH_TIMES)(timeLike(/^\d{4}-\d\d-\d\d\s\d\d:/)),
    examples: [
      {
        schema: "getCostReport query",
        payload: { ...JUNE, groupBy: "cost", from: "2026-06-01 00:00:00Z" },
      },
      { schema: "EventReceipt", payload: { timestamp: "2026-06-01 00:00:00Z" } },
    ],
  },
  {
    name: "an offset without a colon or without minutes",
    why: "RFC 3339 wants +02:00; ajv takes +0200 and +02 too.",
    allows: guardAlone(...WITH_TIMES)(timeLike(/:\d\d(?:\.\d+)?[+-]\d\d(?:\d\d)?$/)),
    examples: [
      { schema: "ingestEvent body", payload: { ...EVENT, timestamp: "2026-06-01T00:00:00+0200" } },
      { schema: "Cost", payload: { ...COST, deletedAt: "2026-06-01T00:00:00-05" } },
    ],
  },
  {
    name: "a report's filter of more than 4,096 characters",
    why: "The limit is on the text of the JSON object, of which a schema of the object knows nothing.",
    allows: guardAlone("getCostReport query")(
      (objection) =>
        hasPath(objection, "filterGroupBy") && JSON.stringify(objection.value).length > 4_096,
    ),
    examples: [
      {
        schema: "getCostReport query",
        payload: { ...JUNE, groupBy: "cost", filterGroupBy: { model: "m".repeat(4_096) } },
      },
    ],
  },
  {
    name: "an offset that a double does not hold",
    why: "Beyond 2^53 a JavaScript number is no longer the one that was meant.",
    allows: guardAlone(
      "listCosts query",
      "getCostReport query",
    )(
      (objection) =>
        hasPath(objection, "offset") &&
        typeof objection.value === "number" &&
        objection.value > Number.MAX_SAFE_INTEGER,
    ),
    examples: [{ schema: "listCosts query", payload: { offset: 2 ** 53 } }],
  },
  {
    name: "data that JSON cannot carry, or carries as something else than an object",
    why: "The contract speaks of JSON; arguments are JavaScript, where data may hold a bigint or turn itself into text.",
    allows: guardAlone("ingestEvent body")((objection) => {
      if (!hasPath(objection, "data")) return false;
      try {
        return !JSON.stringify(objection.value).startsWith("{");
      } catch {
        return true;
      }
    }),
    examples: [
      { schema: "ingestEvent body", payload: { ...EVENT, data: { tokens: 3n } } },
      { schema: "ingestEvent body", payload: { ...EVENT, data: new Date(0) } },
    ],
  },
  {
    name: "a field of an answer that the contract does not know",
    why: "The API may grow fields at any time: the contract lets them pass, and so does the client, which reports them.",
    allows: guardAlone(...ANSWERS)(({ rule }) => rule === "unrecognized_keys"),
    examples: [{ schema: "Cost", payload: { ...COST, taxCode: "T1" } }],
  },
  {
    name: "a unit cost in an answer that is no decimal",
    why: "The contract's schema calls it text; that the text is a number of bounded size is said in words.",
    allows: guardAlone(
      "Cost",
      "CostPage",
    )(
      ({ path, value }) =>
        path.at(-1) === "unitCost" &&
        typeof value === "string" &&
        typeof parseExact(value) === "string",
    ),
    examples: [
      { schema: "Cost", payload: { ...COST, unitCost: "free" } },
      { schema: "CostPage", payload: { ...PAGE, data: [{ ...COST, unitCost: "1e9999" }] } },
    ],
  },
  {
    name: "an amount beyond the range of a double",
    why: "ajv reads it with JSON.parse, which makes Infinity of it; the client keeps its digits.",
    allows: contractAlone(
      "CostSummary",
      "CostReport",
    )(({ value }) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY),
    examples: [
      { schema: "CostSummary", payload: { ...SUMMARY, totalCost: new LongNumber("1e400") } },
    ],
  },
  {
    name: "a count of a page that a double does not hold",
    why: "limit, offset and total are ordinary numbers; one with so many digits cannot be meant.",
    allows: guardAlone(
      "CostPage",
      "CostReport",
    )(
      ({ path, value }) =>
        path[0] === "pagination" &&
        path.length === 2 &&
        (value instanceof LongNumber ||
          (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER)),
    ),
    examples: [
      {
        schema: "CostPage",
        payload: {
          ...PAGE,
          pagination: { ...PAGE.pagination, total: new LongNumber("12345678901234567") },
        },
      },
    ],
  },
];
