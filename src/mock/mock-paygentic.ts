import type { Cost, CostEvent } from "../models.ts";
import {
  callback,
  expecting,
  list,
  milliseconds,
  optional,
  strictObject,
} from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { Decimal } from "../values/decimal.ts";
import { readTime } from "../values/timestamp.ts";
import { exchange, type MockState } from "./exchange.ts";
import { FaultPlan } from "./fault-plan.ts";
import { type Fault, faultSchema } from "./faults.ts";
import { type ReceivedRequest, RequestLog } from "./received-requests.ts";
import {
  type BillableMetricSeed,
  type CostSeed,
  plantSeeds,
  type RevenueSeed,
  seedLists,
} from "./seeds.ts";
import {
  type BillableMetric,
  MockStore,
  type StoredCost,
  type StoredEvent,
  type StoredRevenue,
} from "./store.ts";

/** What a mock begins with. */
export interface MockPaygenticOptions {
  /** Costs that are there from the start, in this order. */
  readonly costs?: readonly CostSeed[] | undefined;
  /** Events that were received before, in this order, whether a cost meters them or not. */
  readonly events?: readonly CostEvent[] | undefined;
  /** Billable metrics, for `billableMetrics.meter` and `.listEvents`, which read the same events. */
  readonly billableMetrics?: readonly BillableMetricSeed[] | undefined;
  /** Invoices of customers, for `profitability.get` and `revenue.get`. */
  readonly revenue?: readonly RevenueSeed[] | undefined;
  /**
   * What time it is: for `createdAt`, `updatedAt` and events without a timestamp.
   * @default () => new Date()
   */
  readonly clock?: (() => Date) | undefined;
  /** What goes wrong, in this order; `mock.fault` plans more. */
  readonly faults?: readonly Fault[] | undefined;
}

/** An in-memory Paygentic. Its functions need no mock before them: `const { fetch } = createMockPaygentic()`. */
export interface MockPaygentic {
  /**
   * Answers a request as the API would; takes what `fetch` takes, so that it can be a client's `fetch`. The host of the
   * URL does not matter, the path does. Redirects are not followed. It rejects like `fetch`, with the reason of an
   * aborted `signal`. It rejects with a `TypeError` for an invalid URL, for a body that cannot be read to its end, and
   * where a fault cuts the connection.
   */
  readonly fetch: (input: Request | string | URL, init?: RequestInit) => Promise<Response>;
  /** All costs there are and were, in the order of their creation; a deleted one has a `deletedAt`. */
  readonly costs: readonly Cost[];
  /** The events that were accepted, in this order, each idempotency key once: ready for `summarizeCost`. */
  readonly events: readonly StoredEvent[];
  /**
   * The requests that were received, in this order, those that a fault hit included; without their keys. The latest
   * 10,000 are kept, or fewer when their bodies are longer than 64 MiB together.
   */
  readonly requests: readonly ReceivedRequest[];
  /** The faults that are still to hit, in the order in which they were planned, with the `times` they have left. */
  readonly faults: readonly Fault[];
  /**
   * Plans one more fault, behind those that are there. A request is hit by one fault at most: the first that can.
   * Throws an `InvalidInputError` for a fault that means nothing.
   */
  readonly fault: (fault: Fault) => void;
  /**
   * Moves the mock's clock forward, by milliseconds of at least 0: it is later for `createdAt`, `updatedAt` and
   * events without a timestamp. Nothing is waited for. Throws an `InvalidInputError` for any other number.
   */
  readonly advance: (milliseconds: number) => void;
  /** Back to the beginning: costs, events and faults as they were given, no requests, ids from 1, the clock not moved. */
  readonly reset: () => void;
}

const options = strictObject({
  ...seedLists,
  clock: optional(callback<() => Date>()),
  faults: optional(list(faultSchema)),
});
/** What `createMockPaygentic` gives, as an argument. */
export const mockPaygentic = expecting<MockPaygentic>(
  "a mock of createMockPaygentic",
  (given) => typeof given === "object" && given !== null && "fetch" in given,
);

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
  const read = readInput(options, given, "The mock cannot be made");
  const { costs = [], events = [], clock = () => new Date(), faults: firstFaults = [] } = read;
  const metrics = (read.billableMetrics ?? []) as readonly BillableMetric[];
  const revenue = (read.revenue ?? []).map(
    ({ customerName, status = "paid", timestamp: at, ...entry }): StoredRevenue => ({
      ...entry,
      customerName: customerName ?? entry.customerId,
      at,
      status,
    }),
  );
  let ahead = 0;
  const now = (): Date => {
    const time = readTime(clock());
    if (!Number.isNaN(time)) return new Date(time + ahead);
    return refuseInput(
      "The mock's clock cannot be read",
      ["clock"],
      "expected it to give a valid Date",
    );
  };
  const begin = (): MockState => {
    const state = {
      store: new MockStore(now, metrics, revenue),
      faults: new FaultPlan(),
      requests: new RequestLog(),
    };
    plantSeeds(state.store, { costs, events });
    for (const fault of firstFaults) state.faults.add(fault);
    return state;
  };
  let state = begin();

  return {
    fetch: async (input, init) =>
      exchange(
        state,
        input instanceof Request && init === undefined ? input : new Request(input, init),
      ),
    get costs() {
      return state.store.costs.map(costModel);
    },
    get events() {
      return [...state.store.events];
    },
    get requests() {
      return [...state.requests.requests];
    },
    get faults() {
      return state.faults.faults;
    },
    fault: (fault) => {
      state.faults.add(readInput(faultSchema, fault, "The fault cannot be planned"));
    },
    advance: (step) => {
      const summary = "The clock cannot be moved";
      readInput(milliseconds, step, summary);
      if (Number.isNaN(readTime(new Date(now().getTime() + step)))) {
        refuseInput(summary, [], "expected milliseconds to a time before the year 10000");
      }
      ahead += step;
    },
    reset: () => {
      ahead = 0;
      state = begin();
    },
  };
}
