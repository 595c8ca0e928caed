import { isAdditive } from "../engine/accumulators.ts";
import { NONE } from "../engine/exact-sums.ts";
import { WINDOW_LENGTHS } from "../engine/plan.ts";
import type { SummaryOptions } from "../engine/summary-options.ts";
import type { CostDefinition, CostEvent, CostSummaryParams, SummaryWindow } from "../models.ts";
import {
  anything,
  callback,
  expecting,
  iterable,
  optional,
  pickedObject,
  signal,
  text,
  wholeNumber,
  withDefault,
} from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { Decimal } from "../values/decimal.ts";
import { DAY, startOf } from "../values/timestamp.ts";
import { checkArguments, EventClassification, groupKey, valuesOfGroup } from "./classification.ts";
import { type ReconcileOptions, reconcile } from "./reconcile.ts";
import type {
  AmountDiff,
  Diff,
  EventReference,
  Explanation,
  Reconciliation,
  Verdict,
} from "./result.ts";
import { countsUnder, ownRules } from "./rules.ts";
import type { ServerSummary } from "./server-summary.ts";

/** What is asked: a client of Paygentic is one, and so is anything with `costs.summary`. */
export interface SummaryServer {
  readonly costs: {
    /** The summary of the cost with that id. */
    summary(
      cost: string,
      query: CostSummaryParams,
      options: { readonly signal?: AbortSignal | undefined },
    ): PromiseLike<ServerSummary>;
  };
}

/** A question that was put to the server. */
export interface InvestigationStep {
  readonly query: CostSummaryParams;
  /** One sentence. */
  readonly reason: string;
  /** How the answer compares with your own events. */
  readonly verdict: Verdict;
}

/** What `investigate` looks into, and how far it goes. */
export interface InvestigateParams
  extends Pick<
    ReconcileOptions,
    "clock" | "deduplicate" | "resolveSubject" | "onInvalidEvent" | "unitCosts" | "unitCostHistory"
  > {
  readonly paygentic: SummaryServer;
  /** With its id, which the server is asked for. */
  readonly cost: CostDefinition & {
    readonly id: string;
    readonly createdAt?: Date | string | null | undefined;
  };
  /** In the order received. */
  readonly events: Iterable<CostEvent>;
  /** The range, and perhaps a subject and a filter; `groupBy` and `window` are chosen for each question. */
  readonly query: CostSummaryParams;
  /**
   * How many questions are put to the server at most.
   * @default 30
   */
  readonly maxRequests?: number | undefined;
  /** Called after each answer. What it throws ends the investigation. */
  readonly onProgress?:
    | ((progress: InvestigationStep & { readonly requests: number }) => void)
    | undefined;
  /** Ends the investigation: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What an investigation found. */
export interface Investigation {
  /**
   * `explained` where the causes account for every part that differs; else the verdict of the first answer, or
   * `different` where narrower answers contradict it.
   */
  readonly verdict: Verdict;
  /** The narrowest comparison that is explained, else that of the first answer. */
  readonly reconciliation: Reconciliation;
  /** The best explanation of each part that differs and is explained, each once. */
  readonly causes: readonly Explanation[];
  /**
   * The local events to which the difference was narrowed down: those of the causes, and, of the parts without a cause,
   * those that count in the windows, groups and subjects that differ. By index. What only the server has is not among
   * them.
   */
  readonly events: readonly EventReference[];
  /** The questions, in their order. */
  readonly steps: readonly InvestigationStep[];
}

const REFUSED = "The difference cannot be investigated";
const MAX_REQUESTS = 30;
/** Stretches that are asked about one by one; nearer ones are joined first. */
const MAX_STRETCHES = 4;
const MAX_GROUPS = 6;
/** From which relative difference on an amount differs by more than adding up in doubles can lose. */
const NEARLY = 1e-11;
/** From the longest to the shortest. */
const WINDOWS: readonly SummaryWindow[] = ["DAY", "HOUR", "MINUTE"];

const server = /* @__PURE__ */ expecting<SummaryServer>(
  "a client: an object with costs.summary",
  (given) => typeof (given as SummaryServer | undefined)?.costs?.summary === "function",
);
/** The other params are for the local summary, which checks them. */
const investigateParams = /* @__PURE__ */ pickedObject(
  {
    paygentic: server,
    cost: /* @__PURE__ */ pickedObject({ id: text }, { what: "a cost with its id" }),
    events: iterable,
    query: /* @__PURE__ */ anything<CostSummaryParams>(),
    maxRequests: /* @__PURE__ */ withDefault(/* @__PURE__ */ wholeNumber(1, 1_000), MAX_REQUESTS),
    onProgress: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<NonNullable<InvestigateParams["onProgress"]>>(),
    ),
    signal: /* @__PURE__ */ optional(signal),
  },
  { what: "an object with paygentic, cost, events and query" },
);

