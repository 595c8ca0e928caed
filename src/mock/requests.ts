/** What arrives at the mock, read with the schemas of what the client sends: bodies are JSON, a query is text. */
import {
  costId,
  field,
  jsonPath,
  metricId,
  type Payload,
  readPart,
  record,
  refuse,
  type Schema,
  strictObject,
  text,
  time,
} from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import {
  billableMetricEventListParams,
  billableMetricMeterParams,
  costCreateParams,
  costListParams,
  costReportParams,
  costSummaryParams,
  costUpdateParams,
  eventIngestParams,
  profitabilityParams,
  revenueParams,
} from "../schemas/requests.ts";
import { LosslessNumber } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { EXPECTED_TIME, parseTimestamp } from "../values/timestamp.ts";

/** A time as the wire has it: text, which stays as it is. */
const timeText = field<string, Date | string>((given, payload) =>
  typeof given === "string" && !Number.isNaN(parseTimestamp(given))
    ? given
    : refuse(payload, EXPECTED_TIME, given),
);

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const numberOf = (given: string): unknown => (INTEGER.test(given) ? Number(given) : given);
const filterTexts = record(text);

/** The parameters that are not text: what each means. */
const MEANINGS: Readonly<Record<string, (given: string, payload: Payload) => unknown>> = {
  limit: numberOf,
  offset: numberOf,
  topN: numberOf,
  groupLimit: numberOf,
  groupOffset: numberOf,
  comparePriorPeriod: (given) => (/^(?:true|false)$/.test(given) ? given === "true" : given),
  filterGroupBy: (given, payload) => {
    const issues = payload.issues.length;
    let parsed: unknown;
    try {
      parsed = JSON.parse(given);
    } catch {
      return refuse(payload, "expected a JSON object", given, "filterGroupBy");
    }
    const filter = readPart(filterTexts, parsed, payload, "filterGroupBy");
    return payload.issues.length === issues ? filter : undefined;
  },
};

const REPEATABLE = ["costId", "subscriptionIds"];

/** What a request says, taken apart. */
export interface Call {
  /** The `{id}` in the path; empty where the path has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** A JSON object; undefined for operations without a body. */
  readonly body: unknown;
}

interface Named {
  readonly fieldNames: readonly string[];
}

/** Reads a query: parameters that the schema does not name are ignored. */
function query<Output, Input>(
  schema: Schema<Output, Input> & Named,
): Schema<Output, URLSearchParams> {
  return field((given, payload) => {
    const named: Record<string, unknown> = {};
    for (const name of schema.fieldNames) {
      const values = (given as URLSearchParams).getAll(name);
      const [first, ...others] = values;
      if (first === undefined) continue;
      if (REPEATABLE.includes(name)) {
        named[name] = values;
        continue;
      }
      if (others.length > 0) refuse(payload, "expected it once", values, name);
      named[name] = Object.hasOwn(MEANINGS, name) ? MEANINGS[name]?.(first, payload) : first;
    }
    return readPart(schema, named, payload);
  });
}

const dimensions = record(jsonPath);

/**
 * Reads the body of a cost. Its unit cost is a JSON number, and no text. A dimension may have any name, although the
 * client refuses one that no `groupBy` can name.
 */
function costBody<Output extends object, Input>(
  schema: Schema<Output, Input>,
): Schema<Output, object> {
  return field((given, payload) => {
    const { unitCost, groupBy, ...others } = given as Readonly<Record<string, unknown>>;
    const members = { ...others };
    if (unitCost !== undefined) {
      const isNumber = typeof unitCost === "number" || unitCost instanceof LosslessNumber;
      if (!isNumber) refuse(payload, "expected a number", unitCost, "unitCost");
      members["unitCost"] = isNumber ? String(unitCost) : 0;
    }
    if (!isRecord(groupBy)) {
      return readPart(schema, groupBy === undefined ? members : { ...members, groupBy }, payload);
    }
    const made = readPart(schema, { ...members, groupBy: {} }, payload);
    return { ...made, groupBy: readPart(dimensions, groupBy, payload, "groupBy") };
  });
}

/** The fields of an event that are null in a log when they are absent, and that the API takes as text only. */
const OPTIONAL_TEXTS = ["subject", "externalSubject", "namespace", "idempotencyKey", "externalId"];
const eventParams = eventIngestParams(timeText);

export const createCostBody = costBody(costCreateParams);
export const updateCostBody = costBody(costUpdateParams);
/** Reads an event. Null means absence in a log and nothing on the wire. */
export const ingestEventBody = field<EventBody, object>((given, payload) => {
  const members: Record<string, unknown> = { ...(given as object) };
  for (const name of OPTIONAL_TEXTS) {
    if (members[name] !== null) continue;
    refuse(payload, "expected text; leave the field out for none", null, name);
    members[name] = "none";
  }
  return readPart(eventParams, members, payload);
});
type EventBody = (typeof eventParams)["_zod"]["output"];

export const listCostsQuery = query(costListParams);
export const costSummaryQuery = query(costSummaryParams(timeText));
export const costReportQuery = query(costReportParams(timeText));
export const profitabilityQuery = query(profitabilityParams(time));
export const revenueQuery = query(revenueParams(time));
export const meterQuery = query(billableMetricMeterParams(time));
export const storedEventsQuery = query(billableMetricEventListParams(time));

const paths = { cost: strictObject({ id: costId }), metric: strictObject({ id: metricId }) };

/** Refuses an id in a path that no cost, or no billable metric, can have. */
export function checkId(of: keyof typeof paths, id: string): void {
  readInput(paths[of], { id }, INVALID);
}

/** Reads a request; throws an `InvalidInputError` that names everything that is wrong with it. */
export function readRequest<Output, Input>(schema: Schema<Output, Input>, given: unknown): Output {
  return readInput(schema, given, INVALID);
}
const INVALID = "The request is not valid";
