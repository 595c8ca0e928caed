import type { Operation, Paygentic, RequestOptions } from "metered-costs";
import {
  COST,
  CREATE,
  EVENT,
  JUNE,
  JUNE_REPORT,
  PAGE,
  RECEIPT,
  REPORT,
  SUMMARY,
} from "./samples.ts";
import { type Answer, empty, json } from "./scripted-server.ts";

/** One operation of the contract: how it is called, and how it is answered when all is well. */
export interface OperationCase {
  readonly operation: Operation;
  readonly success: Answer;
  /** The status of `success`. */
  readonly status: number;
  readonly call: (client: Paygentic, options?: RequestOptions) => Promise<unknown>;
}

export const OPERATIONS: readonly OperationCase[] = [
  {
    operation: "createCost",
    success: json(COST, 201),
    status: 201,
    call: ({ costs }, options) => costs.create(CREATE, options),
  },
  {
    operation: "listCosts",
    success: json(PAGE),
    status: 200,
    call: ({ costs }, options) => costs.list({}, options),
  },
  {
    operation: "getCost",
    success: json(COST),
    status: 200,
    call: ({ costs }, options) => costs.get("cst_1", options),
  },
  {
    operation: "updateCost",
    success: json(COST),
    status: 200,
    call: ({ costs }, options) => costs.update("cst_1", { name: "Input tokens" }, options),
  },
  {
    operation: "deleteCost",
    success: empty(204),
    status: 204,
    call: ({ costs }, options) => costs.delete("cst_1", options),
  },
  {
    operation: "getCostSummary",
    success: json(SUMMARY),
    status: 200,
    call: ({ costs }, options) => costs.summary("cst_1", JUNE, options),
  },
  {
    operation: "getCostReport",
    success: json(REPORT),
    status: 200,
    call: ({ costs }, options) => costs.report(JUNE_REPORT, options),
  },
  {
    operation: "ingestEvent",
    success: json(RECEIPT, 202),
    status: 202,
    call: ({ events }, options) => events.ingest(EVENT, options),
  },
];
