/**
 * An in-memory Paygentic, for tests and for trying things out.
 *
 * @module metered-costs/sandbox
 */

export type { Fault, FaultFrequency, OperationWithBody } from "./faults.ts";
export type { ReceivedRequest } from "./received-requests.ts";
export { createSandbox, type Sandbox, type SandboxOptions } from "./sandbox.ts";
export type { CostSeed } from "./seeds.ts";
export type { StoredEvent } from "./store.ts";
