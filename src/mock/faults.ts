import { MAX_TIMER_DELAY } from "../http/waiting.ts";
import {
  boolean,
  expecting,
  field,
  oneOf,
  optional,
  type RefuseField,
  readPart,
  refuse,
  type Schema,
  strictObject,
  wholeNumber,
} from "../schemas/fields.ts";
import { isJsonObject, jsonTree } from "../values/json-form.ts";
import { isRecord } from "../values/record.ts";
import { timeOfDate } from "../values/timestamp.ts";

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
interface FaultInsteadOfAnswer<Operation extends string> {
  /** Which operations it hits; all of them when absent. */
  readonly operation?: Operation | readonly Operation[] | undefined;
  /**
   * Whether the operation is carried out all the same: what was asked for is done, and only its answer is lost.
   * @default false
   */
  readonly carriedOut?: boolean | undefined;
}

/** A fault of the operation's own answer: the operation is always carried out. */
interface FaultOfAnswer<OperationWithBody extends string> {
  /** Which operations it hits; all whose answer has a body when absent. */
  readonly operation?: OperationWithBody | readonly OperationWithBody[] | undefined;
}

/** A status, without a body unless it has one. */
interface StatusFault<Operation extends string> extends FaultInsteadOfAnswer<Operation> {
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
interface HtmlFault<Operation extends string> extends FaultInsteadOfAnswer<Operation> {
  readonly kind: "html";
  /** @default 502 */
  readonly status?: number | undefined;
}

/** The operation's own answer, late. It is carried out after the wait, or with `carriedOut` before it. */
interface DelayFault<Operation extends string> extends FaultInsteadOfAnswer<Operation> {
  readonly kind: "delay";
  readonly milliseconds: number;
}

/** No answer: `fetch` rejects with a `TypeError`, as `fetch` does. */
interface CutConnectionFault<Operation extends string> extends FaultInsteadOfAnswer<Operation> {
  readonly kind: "cut-connection";
}

/** A redirect to somewhere else. */
interface RedirectFault<Operation extends string> extends FaultInsteadOfAnswer<Operation> {
  readonly kind: "redirect";
  readonly location: string;
  /** @default 307 */
  readonly status?: 301 | 302 | 303 | 307 | 308 | undefined;
}

/** A body that comes in small pieces. */
interface SlowBodyFault<Operation extends string> extends FaultOfAnswer<Operation> {
  readonly kind: "slow-body";
  /** From the headers to the end of the body. */
  readonly milliseconds: number;
}

/** A body that breaks off in the middle: reading it rejects. */
interface CutBodyFault<Operation extends string> extends FaultOfAnswer<Operation> {
  readonly kind: "cut-body";
}

/** A body that goes on, slowly, until its reader leaves or the request is aborted. */
interface EndlessBodyFault<Operation extends string> extends FaultOfAnswer<Operation> {
  readonly kind: "endless-body";
}

/** An answer of an API that has moved on from the contract. */
interface DriftFault<Operation extends string> extends FaultOfAnswer<Operation> {
  readonly kind: "drift";
  /** A field that the contract does not have, a member that its list does not have, or a number where it has text. */
  readonly drift: DriftKind;
}

/** How an answer differs from the contract. */
export type DriftKind = "unknown-field" | "unknown-member" | "number-for-string";

/** The known fields of an answer's body that differ when the API has moved on from its contract. */
export type DriftedFields = (
  body: Readonly<Record<string, unknown>>,
  drift: Exclude<DriftKind, "unknown-field">,
) => object;

/** What goes wrong with requests of an API, told apart by `kind`. Some of its operations may answer without a body. */
export type AnyFault<
  Operation extends string = string,
  OperationWithBody extends Operation = Operation,
> = FaultFrequency &
  (
    | StatusFault<Operation>
    | HtmlFault<Operation>
    | DelayFault<Operation>
    | CutConnectionFault<Operation>
    | RedirectFault<Operation>
    | SlowBodyFault<OperationWithBody>
    | CutBodyFault<OperationWithBody>
    | EndlessBodyFault<OperationWithBody>
    | DriftFault<OperationWithBody>
  );

type Kind = AnyFault["kind"];

/** What no Response with one of them may have is a body. */
const WITHOUT_BODY: readonly unknown[] = [204, 205, 304];
const REDIRECTS: readonly unknown[] = [301, 302, 303, 307, 308];

const isNumberFrom = (minimum: number, maximum: number, value: unknown): boolean =>
  typeof value === "number" && value >= minimum && value <= maximum;
const isIntegerFrom = (minimum: number, maximum: number, value: unknown): boolean =>
  Number.isInteger(value) && isNumberFrom(minimum, maximum, value);

function isHeaders(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  try {
    new Headers(value as Record<string, string>);
    jsonTree(value); // the faults of a mock can be written down
    // Headers would make text of anything.
    return Object.values(value).every((each) => typeof each === "string");
  } catch {
    return false;
  }
}

function isBody(value: unknown): boolean {
  if (typeof value === "string") return true;
  try {
    return typeof value === "object" && value !== null && jsonTree(value) !== undefined;
  } catch {
    return false;
  }
}

const milliseconds = expecting(`milliseconds, from 0 to ${MAX_TIMER_DELAY}`, (value) =>
  isNumberFrom(0, MAX_TIMER_DELAY, value),
);
const operationsOf = (names: readonly string[]): Schema<string | readonly string[]> => {
  const isName = (value: unknown): boolean => names.some((name) => name === value);
  return expecting(
    `one or several of ${names.join(", ")}`,
    (value) => isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName)),
  );
};
const FREQUENCY = {
  times: wholeNumber(1),
  rate: expecting(
    "a number of more than 0 and at most 1",
    (value) => value !== 0 && isNumberFrom(0, 1, value),
  ),
  seed: expecting("a whole number", Number.isSafeInteger),
};
const location = expecting(
  "text that a header can carry, such as a URL",
  (value) => typeof value === "string" && value !== "" && isHeaders({ location: value }),
);