const isFar = ({ local, server }: Pick<AmountDiff, "local" | "server">): boolean => {
  if (local === null || server === null) return true;
  return server.minus(local).abs().greaterThan(local.abs().times(NEARLY));
};
/** Whether a row differs by more than doubles lose; of one that only one side has, the other has null. */
const differs = (diff: Diff): boolean => isFar(diff.quantity) || isFar(diff.cost);
const isSettled = ({ verdict, findings }: Reconciliation): boolean =>
  (verdict !== "different" && verdict !== "coincidence") ||
  findings.some(({ kind }) => kind === "currency");

/** A stretch of time in which the two differ, and what is known of it. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A part of the difference: the local events that may be behind it. */
interface Part {
  readonly stretch: Stretch;
  /** Null: of the events without one alone. */
  readonly subject: string | null | undefined;
  /** What the question asked for, besides its range, its windows and the query. */
  readonly narrower: Partial<CostSummaryParams>;
  readonly reconciliation: Reconciliation;
  /** Of each window that differs, its start; undefined where there were no windows. */
  readonly windows: ReadonlySet<number>;
  readonly window: number;
  /** The keys of the groups that differ. */
  readonly groups: ReadonlySet<string>;
}

class Investigator {
  readonly #params: InvestigateParams & { readonly maxRequests: number };
  readonly #events: readonly CostEvent[];
  readonly #options: SummaryOptions;
  readonly #unitCosts: Pick<ReconcileOptions, "unitCosts" | "unitCostHistory">;
  readonly #dimensions: readonly string[];
  readonly #steps: InvestigationStep[] = [];

  constructor(params: InvestigateParams & { readonly maxRequests: number }) {
    const {
      paygentic: _paygentic,
      cost,
      events,
      query: _query,
      maxRequests: _max,
      onProgress: _progress,
      signal: _signal,
      unitCosts,
      unitCostHistory,
      ...options
    } = params;
    this.#params = params;
    this.#events = Array.isArray(events) ? events : [...events];
    this.#options = options;
    this.#unitCosts = { unitCosts, unitCostHistory };
    this.#dimensions = Object.keys(cost.groupBy ?? {});
  }

