/**
 * An in-memory Paygentic, for tests and for trying things out.
 *
 * @module metered-costs/mock
 */

export type { FaultFrequency } from "./faults.ts";
export type { Mock, MockOptions } from "./mock.ts";
export {
  createMockPaygentic,
  type Fault,
  type MockPaygentic,
  type MockPaygenticOptions,
  type OperationWithBody,
} from "./paygentic/mock-paygentic.ts";
export type { BillableMetricSeed, CostSeed, RevenueSeed } from "./paygentic/seeds.ts";
export type { StoredEvent } from "./paygentic/store.ts";
export type { ReceivedRequest } from "./received-requests.ts";
