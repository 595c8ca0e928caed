import { checkEvent } from "../../engine/from-any.ts";
import type { CostCreateParams, CostEvent } from "../../models.ts";
import {
  aggregation,
  costId,
  currency,
  decimal,
  field,
  filledText,
  jsonPath,
  list,
  metricId,
  oneOf,
  optional,
  readPart,
  record,
  refuse,
  refuseRepeated,
  strictObject,
  text,
  time,
  withDefault,
} from "../../schemas/fields.ts";
import { costCreateParams } from "../../schemas/requests.ts";
import type { DecimalInput } from "../../values/decimal.ts";
import { isJsonObject, jsonTree, pathOfUnfit } from "../../values/json-form.ts";
import { isRecord } from "../../values/record.ts";
import { unreadableBecause } from "../../values/unserializable-value.ts";
import type { NewCost, NewEvent } from "./store.ts";

/** A cost that a mock begins with, under the id given, or else the next of its own. */
export type CostSeed = CostCreateParams & {
  /** `cst_...` */
  readonly id?: string | undefined;
};

/** An invoice of a customer that a mock begins with: it counts as revenue. */
export interface RevenueSeed {
  readonly customerId: string;
  /** @default the id */
  readonly customerName?: string | undefined;
  /** In currency units. */
  readonly amount: DecimalInput;
  readonly currency: string;
  readonly timestamp: Date | string;
  /** @default "paid" */
  readonly status?: "paid" | "outstanding" | undefined;
}

/** A cost as a program gives it, under the schema of `costs.create`. */
const costSeed = field<NewCost, CostSeed>((given, payload) => {
  if (!isRecord(given)) return readPart(costCreateParams, given, payload) as never;
  const { id, ...params } = given;
  const madeId = readPart(optional(costId), id, payload, "id");
  const { unitCost, ...cost } = readPart(costCreateParams, params, payload);
  if (payload.issues.length > 0) return undefined;
  return {
    ...cost,
    unitCost: unitCost.toFixed(),
    ...(madeId !== undefined && { id: madeId }),
  } as NewCost;
});

/** An event as a log has it. */
const eventSeed = field<NewEvent, CostEvent>((given, payload) => {
  let event: unknown;
  try {
    event = jsonTree(given);
  } catch (error) {
    return refuse(payload, unreadableBecause(error), given, ...pathOfUnfit(given));
  }
  const checked = checkEvent(event);
  if ("issues" in checked) {
    for (const { path, message } of checked.issues) refuse(payload, message, undefined, ...path);
    return undefined;
  }
  const { type, data } = checked;
  // As it was written: the checked one has lost its digits beyond milliseconds, and its offset.
  const timestamp = isJsonObject(event) ? event["timestamp"] : undefined;
  return {
    type,
    data,
    source: checked.source ?? undefined,
    subject: checked.subject ?? undefined,
    externalSubject: checked.externalSubject ?? undefined,
    namespace: checked.namespace ?? undefined,
    timestamp: typeof timestamp === "string" ? timestamp : undefined,
    idempotencyKey: checked.idempotencyKey ?? undefined,
  };
});

/** What a mock begins with. The id of a cost may be given once. */
export const seedLists = {
  costs: optional(
    field<readonly NewCost[], readonly CostSeed[]>((given, payload) => {
      const costs = readPart(list(costSeed), given, payload);
      refuseRepeated(
        costs,
        payload,
        "id",
        ({ id }) => id,
        () => "expected a unique id: an earlier cost has this one",
      );
      return costs;
    }),
  ),
  events: optional(list(eventSeed)),
  billableMetrics: optional(
    list(
      strictObject(
        {
          id: metricId,
          eventType: text,
          aggregation,
          valueProperty: optional(jsonPath),
          groupBy: optional(record(jsonPath)),
        },
        {
          together: ({ aggregation: made, valueProperty }, refuseField) => {
            if (made === "COUNT" || valueProperty !== undefined) return;
            refuseField("expected a path such as $.usage.tokens", "valueProperty");
          },
        },
      ),
    ),
  ),
  revenue: optional(
    list(
      strictObject({
        customerId: filledText("a customer's id"),
        customerName: optional(text),
        amount: decimal,
        currency,
        timestamp: time,
        status: withDefault(oneOf(["paid", "outstanding"]), "paid"),
      }),
    ),
  ),
};