function refuseContradictions(
  { times, rate, seed, body, status }: Readonly<Record<string, unknown>>,
  refuseField: RefuseField,
): void {
  if (times !== undefined && rate !== undefined) {
    refuseField("expected either it or rate, not both", "times");
  }
  if (seed !== undefined && rate === undefined) {
    refuseField("expected together with rate only", "seed");
  }
  if (body !== undefined && WITHOUT_BODY.includes(status)) {
    refuseField(`expected none: a ${status} has no body`, "body");
  }
}

/** A fault of one kind: fields that it must have, and fields that it may have. */
function kindOf(
  kind: Kind,
  required: Readonly<Record<string, Schema<unknown>>>,
  others: Readonly<Record<string, Schema<unknown>>>,
): Schema<AnyFault, unknown> {
  const optionals = Object.entries(others).map(([name, schema]) => [name, optional(schema)]);
  const shape = { kind: oneOf([kind]), ...required, ...Object.fromEntries(optionals) };
  return strictObject(shape, { together: refuseContradictions }) as unknown as Schema<
    AnyFault,
    unknown
  >;
}

/**
 * A fault of an API with these operations, by its kind; of a fault of no known kind only that is said. `withoutBody`
 * names the operations that answer without a body.
 */
export function faultSchemaOf<Fault extends AnyFault>(
  operations: readonly string[],
  withoutBody: readonly string[] = [],
): Schema<Fault, Fault> {
  const insteadOfAnswer = {
    ...FREQUENCY,
    operation: operationsOf(operations),
    carriedOut: boolean,
  };
  const ofAnswer = {
    ...FREQUENCY,
    operation: operationsOf(operations.filter((name) => !withoutBody.includes(name))),
  };
  const kinds: Readonly<Record<Kind, Schema<AnyFault, unknown>>> = {
    status: kindOf(
      "status",
      { status: expecting("a status from 200 to 599", (value) => isIntegerFrom(200, 599, value)) },
      {
        ...insteadOfAnswer,
        body: expecting("text, or an object that JSON can carry", isBody),
        headers: expecting("an object of header names and values", isHeaders),
        retryAfter: expecting(
          "seconds of at least 0, or a valid Date",
          (value) =>
            isNumberFrom(0, Number.MAX_SAFE_INTEGER, value) || !Number.isNaN(timeOfDate(value)),
        ),
      },
    ),
    html: kindOf(
      "html",
      {},
      {
        ...insteadOfAnswer,
        status: expecting(
          "a status from 200 to 599 that may have a body",
          (value) => isIntegerFrom(200, 599, value) && !WITHOUT_BODY.includes(value),
        ),
      },
    ),
    delay: kindOf("delay", { milliseconds }, insteadOfAnswer),
    "cut-connection": kindOf("cut-connection", {}, insteadOfAnswer),
    redirect: kindOf(
      "redirect",
      { location },
      {
        ...insteadOfAnswer,
        status: expecting(`one of ${REDIRECTS.join(", ")}`, (value) => REDIRECTS.includes(value)),
      },
    ),
    "slow-body": kindOf("slow-body", { milliseconds }, ofAnswer),
    "cut-body": kindOf("cut-body", {}, ofAnswer),
    "endless-body": kindOf("endless-body", {}, ofAnswer),
    drift: kindOf(
      "drift",
      { drift: oneOf(["unknown-field", "unknown-member", "number-for-string"]) },
      ofAnswer,
    ),
  };
  const kindOfFault = oneOf(Object.keys(kinds));
  return field((given, payload) => {
    if (!isRecord(given)) return refuse(payload, "expected an object", given);
    const { kind } = given;
    const known = Object.entries(kinds).find(([name]) => name === kind)?.[1];
    if (known !== undefined) return readPart(known, given, payload) as Fault | undefined;
    readPart(kindOfFault, kind, payload, "kind");
    return undefined;
  });
}

