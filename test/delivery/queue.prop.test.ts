import fc from "fast-check";
import { type EventIngestParams, Paygentic, type QueueOutcome } from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EVENT } from "../client/samples.ts";
import { runs } from "../runs.ts";
import { SharedStore } from "./shared-store.ts";

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  // After many a 429 in a row the gaps are minutes, which pass here at once.
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const HOUR = 3_600_000;
const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Turns of the event loop in which nothing comes to the server, until nothing will without a timer. */
const QUIET = 4;

type Failure = "503" | "429" | "408" | "cut" | "incomplete";
interface Fate {
  /** What happens to its attempts, one after the other, before the last. */
  readonly failures: readonly Failure[];
  readonly end: "accepted" | "rejected";
  /** Turns of the event loop that each answer takes. */
  readonly turns: number;
}
/** A no after an attempt that the server may have counted says nothing about that attempt. */
const isUncertain = ({ failures }: Fate): boolean => failures.some((failure) => failure !== "429");
const outcomeOf = (fate: Fate): "accepted" | "rejected" | "unknown" =>
  fate.end === "rejected" && isUncertain(fate) ? "unknown" : fate.end;
const fates = (most: number) =>
  fc.array(
    fc.record<Fate>({
      failures: fc.array(fc.constantFrom<Failure>("503", "429", "408", "cut", "incomplete"), {
        maxLength: 3,
      }),
      end: fc.constantFrom("accepted", "accepted", "rejected"),
      turns: fc.nat(3),
    }),
    { maxLength: most },
  );
const eventOf = (n: number): EventIngestParams => ({
  ...EVENT,
  idempotencyKey: `event-${n}`,
  data: { n },
});
const numberOf = (body: unknown): number => JSON.parse(String(body)).data.n;

/** A server that gives each event its fate, and sees who came when. */
function fateful(all: readonly Fate[]) {
  const attempts = new Map<number, number>();
  const seen = { order: [] as number[], bodies: new Map<number, Set<string>>(), most: 0 };
  const counted = new Set<number>();
  let underway = 0;
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    const n = numberOf(init?.body);
    const { failures, end, turns } = all[n] as Fate;
    const attempt = attempts.get(n) ?? 0;
    attempts.set(n, attempt + 1);
    seen.order.push(n);
    seen.bodies.set(n, (seen.bodies.get(n) ?? new Set()).add(String(init?.body)));
    seen.most = Math.max(seen.most, ++underway);
    for (let turn = 0; turn < turns; turn++) await turnOfLoop();
    underway--;
    init?.signal?.throwIfAborted();
    const failure = failures[attempt];
    if (failure === "cut") throw new TypeError("fetch failed");
    if (failure === "incomplete") return new Response('{"id":', { status: 202 });
    if (failure !== undefined) return new Response("{}", { status: Number(failure) });
    if (end === "rejected") return new Response("{}", { status: 422 });
    counted.add(n);
    return new Response("{}", { status: 202 });
  };
  const warnings: string[] = [];
  const warn = (message: string): void => {
    // Failed attempts are warned of, too.
    if (/^The (?:ordered )?queue /.test(message)) warnings.push(message);
  };
  const logger = { debug: warn, info: warn, warn, error: warn };
  const baseUrl = "http://127.0.0.1:9";
  const paygentic = new Paygentic({ baseUrl, apiKey: "sk_test_1", fetch, logger });
  /** Has time pass while some work goes on: to the next timer, whenever nothing else is left to do. */
  const passTime = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    work.then(end, end);
    for (let quiet = 0; !isOver; quiet = underway > 0 ? 0 : quiet + 1) {
      if (quiet >= QUIET) vi.advanceTimersToNextTimer();
      await turnOfLoop();
    }
    return work;
  };
  return { paygentic, seen, counted, warnings, passTime };
}

const settings = fc.record({
  concurrency: fc.integer({ min: 1, max: 5 }),
  limit: fc.integer({ min: 1, max: 8 }),
  ordered: fc.boolean(),
});

