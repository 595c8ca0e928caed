/**
 * An in-memory Paygentic, and an in-memory Kontorion, for tests and for trying things out.
 *
 * @module metered-costs/mock
 */

export type { FaultFrequency } from "./faults.ts";
export {
  createMockKontorion,
  type KontorionFault,
  type MockKontorion,
  type MockKontorionOptions,
} from "./kontorion/mock-kontorion.ts";
export type { CatalogCostSeed } from "./kontorion/seeds.ts";
export type { Mock, MockOptions } from "./mock.ts";
export {
  createMockPaygentic,
  type Fault,
  type MockPaygentic,
  type MockPaygenticOptions,
  type OperationWithBody,
} from "./paygentic/mock-paygentic.ts";
export type { CostSeed, RevenueSeed } from "./paygentic/seeds.ts";
export type { BillableMetricSeed, StoredEvent } from "./paygentic/store.ts";
export type { ReceivedRequest } from "./received-requests.ts";
