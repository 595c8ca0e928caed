/**
 * An in-memory Paygentic, for tests and for trying things out.
 *
 * @module metered-costs/mock
 */

export type { Fault, FaultFrequency, OperationWithBody } from "./faults.ts";
export {
  createMockPaygentic,
  type MockPaygentic,
  type MockPaygenticOptions,
} from "./mock-paygentic.ts";
export type { ReceivedRequest } from "./received-requests.ts";
export type { BillableMetricSeed, CostSeed, RevenueSeed } from "./seeds.ts";
export type { StoredEvent } from "./store.ts";