  async run(): Promise<Investigation> {
    const { cost, query } = this.#params;
    const plan = checkArguments(cost, query, this.#options);
    const whole = { from: plan.from, to: plan.to };
    const length = whole.to - whole.from;
    const window = length <= DAY ? "MINUTE" : length <= 60 * DAY ? "HOUR" : "DAY";
    const first = await this.#ask(whole, window, {}, "Where and when the two differ.");
    if (first === undefined) throw new Error("the first question is always asked");
    if (isSettled(first.reconciliation)) return this.#result(first, [first]);
    let parts: readonly Part[] = [first];
    for (const finer of WINDOWS.slice(WINDOWS.indexOf(window) + 1)) {
      parts = await this.#narrow(parts, finer);
    }
    parts = await this.#byGroups(parts);
    parts = await this.#bySubjects(parts, isAdditive(plan.aggregation));
    return this.#result(first, parts);
  }

  /** Puts a question to the server; undefined where no more are allowed. */
  async #ask(
    stretch: Stretch,
    window: SummaryWindow,
    narrower: Partial<CostSummaryParams>,
    reason: string,
  ): Promise<Part | undefined> {
    const { paygentic, cost, maxRequests, onProgress, signal } = this.#params;
    if (this.#steps.length >= maxRequests) return undefined;
    signal?.throwIfAborted();
    const query: CostSummaryParams = {
      ...this.#params.query,
      ...narrower,
      from: new Date(stretch.from),
      to: new Date(stretch.to),
      groupBy: this.#dimensions.length > 0 ? this.#dimensions : undefined,
      window,
    };
    const answer = await paygentic.costs.summary(cost.id, query, { signal });
    signal?.throwIfAborted();
    // The first question has the widest range: no later one finds other invalid events.
    const onInvalidEvent =
      this.#steps.length === 0 ? this.#options.onInvalidEvent : () => undefined;
    const reconciliation = reconcile(
      { cost, events: this.#events, query, server: answer },
      { ...this.#options, ...this.#unitCosts, onInvalidEvent },
    );
    const step = { query, reason, verdict: reconciliation.verdict };
    this.#steps.push(step);
    onProgress?.({ ...step, requests: this.#steps.length });
    return {
      stretch,
      subject: query.subject,
      narrower,
      reconciliation,
      window: WINDOW_LENGTHS[window],
      windows: new Set(
        reconciliation.timeSeries.filter(differs).map(({ windowStart }) => Number(windowStart)),
      ),
      groups: new Set(
        reconciliation.groups
          .filter(differs)
          .map(({ dimensions = {} }) =>
            groupKey(this.#dimensions.map((name) => dimensions[name] ?? "")),
          ),
      ),
    };
  }

  /** Asks for finer windows of the stretches that differ. */
  async #narrow(parts: readonly Part[], window: SummaryWindow): Promise<readonly Part[]> {
    const narrowed: Part[] = [];
    for (const part of parts) {
      const stretches = isSettled(part.reconciliation) ? [] : stretchesOf(part);
      if (stretches.length === 0) {
        narrowed.push(part);
        continue;
      }
      for (const stretch of stretches) {
        const asked = await this.#ask(stretch, window, {}, `When the two differ, by ${window}.`);
        narrowed.push(asked ?? { ...part, stretch });
      }
    }
    return narrowed;
  }

  /** Asks for the windows of each group that differs, where several do. */
  async #byGroups(parts: readonly Part[]): Promise<readonly Part[]> {
    const narrowed: Part[] = [];
    for (const part of parts) {
      const { groups, windows, stretch } = part;
      const isOpen = !isSettled(part.reconciliation);
      const isCrossed = groups.size > 1 && groups.size <= MAX_GROUPS && windows.size > 1;
      if (!isOpen || !isCrossed || this.#params.query.filterGroupBy !== undefined) {
        narrowed.push(part);
        continue;
      }
      for (const key of groups) {
        const values = valuesOfGroup(key);
        const filterGroupBy = Object.fromEntries(
          this.#dimensions.map((name, at) => [name, values[at] ?? ""]),
        ) as CostSummaryParams["filterGroupBy"];
        const reason = `When the group ${values.join(", ")} differs.`;
        const asked = await this.#ask(stretch, "MINUTE", { filterGroupBy }, reason);
        narrowed.push(asked ?? { ...part, groups: new Set([key]) });
      }
    }
    return narrowed;
  }

  /** Asks for each subject that has events where the two differ. */
  async #bySubjects(parts: readonly Part[], isAdded: boolean): Promise<readonly Part[]> {
    const narrowed: Part[] = [];
    for (const part of parts) {
      if (isSettled(part.reconciliation) || part.subject !== undefined) {
        narrowed.push(part);
        continue;
      }
      const { stretch, narrower } = part;
      const asked: Part[] = [];
      const unasked: Part[] = [];
      for (const subject of this.#subjectsOf(part)) {
        const reason = `Whether the events of ${JSON.stringify(subject)} differ.`;
        const answer = await this.#ask(stretch, "MINUTE", { ...narrower, subject }, reason);
        if (answer === undefined) unasked.push({ ...part, subject });
        else asked.push(answer);
      }
      const known = [...asked.filter(({ windows }) => windows.size > 0), ...unasked];
      if (known.length === 0) {
        narrowed.push(part);
        continue;
      }
      // What no subject accounts for may be of events without one.
      const windows = unasked.length > 0 ? part.windows : restOf(part, asked, isAdded);
      const isLeft = unasked.length > 0 || windows.size > 0;
      narrowed.push(...known, ...(isLeft ? [{ ...part, subject: null, windows }] : []));
    }
    return narrowed;
  }

  /** The subjects of events that may be behind a part: those that a finding names first, then by their number of events. */
  #subjectsOf(part: Part): string[] {
    const counts = new Map<string, number>();
    this.#eachOf(part, (_, subject) => {
      if (subject !== undefined) counts.set(subject, (counts.get(subject) ?? 0) + 1);
    });
    const named = part.reconciliation.findings.flatMap(({ subject }) => subject ?? []);
    const rank = (subject: string): number => {
      const at = named.indexOf(subject);
      return at === -1 ? named.length : at;
    };
    return [...counts]
      .sort(([a, first], [b, second]) => rank(a) - rank(b) || second - first)
      .map(([subject]) => subject);
  }

