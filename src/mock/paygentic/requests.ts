import {
  costId,
  field,
  jsonPath,
  metricId,
  readPart,
  record,
  refuse,
  type Schema,
  strictObject,
  text,
  time,
} from "../../schemas/fields.ts";
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
} from "../../schemas/requests.ts";
import { LosslessNumber } from "../../values/lossless-json.ts";
import { isRecord } from "../../values/record.ts";
import { expectedTime, parseTimestamp } from "../../values/timestamp.ts";
import { numberOf, query, type ReadText } from "../requests.ts";

/** A time as the wire has it: text, which stays as it is. */
const timeText = field<string, Date | string>((given, payload) =>
  typeof given === "string" && !Number.isNaN(parseTimestamp(given))
    ? given
    : refuse(payload, expectedTime(given), given),
);

const filterTexts = record(text);

/** The parameters that are not text: what each means. */
const MEANINGS: Readonly<Record<string, ReadText | "repeatable">> = {
  costId: "repeatable",
  subscriptionIds: "repeatable",
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

export const listCostsQuery = query(costListParams, MEANINGS);
export const costSummaryQuery = query(costSummaryParams(timeText), MEANINGS);
export const costReportQuery = query(costReportParams(timeText), MEANINGS);
export const profitabilityQuery = query(profitabilityParams(time), MEANINGS);
export const revenueQuery = query(revenueParams(time), MEANINGS);
export const meterQuery = query(billableMetricMeterParams(time), MEANINGS);
export const storedEventsQuery = query(billableMetricEventListParams(time), MEANINGS);

/** The parameters of the paths, by what has the id. */
export const costPath = strictObject({ id: costId });
export const metricPath = strictObject({ id: metricId });
