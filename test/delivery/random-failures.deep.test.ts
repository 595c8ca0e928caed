import { type EventIngestParams, Paygentic } from "metered-costs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EVENT } from "../client/samples.ts";
import { randomNumbers } from "../random-numbers.ts";

const COUNT = 4_000;
/** Milliseconds that a response takes, on average. They pass here at once. */
const LATENCY = 200;

beforeEach(() => {
  vi.spyOn(Math, "random").mockImplementation(randomNumbers(5));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Advances the time to the next timer, again and again, until some work is done. */
async function passTime<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  work.then(end, end);
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersToNextTimer();
  }
  return work;
}

// The deadlines are twice what the delays between the attempts of the unluckiest event add up to.
test.each([
  [5, 10_000],
  [20, 30_000],
  [50, 100_000],
])("no event runs out of time while chance fails %i of 100 attempts", async (percent, deadline) => {
  const random = randomNumbers(3);
  const fetch = async (): Promise<Response> => {
    await new Promise((resolve) => setTimeout(resolve, LATENCY * (0.5 + random())));
    return new Response("{}", { status: random() < percent / 100 ? 500 : 202 });
  };
  const paygentic = new Paygentic({ baseUrl: "http://127.0.0.1:9", apiKey: "sk_test_1", fetch });
  const events = Array.from(
    { length: COUNT },
    (_, n): EventIngestParams => ({ ...EVENT, idempotencyKey: `event-${n}` }),
  );
  expect(await passTime(paygentic.events.ingestAll(events, { deadline }))).toMatchObject({
    accepted: COUNT,
    rejected: 0,
    unknown: 0,
  });
});

test("a queue recovers within seconds from a server that refused all requests for a while", async () => {
  let requests = 0;
  const fetch = async (): Promise<Response> => {
    const isRefused = requests++ < 200;
    await new Promise((resolve) => setTimeout(resolve, LATENCY));
    return new Response("{}", { status: isRefused ? (requests % 3 === 0 ? 500 : 429) : 202 });
  };
  const paygentic = new Paygentic({ baseUrl: "http://127.0.0.1:9", apiKey: "sk_test_1", fetch });
  const events = Array.from(
    { length: 400 },
    (_, n): EventIngestParams => ({ ...EVENT, idempotencyKey: `event-${n}` }),
  );
  let refusedUntil = 0;
  const result = paygentic.events.ingestAll(events, {
    deadline: 3_600_000,
    onProgress: ({ accepted }) => {
      if (accepted === 1) refusedUntil = performance.now();
    },
  });
  expect(await passTime(result)).toMatchObject({ accepted: 400 });
  // At full speed 400 events take eight seconds.
  const took = performance.now() - refusedUntil;
  expect(took).toBeLessThan(30_000);
});
