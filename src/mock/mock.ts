import {
  callback,
  expecting,
  list,
  milliseconds,
  optional,
  type Schema,
} from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { readTime } from "../values/timestamp.ts";
import { exchange, type MockApi } from "./exchange.ts";
import { type AnyFault, FaultPlan } from "./faults.ts";
import { type ReceivedRequest, RequestLog } from "./received-requests.ts";

/** What every mock has, whatever its API. Its functions need no mock before them: `const { fetch } = mock`. */
export interface Mock<Operation extends string, Fault> {
  /**
   * Answers a request as the API would; takes what `fetch` takes, so that it can be a client's `fetch`. The host of the
   * URL does not matter, the path does. Redirects are not followed. It rejects like `fetch`, with the reason of an
   * aborted `signal`. It rejects with a `TypeError` for an invalid URL, for a body that cannot be read to its end, and
   * where a fault cuts the connection.
   */
  readonly fetch: (input: Request | string | URL, init?: RequestInit) => Promise<Response>;
  /**
   * The requests that were received, in this order, those that a fault hit included; without their keys. The latest
   * 10,000 are kept, or fewer when their bodies are longer than 64 MiB together.
   */
  readonly requests: readonly ReceivedRequest<Operation>[];
  /** The faults that are still to hit, in the order in which they were planned, with the `times` they have left. */
  readonly faults: readonly Fault[];
  /**
   * Plans one more fault, behind those that are there. A request is hit by one fault at most: the first that can.
   * Throws an `InvalidInputError` for a fault that means nothing.
   */
  readonly fault: (fault: Fault) => void;
  /**
   * Moves the mock's clock forward, by milliseconds of at least 0: it is later for every time that the mock sets or
   * compares with. Nothing is waited for. Throws an `InvalidInputError` for any other number.
   */
  readonly advance: (milliseconds: number) => void;
  /** Back to the beginning: what was given, the faults too, no requests, ids from 1, the clock not moved. */
  readonly reset: () => void;
}

/** What every mock is given. */
export interface MockOptions<Fault> {
  /**
   * What time it is: for every time that the mock sets or compares with.
   * @default () => new Date()
   */
  readonly clock?: (() => Date) | undefined;
  /** What goes wrong, in this order; `mock.fault` plans more. */
  readonly faults?: readonly Fault[] | undefined;
}

/** The options that every mock has, as fields of a schema. */
export const mockOptions = <Fault>(faultSchema: Schema<Fault, Fault>) => ({
  clock: optional(callback<() => Date>()),
  faults: optional(list(faultSchema)),
});

/** A mock as an argument. */
export const mockMadeBy = <M>(functions: string): Schema<M> =>
  expecting<M>(
    `a mock of ${functions}`,
    (given) => typeof given === "object" && given !== null && "fetch" in given,
  );

/** How a mock of one API is made. */
interface MockParts<Operation extends string, Fault, Store, Views> extends MockOptions<Fault> {
  readonly api: MockApi<Operation, Store>;
  readonly faultSchema: Schema<Fault, Fault>;
  /** The operations whose answers have no body. */
  readonly withoutBody?: readonly NoInfer<Operation>[];
  /** The store as it is in the beginning. */
  readonly begin: (now: () => Date) => Store;
  /** What tests see of the store that is there now: getters are called each time. */
  readonly views: (store: () => Store) => Views;
}

/** Makes a mock of any API: requests, faults and the clock are the same for all of them. */
export function createMock<
  Operation extends string,
  Fault extends AnyFault<Operation>,
  Store,
  Views extends object,
>({
  api,
  faultSchema,
  withoutBody = [],
  begin,
  views,
  clock = () => new Date(),
  faults: firstFaults = [],
}: MockParts<Operation, Fault, Store, Views>): Mock<Operation, Fault> & Views {
  let ahead = 0;
  const now = (): Date => {
    const time = readTime(clock());
    if (!Number.isNaN(time)) return new Date(time + ahead);
    return refuseInput(
      "The clock of the mock cannot be read",
      ["clock"],
      "expected a function that returns a valid Date",
    );
  };
  const beginning = () => {
    const state = {
      store: begin(now),
      faults: new FaultPlan<Fault>(withoutBody),
      requests: new RequestLog<Operation>(),
    };
    for (const fault of firstFaults) state.faults.add(fault);
    return state;
  };
  let state = beginning();

  const mock: Mock<Operation, Fault> = {
    fetch: async (input, init) =>
      exchange(
        api,
        state,
        input instanceof Request && init === undefined ? input : new Request(input, init),
      ),
    get requests() {
      return [...state.requests.requests];
    },
    get faults() {
      return state.faults.faults;
    },
    fault: (fault) => {
      state.faults.add(readInput(faultSchema, fault, "mock.fault: the fault cannot be planned"));
    },
    advance: (step) => {
      const summary = "mock.advance: the clock cannot be moved";
      readInput(milliseconds, step, summary);
      if (Number.isNaN(readTime(new Date(now().getTime() + step)))) {
        refuseInput(summary, [], "expected milliseconds to a time before the year 10000");
      }
      ahead += step;
    },
    reset: () => {
      ahead = 0;
      state = beginning();
    },
  };
  const seen = Object.getOwnPropertyDescriptors(views(() => state.store));
  return Object.defineProperties(mock, seen) as Mock<Operation, Fault> & Views;
}
