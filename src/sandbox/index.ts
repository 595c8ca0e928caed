export { createSandbox, type Sandbox, type SandboxOptions } from "./sandbox.ts";
export type { CostSeed } from "./seeds.ts";
