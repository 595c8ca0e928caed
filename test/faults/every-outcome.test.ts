import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type EventIngestParams, Paygentic, type QueueOutcome } from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SharedStore } from "../delivery/shared-store.ts";
import { randomNumbers } from "../random-numbers.ts";

const EVENTS = 400;
const SEEDS = [1, 2, 3];
const CONCURRENCY = 16;
const MINUTES = 60_000;
/** Milliseconds that `ingestAll` tries an event of the failing type. */
const DEADLINE = 15_000;

const oneOf = <T>(items: readonly T[], random: () => number): T =>
  items[Math.floor(random() * items.length)] as T;

/** What the server does with the attempts of one event, and with all after the last. */
type Step = "count" | "count and cut" | "fail" | "fail and cut" | "limit" | "refuse";
interface Fate {
  readonly steps: readonly Step[];
  readonly outcome: QueueOutcome["result"];
}
const FAILURES = ["fail", "fail and cut"] as const;

function fateOf(random: () => number): Fate {
  const chance = random();
  if (chance < 0.1) return { steps: ["fail"], outcome: "unknown" };
  const kind = random();
  const failures: Step[] =
    kind < 0.6 ? [] : kind < 0.63 ? ["limit"] : [oneOf(FAILURES, random), oneOf(FAILURES, random)];
  if (chance < 0.2) {
    const isKnown = failures.every((step) => step === "limit");
    return { steps: [...failures, "refuse"], outcome: isKnown ? "rejected" : "unknown" };
  }
  // Its response is lost, and the server refuses the event that it has counted.
  if (chance < 0.3) return { steps: [...failures, "count and cut", "refuse"], outcome: "unknown" };
  if (chance < 0.5) return { steps: [...failures, "count and cut", "count"], outcome: "accepted" };
  return { steps: [...failures, "count"], outcome: "accepted" };
}

/** Whether every attempt fails. */
const isFailing = ({ steps }: Fate): boolean => steps.length === 1 && steps[0] === "fail";

let close = async (): Promise<void> => undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await close();
});
beforeEach(() => {
  // Delays between attempts are shares of chance: a tenth of them makes the run shorter.
  const { random } = Math;
  vi.spyOn(Math, "random").mockImplementation(() => random() / 10);
});

/** A server that gives each event its fate, and what it has counted. */
async function serve(seed: number) {
  const random = randomNumbers(seed);
  const fates = Array.from({ length: EVENTS }, () => fateOf(random));
  const attempts = new Map<number, number>();
  const counted = new Map<number, number>();
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.setEncoding("utf8");
    incoming.on("data", (text) => {
      body += text;
    });
    incoming.on("end", () => {
      const { n } = JSON.parse(body).data;
      const { steps } = fates[n] as Fate;
      const attempt = attempts.get(n) ?? 0;
      attempts.set(n, attempt + 1);
      const step = steps[Math.min(attempt, steps.length - 1)] as Step;
      // Repetitions of one key count once.
      if (step.startsWith("count")) counted.set(n, 1);
      if (step.endsWith("cut")) {
        response.destroy();
        return;
      }
      const status = {
        count: 202,
        fail: oneOf([500, 502, 503], random),
        limit: 429,
        refuse: oneOf([400, 403, 409, 422], random),
      }[step as "count" | "fail" | "limit" | "refuse"];
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const paygentic = new Paygentic({ baseUrl, apiKey: "sk_test_1" });
  const events = fates.map(
    (fate, n): EventIngestParams => ({
      type: isFailing(fate) ? "failing" : `type-${n % 3}`,
      source: "urn:example:gateway",
      subject: "cus_1",
      idempotencyKey: `event-${n}`,
      timestamp: "2026-06-10T10:00:00Z",
      data: { n },
    }),
  );
  return { paygentic, events, fates, counted };
}

const numberOf = ({ event }: QueueOutcome): number => (event.data as { n: number }).n;

describe.each(SEEDS)("seed %i", (seed) => {
  test("ingestAll reports what became of each event", async () => {
    const { paygentic, events, fates, counted } = await serve(seed);
    const { outcomes = [] } = await paygentic.events.ingestAll(events, {
      concurrency: CONCURRENCY,
      deadline: DEADLINE,
      outcomes: "all",
    });
    expect(outcomes.map(({ result }) => result)).toEqual(fates.map(({ outcome }) => outcome));
    for (const { index, result } of outcomes) {
      if (counted.has(index)) expect([index, result]).not.toContain("rejected");
      else expect([index, result]).not.toContain("accepted");
    }
  });

  test("a queue reports it once, whatever the wall clock does and whatever onOutcome does", async () => {
    const { paygentic, events, fates, counted } = await serve(seed);
    const random = randomNumbers(seed + 100);
    const { now } = Date;
    let jump = 0;
    vi.spyOn(Date, "now").mockImplementation(() => now() + jump);
    const clock = setInterval(() => {
      jump = Math.round((random() - 0.5) * 20 * MINUTES);
    }, 20);
    const calls = new Map<number, number>();
    const handled = new Map<number, QueueOutcome["result"]>();
    const twice: number[] = [];
    const onOutcome = async (outcome: QueueOutcome): Promise<void> => {
      const n = numberOf(outcome);
      const call = (calls.get(n) ?? 0) + 1;
      calls.set(n, call);
      if (n % 5 === 0) await new Promise((resolve) => setTimeout(resolve, random() * 30));
      if (n % 7 === 0 && call === 1) throw new Error("no");
      // The queue of this process never forgets it.
      if (n % 50 === 1) return new Promise(() => undefined);
      if (handled.has(n)) twice.push(n);
      handled.set(n, outcome.result);
    };
    const store = new SharedStore();
    const queue = paygentic.events.queue({
      concurrency: CONCURRENCY,
      store,
      onOutcome,
    });
    await Promise.all(events.map((event) => queue.add(event)));
    // What always fails goes on failing, and what was not reported is not forgotten.
    const isLeft = (n: number): boolean => n % 50 === 1 || isFailing(fates[n] as Fate);
    const left = fates.flatMap((_, n) => (isLeft(n) ? [n] : []));
    await vi.waitFor(() => expect(handled.size).toBe(EVENTS - left.length), 120_000);
    await queue.close({ deadline: 100 });
    clearInterval(clock);
    expect(twice).toEqual([]);
    const expected = fates.map(({ outcome }, n) => (isLeft(n) ? undefined : outcome));
    expect(fates.map((_, n) => handled.get(n))).toEqual(expected);
    for (const [n, result] of handled) {
      expect([n, counted.has(n), result]).not.toEqual([n, true, "rejected"]);
      expect([n, counted.has(n), result]).not.toEqual([n, false, "accepted"]);
    }
    const kept = await store.read(0, EVENTS);
    expect(kept.map(({ body }) => JSON.parse(body).data.n).sort((a, b) => a - b)).toEqual(left);
  });
});