describe("whatever fails, and how often", () => {
  test("every event has exactly one end, the right one, with one body and a bounded number underway", async () => {
    await fc.assert(
      fc.asyncProperty(fates(12), settings, fc.boolean(), async (all, options, isStored) => {
        const { paygentic, seen, counted, warnings, passTime } = fateful(all);
        const outcomes: QueueOutcome[] = [];
        const store = isStored ? new SharedStore() : undefined;
        const queue = paygentic.events.queue({
          ...options,
          store,
          onOutcome: (outcome) => outcomes.push(outcome),
        });
        await passTime(Promise.all(all.map((_, n) => queue.add(eventOf(n)))));
        const stats = await passTime(queue.close({ deadline: HOUR }));

        const ends = outcomes
          .map(({ event, result }) => [numberOf(JSON.stringify(event)), result] as const)
          .sort(([a], [b]) => a - b);
        expect(ends).toEqual(all.map((fate, n) => [n, outcomeOf(fate)]));
        expect(stats).toEqual({
          accepted: counted.size,
          rejected: all.filter((fate) => outcomeOf(fate) === "rejected").length,
          unknown: all.filter((fate) => outcomeOf(fate) === "unknown").length,
          size: 0,
        });
        expect(store?.kept.size ?? 0).toBe(0);
        if (!options.ordered) expect(warnings).toEqual([]);
        expect(seen.most).toBeLessThanOrEqual(options.ordered ? 1 : options.concurrency);
        for (const bodies of seen.bodies.values()) expect(bodies.size).toBe(1);
        if (options.ordered) expect(seen.order).toEqual([...seen.order].sort((a, b) => a - b));
      }),
      { numRuns: runs(1000) },
    );
  });

  test("ingestAll comes to the same ends", async () => {
    await fc.assert(
      fc.asyncProperty(fates(12), fc.integer({ min: 1, max: 5 }), async (all, concurrency) => {
        const { paygentic, seen, passTime } = fateful(all);
        const result = await passTime(
          paygentic.events.ingestAll(
            all.map((_, n) => eventOf(n)),
            { concurrency, deadline: HOUR, outcomes: "all" },
          ),
        );
        expect(result.outcomes?.map((outcome) => outcome.result)).toEqual(all.map(outcomeOf));
        expect(seen.most).toBeLessThanOrEqual(concurrency);
      }),
      { numRuns: runs(1000) },
    );
  });
});

describe("whenever the process ends", () => {
  test("what was added has its end in one of the lives, and is counted in the order of add", async () => {
    await fc.assert(
      fc.asyncProperty(
        fates(12),
        fc.array(fc.nat(20), { maxLength: 4 }),
        settings,
        async (all, ends, options) => {
          const { paygentic, seen, counted, warnings, passTime } = fateful(all);
          const store = new SharedStore();
          let next = 0;
          for (const turns of ends) {
            const queue = paygentic.events.queue({ ...options, store });
            const adding = all.slice(next, next + 3).map((_, at) =>
              queue.add(eventOf(next + at)).then(
                () => true,
                () => false,
              ),
            );
            for (let turn = 0; turn < turns; turn++) await turnOfLoop();
            await passTime(queue.close({ deadline: 0 }));
            // Those that were not added are added in the next life.
            next += (await Promise.all(adding)).filter(Boolean).length;
          }
          const last = paygentic.events.queue({ ...options, store });
          for (; next < all.length; next++) await passTime(last.add(eventOf(next)));
          const stats = await passTime(last.close({ deadline: HOUR }));
          expect(stats).toMatchObject({ size: 0 });
          const dropped = warnings.filter((message) => message.startsWith("The queue drops"));
          expect(dropped.length).toBeLessThanOrEqual(ends.length + 1);

          expect(store.kept.size).toBe(0);
          const expected = all.flatMap(({ end }, n) => (end === "accepted" ? [n] : []));
          expect([...counted].sort((a, b) => a - b)).toEqual(expected);
          if (options.ordered) expect([...counted]).toEqual(expected);
          for (const bodies of seen.bodies.values()) expect(bodies.size).toBe(1);
        },
      ),
      { numRuns: runs(1000) },
    );
  });
});
