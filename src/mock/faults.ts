import type { Operation } from "../errors.ts";

/** The operations whose answers have a body: all but `deleteCost`. */
export type OperationWithBody = Exclude<Operation, "deleteCost">;

/** How often a fault hits: once, unless `times` or `rate` says otherwise. */
export type FaultFrequency =
  | {
      /**
       * How many of the next requests it hits.
       * @default 1
       */
      readonly times?: number | undefined;
      readonly rate?: undefined;
      readonly seed?: undefined;
    }
  | {
      /** Which share of the requests it hits, more than 0 and at most 1, without end. With 1 it hits every one. */
      readonly rate: number;
      /**
       * Decides which of them: with the same seed the same ones.
       * @default 1
       */
      readonly seed?: number | undefined;
      readonly times?: undefined;
    };

/** A fault that comes instead of the operation's own answer. */
interface FaultInsteadOfAnswer {
  /** Which operations it hits; all of them when absent. */
  readonly operation?: Operation | readonly Operation[] | undefined;
  /**
   * Whether the operation is carried out all the same: what was asked for is done, and only its answer is lost.
   * @default false
   */
  readonly carriedOut?: boolean | undefined;
}

/** A fault of the operation's own answer: the operation is always carried out. */
interface FaultOfAnswer {
  /** Which operations it hits; all whose answer has a body when absent. */
  readonly operation?: OperationWithBody | readonly OperationWithBody[] | undefined;
}

/** A status, without a body unless it has one. */
interface StatusFault extends FaultInsteadOfAnswer {
  readonly kind: "status";
  /** 200 to 599. */
  readonly status: number;
  /** Text goes out as it is, anything else as JSON. */
  readonly body?: string | object | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The `Retry-After` header: seconds, or the time as an HTTP date. */
  readonly retryAfter?: number | Date | undefined;
}

/** A page of HTML, as from a proxy in between. */
interface HtmlFault extends FaultInsteadOfAnswer {
  readonly kind: "html";
  /** @default 502 */
  readonly status?: number | undefined;
}

/** The operation's own answer, late. It is carried out after the wait, or with `carriedOut` before it. */
interface DelayFault extends FaultInsteadOfAnswer {
  readonly kind: "delay";
  readonly milliseconds: number;
}

/** No answer: `fetch` rejects with a `TypeError`, as `fetch` does. */
interface CutConnectionFault extends FaultInsteadOfAnswer {
  readonly kind: "cut-connection";
}

/** A redirect to somewhere else. */
interface RedirectFault extends FaultInsteadOfAnswer {
  readonly kind: "redirect";
  readonly location: string;
  /** @default 307 */
  readonly status?: 301 | 302 | 303 | 307 | 308 | undefined;
}

/** A body that comes in small pieces. */
interface SlowBodyFault extends FaultOfAnswer {
  readonly kind: "slow-body";
  /** From the headers to the end of the body. */
  readonly milliseconds: number;
}

/** A body that breaks off in the middle: reading it rejects. */
interface CutBodyFault extends FaultOfAnswer {
  readonly kind: "cut-body";
}

/** A body that goes on, slowly, until its reader leaves or the request is aborted. */
interface EndlessBodyFault extends FaultOfAnswer {
  readonly kind: "endless-body";
}

/** An answer of an API that has moved on from the contract. */
interface DriftFault extends FaultOfAnswer {
  readonly kind: "drift";
  /** A field that the contract does not have, a member that its list does not have, or a number where it has text. */
  readonly drift: "unknown-field" | "unknown-member" | "number-for-string";
}

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
export type Fault = FaultFrequency &
  (
    | StatusFault
    | HtmlFault
    | DelayFault
    | CutConnectionFault
    | RedirectFault
    | SlowBodyFault
    | CutBodyFault
    | EndlessBodyFault
    | DriftFault
  );