  /** The local events that count where a part differs. */
  #eachOf(part: Part, use: (event: EventReference, subject: string | undefined) => void): void {
    const { cost, query } = this.#params;
    const { stretch, windows, window, groups, subject } = part;
    const groupBy = this.#dimensions.length > 0 ? this.#dimensions : undefined;
    const range = { from: new Date(stretch.from), to: new Date(stretch.to) };
    const asked = { ...query, ...range, groupBy, ...(subject != null && { subject }) };
    const plan = checkArguments(cost, asked, this.#options);
    const classification = new EventClassification(plan, {
      ...this.#options,
      onInvalidEvent: () => undefined,
    });
    const { columns, pipeline } = classification;
    pipeline.addAll(this.#events);
    const counts = countsUnder(ownRules(this.#options.deduplicate !== false));
    const keys = classification.groupKeys();
    const differing = new Set(
      keys.flatMap((key, group) => (groups.size === 0 || groups.has(key) ? [group] : [])),
    );
    for (let row = 0; row < columns.length; row++) {
      if (!counts(columns.mask[row] as number)) continue;
      const start = startOf(columns.timestamp[row] as number, window);
      if (windows.size > 0 && !windows.has(start)) continue;
      if (groupBy !== undefined && !differing.has(columns.group[row] as number)) continue;
      const number = columns.subject[row] as number;
      if (subject === null && number !== NONE) continue;
      use(
        classification.referenceTo(row),
        number === NONE ? undefined : classification.subjects.textOf(number),
      );
    }
  }

  #result(first: Part, parts: readonly Part[]): Investigation {
    const open = parts.filter(({ reconciliation }) => !isSettled(reconciliation));
    const explained = parts.filter(({ reconciliation: { verdict } }) => verdict === "explained");
    const causes = new Map<string, Explanation>();
    const events = new Map<number, EventReference>();
    for (const { reconciliation } of explained) {
      const [best] = reconciliation.explanations;
      if (best === undefined) continue;
      const id = JSON.stringify(best.hypotheses);
      if (!causes.has(id)) causes.set(id, best);
      for (const event of best.events.all()) events.set(event.index, event);
    }
    for (const part of open) this.#eachOf(part, (event) => events.set(event.index, event));
    const isWhole = explained.length > 0 && open.length === 0;
    const [narrowest] = explained;
    return {
      verdict: isWhole ? "explained" : first.reconciliation.verdict,
      reconciliation:
        isWhole && causes.size === 1 && narrowest !== undefined
          ? narrowest.reconciliation
          : first.reconciliation,
      causes: [...causes.values()],
      events: [...events.values()].sort((a, b) => a.index - b.index),
      steps: [...this.#steps],
    };
  }
}

/** The stretches of windows that differ; the nearest are joined until they are few. */
function stretchesOf({ windows, window, stretch }: Part): Stretch[] {
  const stretches: Stretch[] = [...windows]
    .map((start) => ({
      from: Math.max(start, stretch.from),
      to: Math.min(start + window, stretch.to),
    }))
    .filter(({ from, to }) => from < to);
  while (stretches.length > 1) {
    let nearest = 1;
    const gapBefore = (at: number): number =>
      (stretches[at] as Stretch).from - (stretches[at - 1] as Stretch).to;
    for (let at = 2; at < stretches.length; at++) {
      if (gapBefore(at) < gapBefore(nearest)) nearest = at;
    }
    if (gapBefore(nearest) > 0 && stretches.length <= MAX_STRETCHES) break;
    const [before, after] = stretches.slice(nearest - 1, nearest + 1) as [Stretch, Stretch];
    stretches.splice(nearest - 1, 2, { from: before.from, to: after.to });
  }
  return stretches;
}

/**
 * The windows in which the answers about subjects do not account for what a part differs by. Amounts that do not add up
 * are taken to be accounted for where that of a subject differs.
 */
function restOf(part: Part, asked: readonly Part[], isAdded: boolean): Set<number> {
  const rowsOf = ({ reconciliation: { timeSeries } }: Part): Map<number, Diff> =>
    new Map(timeSeries.map((row) => [Number(row.windowStart), row]));
  const all = rowsOf(part);
  const bySubject = asked.map(rowsOf);
  const isAccounted = (start: number, of: "quantity" | "cost"): boolean => {
    const { local, server } = (all.get(start) as Diff)[of];
    const differences = bySubject.map((rows) => rows.get(start)?.[of].difference ?? 0);
    const told = Decimal.sum(local ?? 0, ...differences);
    return !isFar({ local: server ?? new Decimal(0), server: told });
  };
  const isLeft = (start: number): boolean =>
    isAdded
      ? !isAccounted(start, "quantity") || !isAccounted(start, "cost")
      : !asked.some(({ windows }) => windows.has(start));
  return new Set([...part.windows].filter(isLeft));
}

/**
 * Finds out why the server's summary differs from your own events, by asking the server narrower questions: finer
 * windows of the stretches that differ, then groups, then the subjects whose events are there. It ends as soon as
 * `reconcile` explains every part that differs, or with the smallest set of events that the answers leave.
 *
 * - At most `maxRequests` questions are asked, one after the other, each with `costs.summary`; nothing is changed.
 *   When the answers agree, one question is enough.
 * - The events are held in memory and compared anew with each answer. Times are UTC. With no events at all, what the
 *   server has is reported as a difference, and `events` is empty.
 * - Dimensions are those that the cost declares: rows of all of them together tell the most.
 *
 * Rejects with an `InvalidInputError` for params that cannot be used, with what `costs.summary` rejects with, and with
 * the signal's reason.
 *
 * @example
 * ```ts
 * import { investigate, summarizeCost } from "metered-costs/summary";
 *
 * const cost = { id: "cst_1", unitCost: "0.5", aggregation: "SUM", eventType: "llm", valueProperty: "$.tokens" };
 * const events = Array.from({ length: 100 }, (_, index) => ({
 *   type: "llm",
 *   subject: `cus_${index % 5}`,
 *   idempotencyKey: `request-${index}`,
 *   timestamp: new Date(Date.UTC(2026, 5, 1 + (index % 28), index % 24)),
 *   data: { tokens: 1000 + ((index * 7919) % 9973) },
 * }));
 * // In your program: new Paygentic({ apiKey }). This server has lost one customer's events.
 * const received = events.filter(({ subject }) => subject !== "cus_3");
 * const paygentic = { costs: { summary: async (_id: string, query: object) => summarizeCost(cost, received, query as never) } };
 * const { verdict, causes, steps } = await investigate({
 *   paygentic,
 *   cost,
 *   events,
 *   query: { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" },
 * });
 * console.log(verdict, causes[0]?.hypotheses[0]?.id, steps.length); // explained subject-left-out 1
 * ```
 */
export async function investigate(params: InvestigateParams): Promise<Investigation> {
  const read = readInput(investigateParams, params, REFUSED);
  // A client's methods may be those of a class: it is used as it was given.
  return new Investigator({ ...params, maxRequests: read.maxRequests }).run();
}
