import type { components } from "../../generated/paygentic.ts";
import type { Issue } from "../errors.ts";
import {
  AGGREGATIONS,
  CURRENCY,
  EXTERNAL_ID,
  MERCHANT_ID,
  needsValueProperty,
  PRODUCT_ID,
} from "../schemas/contract.ts";
import {
  dateTime,
  jsonObject,
  jsonPath,
  matching,
  nonEmptyText,
  nullOr,
  oneOf,
  recordOf,
  type Shape,
  text,
} from "./checks.ts";
import { type JsonNumber, jsonUnitCost } from "./unit-cost.ts";

type Schemas = components["schemas"];

/** What creates a cost. */
export type CostCreateBody = Omit<Schemas["CostCreateParams"], "unitCost"> & {
  unitCost: JsonNumber;
};

/** What changes a cost; null removes. */
export type CostUpdateBody = Omit<Schemas["CostUpdateParams"], "unitCost"> & {
  unitCost?: JsonNumber;
};

/** A usage event. */
export interface EventIngestBody {
  type: string;
  source: string;
  data: object;
  subject?: string;
  externalSubject?: string;
  namespace?: string;
  timestamp?: string;
  idempotencyKey?: string;
  externalId?: string;
}

const currency = matching(CURRENCY, "USD");
const merchantId = matching(MERCHANT_ID, "org_1");
const externalId = matching(EXTERNAL_ID, "customer-1");

function lacksValueProperty(cost: Readonly<Record<string, unknown>>): readonly Issue[] {
  const { aggregation, valueProperty } = cost;
  const isKnown = AGGREGATIONS.some((known) => known === aggregation);
  if (!isKnown || !needsValueProperty(aggregation) || valueProperty !== undefined) return [];
  return [{ path: ["valueProperty"], message: `is required with ${aggregation}` }];
}

export const COST_CREATE: Shape<CostCreateBody> = {
  fields: {
    type: oneOf(["metered"]),
    name: text,
    unitCost: jsonUnitCost,
    currency,
    productId: matching(PRODUCT_ID, "prod_1"),
    eventType: text,
    aggregation: oneOf(AGGREGATIONS),
    valueProperty: jsonPath,
    groupBy: recordOf(jsonPath),
    unit: text,
    merchantId,
  },
  required: ["type", "name", "unitCost", "currency", "productId", "eventType", "aggregation"],
  together: lacksValueProperty,
};

export const COST_UPDATE: Shape<CostUpdateBody> = {
  fields: {
    name: text,
    unitCost: jsonUnitCost,
    currency,
    unit: nullOr(text),
    aggregation: nullOr(oneOf(AGGREGATIONS)),
    eventType: nullOr(text),
    valueProperty: nullOr(jsonPath),
    groupBy: nullOr(recordOf(jsonPath)),
  },
  required: [],
  together: (changes) =>
    Object.keys(changes).length === 0 ? [{ path: [], message: "expected at least one field" }] : [],
};

export const EVENT_INGEST: Shape<EventIngestBody> = {
  fields: {
    type: text,
    source: nonEmptyText,
    data: jsonObject,
    subject: text,
    externalSubject: externalId,
    namespace: nonEmptyText,
    timestamp: dateTime,
    idempotencyKey: text,
    externalId,
  },
  required: ["type", "source", "data"],
  together: ({ subject, externalSubject }) =>
    subject === undefined && externalSubject === undefined
      ? [{ path: ["subject"], message: "is required, or else externalSubject" }]
      : [],
};