interface PlannedFault<Fault> {
  readonly fault: Fault;
  /** How many times it is still to hit. */
  left: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Numbers that look random and are the same for the same seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Which requests are hit by which faults. */
export class FaultPlan<Fault extends AnyFault> {
  readonly #withoutBody: readonly string[];
  #planned: PlannedFault<Fault>[] = [];

  /** @param withoutBody the operations whose answers have no body, which faults of a body pass by */
  constructor(withoutBody: readonly string[] = []) {
    this.#withoutBody = withoutBody;
  }

  /** The faults that are still to hit, with the `times` they have left. */
  get faults(): readonly Fault[] {
    return this.#planned.map(({ fault, left }) =>
      fault.rate === undefined ? { ...fault, times: left } : fault,
    );
  }

  /** Plans a fault that was checked. */
  add(fault: Fault): void {
    const { times = 1, seed = 1 } = fault;
    this.#planned.push({ fault: { ...fault }, left: times, random: randomOf(seed) });
  }

  /** The fault that hits the next request: the first planned of those that do. One at most. */
  take(operation: string): Fault | undefined {
    const hit = this.#planned.find(
      ({ fault, random }) =>
        this.#canHit(fault, operation) && (fault.rate === undefined || random() < fault.rate),
    );
    if (hit === undefined || hit.fault.rate !== undefined) return hit?.fault;
    hit.left--;
    this.#planned = this.#planned.filter(({ left }) => left > 0);
    return hit.fault;
  }

  #canHit(fault: AnyFault, operation: string): boolean {
    if (fault.operation !== undefined) return [fault.operation].flat().includes(operation);
    return !this.#withoutBody.includes(operation) || !/^drift$|-body$/.test(fault.kind);
  }
}
