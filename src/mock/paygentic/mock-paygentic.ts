import type { Operation } from "../../errors.ts";
import type { Cost, CostEvent } from "../../models.ts";
import { strictObject } from "../../schemas/fields.ts";
import { readInput } from "../../schemas/input.ts";
import { Decimal } from "../../values/decimal.ts";
import { type AnyFault, faultSchemaOf } from "../faults.ts";
import { createMock, type Mock, type MockOptions, mockMadeBy, mockOptions } from "../mock.ts";
import { PAYGENTIC } from "./operations.ts";
import { type CostSeed, type RevenueSeed, seedLists } from "./seeds.ts";
import { type BillableMetricSeed, MockStore, type StoredCost, type StoredEvent } from "./store.ts";

/** The operations whose answers have a body: all but `deleteCost`. */
export type OperationWithBody = Exclude<Operation, "deleteCost">;

/**
 * What goes wrong with requests, told apart by `kind`.
 *
 * - `status`: a `status`, with or without `body`, `headers` and `retryAfter`; `html`: a page, as from a proxy.
 * - `redirect`: to `location`. `cut-connection`: no answer at all. `delay`: the right answer, `milliseconds` late.
 * - `slow-body`, `cut-body`, `endless-body`: the right answer, whose body takes `milliseconds`, breaks off, or goes on.
 * - `drift`: the right answer with an `unknown-field`, an `unknown-member` of a list, or a `number-for-string`.
 *
 * A fault hits once, or `times`, or at a `rate` with a `seed`; all operations, or those that `operation` names. By
 * default the first six come instead of the work; with `carriedOut: true` the work is done and its answer is lost. The
 * others are faults of an answer, so the work is done; they pass by `deleteCost`, which answers without a body.
 *
 * @example
 * ```ts
 * import { createMockPaygentic } from "metered-costs/mock";
 *
 * const mock = createMockPaygentic({ faults: [{ kind: "status", status: 429, retryAfter: 2, times: 3 }] });
 * mock.fault({ kind: "cut-connection", operation: "ingestEvent", carriedOut: true });
 * mock.fault({ kind: "html", rate: 0.1, seed: 7 });
 * ```
 */
export type Fault = AnyFault<Operation, OperationWithBody>;

/** What a mock begins with. */
export interface MockPaygenticOptions extends MockOptions<Fault> {
  /** Costs that are there from the start, in this order. */
  readonly costs?: readonly CostSeed[] | undefined;
  /** Events that were received before, in this order, whether a cost meters them or not. */
  readonly events?: readonly CostEvent[] | undefined;
  /** Billable metrics, for `billableMetrics.meter` and `.listEvents`, which read the same events. */
  readonly billableMetrics?: readonly BillableMetricSeed[] | undefined;
  /** Invoices of customers, for `profitability.get` and `revenue.get`. */
  readonly revenue?: readonly RevenueSeed[] | undefined;
}

/** An in-memory Paygentic. Its functions need no mock before them: `const { fetch } = createMockPaygentic()`. */
export interface MockPaygentic extends Mock<Operation, Fault> {
  /** All costs there are and were, in the order of their creation; a deleted one has a `deletedAt`. */
  readonly costs: readonly Cost[];
  /** The events that were accepted, in this order, each idempotency key once: ready for `summarizeCost`. */
  readonly events: readonly StoredEvent[];
}

const WITHOUT_BODY = ["deleteCost"] as const;
const faultSchema = faultSchemaOf<Fault>(Object.keys(PAYGENTIC.routes), WITHOUT_BODY);
const options = strictObject({ ...seedLists, ...mockOptions(faultSchema) });
/** What `createMockPaygentic` gives, as an argument. */
export const mockPaygentic = mockMadeBy<MockPaygentic>("createMockPaygentic");

/** A stored cost as the client's model. */
function costModel(cost: StoredCost): Cost {
  const { unitCost, createdAt, updatedAt, deletedAt } = cost;
  return {
    ...cost,
    unitCost: new Decimal(unitCost),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    deletedAt: deletedAt === null ? null : new Date(deletedAt),
  };
}

/**
 * Makes an in-memory Paygentic: costs, events and summaries behind the API's own requests and answers, for tests and
 * for trying things out, without a network and without a key (any bearer token will do).
 *
 * It is as strict as the contract: what is not valid gets a 400 that names the fields. Ids and keys that it makes up
 * are counted (`cst_1`, `evt_1`, `key_1`, ...), costs without a merchant belong to `org_mock`. Summaries are
 * computed by `summarizeCost`, exact to the last digit, with windows in UTC; a cost that lacks what it needs for one
 * (after an update) has null totals. Without options it begins empty, at the time of the machine's clock. What goes
 * wrong is planned as `faults`; what it holds and received is open to tests.
 *
 * Throws an `InvalidInputError` for options it does not know, a seed or a fault that means nothing, and an id given twice.
 *
 * @example
 * ```ts
 * import { Paygentic } from "metered-costs";
 * import { createMockPaygentic } from "metered-costs/mock";
 *
 * const mock = createMockPaygentic({
 *   costs: [
 *     {
 *       id: "cst_tokens",
 *       type: "metered",
 *       name: "Tokens",
 *       unitCost: "0.0000025",
 *       currency: "USD",
 *       productId: "prod_1",
 *       eventType: "llm.completion",
 *       aggregation: "SUM",
 *       valueProperty: "$.tokens",
 *     },
 *   ],
 * });
 * const paygentic = new Paygentic({ environment: "sandbox", apiKey: "sk_test_1", fetch: mock.fetch });
 * const cost = await paygentic.costs.get("cst_tokens");
 * console.log(cost.name, mock.requests.length); // Tokens 1
 * ```
 */
export function createMockPaygentic(given: MockPaygenticOptions = {}): MockPaygentic {
  const read = readInput(options, given, "createMockPaygentic: the mock cannot be made");
  const { clock, faults, ...seeds } = read;
  return createMock({
    api: PAYGENTIC,
    faultSchema,
    withoutBody: WITHOUT_BODY,
    clock,
    faults,
    begin: (now) => new MockStore(now, seeds),
    views: (store) => ({
      get costs() {
        return store().costs.map(costModel);
      },
      get events() {
        return [...store().events];
      },
    }),
  });
}
