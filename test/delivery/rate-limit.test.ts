import { type EventIngestParams, Paygentic } from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Permit, type PermitRequest, RateLimiter } from "../../src/delivery/rate-limiter.ts";
import { EVENT, RECEIPT } from "../client/samples.ts";

/** Milliseconds from a request to its response. */
const LATENCY = 100;

interface Request {
  readonly type: string;
  readonly n: number;
  /** When it began, in milliseconds since the first. */
  readonly at: number;
  /** How many are on their way with it. */
  readonly underway: number;
}
interface Reply {
  readonly status: number;
  readonly retryAfter?: number;
}
const ACCEPTED: Reply = { status: 202 };
const REFUSED: Reply = { status: 429 };
const FAILED: Reply = { status: 503 };

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const eventOf = (n: number, type = "call"): EventIngestParams => ({
  ...EVENT,
  type,
  idempotencyKey: `request-${n}`,
  data: { n },
});
const eventsOf = (count: number, typeOf = (_n: number) => "call"): EventIngestParams[] =>
  Array.from({ length: count }, (_, n) => eventOf(n, typeOf(n)));

/** A server that answers each request after a tenth of a second, and a client that sends to it. */
function simulation(reply: (request: Request, index: number) => Reply) {
  const requests: Request[] = [];
  let underway = 0;
  let start: number | undefined;
  const fetch = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    start ??= performance.now();
    const { type, data } = JSON.parse(String(init?.body));
    const at = performance.now() - start;
    const request: Request = { type, n: data.n, at, underway: ++underway };
    requests.push(request);
    const { status, retryAfter } = reply(request, requests.length - 1);
    await new Promise((resolve) => setTimeout(resolve, LATENCY));
    underway--;
    const headers = retryAfter === undefined ? undefined : { "retry-after": String(retryAfter) };
    const body = JSON.stringify(status === 202 ? RECEIPT : {});
    return new Response(body, { status, ...(headers && { headers }) });
  };
  const client = new Paygentic({
    baseUrl: "http://localhost",
    apiKey: "sk_test_1",
    fetch: fetch as typeof globalThis.fetch,
  });
  return { requests, client };
}

/** Lets time pass, from one timer to the next, until a promise settles. */
async function elapse<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const end = (): void => {
    isSettled = true;
  };
  promise.then(end, end);
  for (let steps = 0; !isSettled && steps < 20_000; steps++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!isSettled) await vi.advanceTimersToNextTimerAsync();
  }
  if (!isSettled) throw new Error("it does not end");
  return promise;
}

/** Sends all events from a queue that has all of them in memory. */
async function sendFromQueue(client: Paygentic, events: EventIngestParams[], options = {}) {
  const queue = client.events.queue({ onOutcome: () => undefined, ...options });
  await elapse(Promise.all(events.map((event) => queue.add(event))));
  return elapse(queue.close({ deadline: 100_000 }));
}

/** How many requests begin at each time: `100: 4`. */
function countsByTime(requests: readonly Request[]): string[] {
  const counts = new Map<number, number>();
  for (const { at } of requests) counts.set(at, (counts.get(at) ?? 0) + 1);
  return [...counts].map(([at, count]) => `${at}: ${count}`);
}

/** Which events are sent at each time, by the first letter of their type: `100: c4 c0`. */
function schedule(requests: readonly Request[]): string[] {
  const byTime = new Map<number, string>();
  for (const { at, type, n } of requests) {
    byTime.set(at, `${byTime.get(at) ?? `${at}:`} ${type.slice(0, 1)}${n}`);
  }
  return [...byTime.values()];
}

describe("a server that answers with 429", () => {
  test("gets half as many requests at a time after a round of 429s; the first success doubles them", async () => {
    const { requests, client } = simulation((_, index) => (index < 20 ? REFUSED : ACCEPTED));
    await elapse(client.events.ingestAll(eventsOf(100), { concurrency: 10 }));
    // Ten at a time, then five, two and one with a gap. Up to five each success doubles the window, then it grows by one
    // in each round.
    expect(countsByTime(requests)).toEqual([
      "0: 10",
      "100: 5",
      "200: 4",
      "300: 1",
      "450: 1",
      "550: 1",
      "650: 2",
      "750: 5",
      "850: 6",
      "950: 7",
      "1050: 7",
      "1150: 8",
      "1250: 9",
      "1350: 10",
      "1450: 10",
      "1550: 10",
      "1650: 10",
      "1750: 10",
      "1850: 4",
    ]);
  });

  test("gets at least one request in ten seconds while it refuses all, and all again when it accepts", async () => {
    const { requests, client } = simulation((_, index) => (index < 20 ? REFUSED : ACCEPTED));
    await elapse(client.events.ingestAll(eventsOf(16), { concurrency: 4 }));
    expect(schedule(requests)).toEqual([
      "0: c0 c1 c2 c3",
      "100: c4 c0",
      "200: c5",
      "323: c6",
      "587: c1",
      "1149: c2",
      "2333: c3",
      "4804: c4",
      "9928: c0",
      "19928: c5",
      "29928: c6",
      "39928: c1",
      "49928: c2",
      "59928: c3",
      "69928: c4",
      "79928: c0",
      "89928: c5",
      "94974: c6",
      "97518: c1",
      "98799: c2",
      "99444: c3",
      "99768: c4",
      "99931: c0",
      "100031: c7",
      "100131: c8 c9",
      "100231: c10 c11",
      "100331: c12 c13 c14",
      "100431: c15",
    ]);
  });

  test("gets about two requests for each of its 429s in a round while it refuses one in ten", async () => {
    const { requests, client } = simulation((_, index) => (index % 10 === 9 ? REFUSED : ACCEPTED));
    await elapse(client.events.ingestAll(eventsOf(1_500), { concurrency: 100 }));
    const seconds = countsByTime(requests).filter((each) => /^\d*000:|^0:/.test(each));
    expect(seconds).toEqual(["0: 100", "1000: 66", "2000: 49"]);
  });

  test("gets nothing for as long as it asks when most of the latest responses are 429s", async () => {
    const refused = { status: 429, retryAfter: 2 };
    const { requests, client } = simulation((_, index) => (index < 10 ? refused : ACCEPTED));
    await elapse(client.events.ingestAll(eventsOf(30), { concurrency: 10 }));
    expect(schedule(requests)).toEqual([
      "0: c0 c1 c2 c3 c4 c5 c6 c7 c8 c9",
      "2100: c10 c11 c12 c13 c14",
      "2200: c15 c16 c17 c18 c19",
      "2300: c0 c1 c2 c3 c4 c5",
      "2400: c6 c7 c8 c9 c20 c21 c22",
      "2500: c23 c24 c25 c26 c27 c28 c29",
    ]);
  });

  test("gets one more request at a time after each round of successes", async () => {
    const { requests, client } = simulation((_, index) => (index < 2 ? REFUSED : ACCEPTED));
    await elapse(client.events.ingestAll(eventsOf(12), { concurrency: 2 }));
    expect(countsByTime(requests)).toEqual([
      "0: 2",
      "100: 1",
      "200: 2",
      "300: 2",
      "400: 2",
      "500: 2",
      "600: 2",
      "700: 1",
    ]);
  });

  test("gets nothing in a pause once most of the latest 32 responses are 429s", async () => {
    const refused = { status: 429, retryAfter: 2 };
    const { requests, client } = simulation((_, index) =>
      index >= 60 && index < 80 ? refused : ACCEPTED,
    );
    await elapse(client.events.ingestAll(eventsOf(100), { concurrency: 20 }));
    expect(countsByTime(requests)).toEqual([
      "0: 20",
      "100: 20",
      "200: 20",
      "300: 20",
      "400: 1",
      "2400: 10",
      "2500: 11",
      "2600: 12",
      "2700: 6",
    ]);
  });

  test("delays one event only when it asks for a pause now and then", async () => {
    const refused = { status: 429, retryAfter: 2 };
    const { requests, client } = simulation((_, index) => (index === 4 ? refused : ACCEPTED));
    await elapse(client.events.ingestAll(eventsOf(30), { concurrency: 10 }));
    expect(schedule(requests)).toEqual([
      "0: c0 c1 c2 c3 c4 c5 c6 c7 c8 c9",
      "100: c10 c11 c12 c13 c14 c15 c16 c17 c18",
      "200: c19 c20 c21 c22 c23 c24 c25 c26 c27 c28",
      "300: c29",
      "2100: c4",
    ]);
  });

  test.each([
    [
      "half",
      4,
      [
        "0: c0 c1 c2 c3",
        "100: c4 c5 c6 c7",
        "200: c8 c9",
        "300: c10 c11",
        "400: c12 c13 c14",
        "500: c15",
        "2200: c4 c5 c6 c7",
      ],
    ],
    [
      "most",
      5,
      [
        "0: c0 c1 c2 c3",
        "100: c4 c5 c6 c7",
        "200: c8 c9",
        "2300: c10",
        "2400: c11 c12",
        "2500: c13 c4",
        "2600: c5 c6 c7",
        "2700: c8 c14 c15",
      ],
    ],
  ])("gets nothing in a pause after %s of the latest: %i", async (_, count, expected) => {
    const refused = { status: 429, retryAfter: 2 };
    const { requests, client } = simulation((_, index) =>
      index >= 4 && index < 4 + count ? refused : ACCEPTED,
    );
    await elapse(client.events.ingestAll(eventsOf(16), { concurrency: 4 }));
    expect(schedule(requests)).toEqual(expected);
  });
});

describe("a server that answers nothing but failures", () => {
  test("gets single requests with growing gaps, of the oldest and the newest event in turn, until it answers", async () => {
    const { requests, client } = simulation(({ at }) =>
      at < 1_000 || (at > 1_100 && at < 2_500) ? FAILED : ACCEPTED,
    );
    await elapse(client.events.ingestAll(eventsOf(40), { concurrency: 4 }));
    // Eight failures in a row are evidence at first, sixteen after the server has answered a probe.
    expect(schedule(requests)).toEqual([
      "0: c0 c1 c2 c3",
      "100: c4 c0 c5 c6",
      "200: c1 c2 c3 c4",
      "300: c39",
      "320: c0",
      "340: c38",
      "360: c5",
      "400: c37",
      "440: c6",
      "480: c36",
      "560: c1",
      "640: c35",
      "740: c2",
      "840: c34",
      "940: c3",
      "1040: c33",
      "1140: c7 c8 c4 c9",
      "1240: c10 c7 c11 c12",
      "1340: c8 c9 c10 c13",
      "1440: c14 c15 c39 c16",
      "1540: c17 c18 c19",
      "1550: c32",
      "1640: c0",
      "1660: c31",
      "1680: c38",
      "1700: c30",
      "1740: c5",
      "1780: c29",
      "1820: c37",
      "1900: c28",
      "1980: c6",
      "2080: c27",
      "2180: c36",
      "2280: c26",
      "2380: c1",
      "2480: c25",
      "2580: c35",
      "2680: c20 c21 c22 c2",
      "2780: c23 c24 c34 c3",
      "2880: c4 c7 c11 c12",
      "2980: c8 c9 c10 c13",
      "3080: c14 c15 c39 c16",
      "3180: c17 c18 c19 c32",
      "3280: c0 c31 c38 c30",
      "3380: c5 c29 c37 c28",
      "3480: c6 c27 c36 c26",
      "3580: c1 c25",
    ]);
  });

  test("gets one request in a second from a queue", async () => {
    const { requests, client } = simulation(({ at }) => (at < 9_000 ? FAILED : ACCEPTED));
    await sendFromQueue(client, eventsOf(20), { concurrency: 4 });
    expect(schedule(requests)).toEqual([
      "0: c0 c1 c2 c3",
      "100: c4 c5 c6 c7",
      "200: c8 c9 c10 c11",
      "300: c19",
      "320: c0",
      "340: c18",
      "360: c1",
      "400: c17",
      "440: c2",
      "480: c16",
      "560: c3",
      "640: c15",
      "800: c4",
      "1120: c14",
      "1760: c5",
      "2760: c13",
      "3760: c6",
      "4760: c12",
      "5760: c7",
      "6760: c7",
      "7760: c8",
      "8760: c8",
      "9760: c9",
      "9860: c10 c11 c19 c0",
      "9960: c18 c1 c17 c2",
      "10060: c16 c3 c15 c4",
      "10160: c14 c5 c13 c6",
      "10260: c12 c7 c8",
    ]);
  });
});

describe("events that fail while others are accepted", () => {
  test("get one request in eight when all of their type fail", async () => {
    const { requests, client } = simulation(({ type }) => (type === "bad" ? FAILED : ACCEPTED));
    const events = eventsOf(80, (n) => (n % 4 === 3 ? "bad" : "good"));
    const counts = await sendFromQueue(client, events, { concurrency: 8, maxAge: 1_500 });
    expect(counts).toMatchObject({ accepted: 60, unknown: 20 });
    expect(schedule(requests)).toEqual([
      "0: g0 g1 g2 b3 g4 g5 g6 b7",
      "100: g8 g9 g10 b11 g12 g13 g14 b15",
      "200: g16 g17 g18 b19 g20 g21 g22 b23",
      "300: g24 g25 g26 b27 g28 g29 g30 b31",
      "400: g32 g33 g34 g36 g37 g38 g40 g41",
      "500: b27 g42 g44 g45 g46 g48 g49 g50",
      "600: b35 g52 g53 g54 g56 g57 g58 g60",
      "700: b39 g61 g62 g64 g65 g66 g68 g69",
      "800: b43 g70 g72 g73 g74 g76 g77 g78",
      "900: b47 b51 b55 b59 b31 b63 b67 b71",
      "1000: b75 b79 b27 b35 b39 b43 b3",
      "1010: b71",
      "1100: b7",
      "1120: b71",
      "1140: b11",
      "1160: b3",
      "1180: b15",
      "1220: b7",
      "1260: b19",
      "1300: b15",
      "1380: b23",
      "1460: b15",
    ]);
  });

  test("get no more from ingestAll, which reads the others ahead", async () => {
    const { requests, client } = simulation(({ type }) => (type === "bad" ? FAILED : ACCEPTED));
    const events = eventsOf(80, (n) => (n % 4 === 3 ? "bad" : "good"));
    const options = { concurrency: 8, deadline: 1_500 };
    const result = await elapse(client.events.ingestAll(events, options));
    expect(result).toMatchObject({ accepted: 60, unknown: 20 });
    expect(schedule(requests.filter(({ at }) => at < 1_000))).toEqual([
      "0: g0 g1 g2 b3 g4 g5 g6 b7",
      "100: g8 g9 g10 b11 g12 g13 g14 b15",
      "200: b3 b7 g16 g17 g18 b19 g20 g21",
      "300: b11 b15 b3 g22 b23 g24 g25 g26",
      "400: b7 g28 g29 g30 g32 g33 g34 g36",
      "500: b27 g37 g38 g40 g41 g42 g44 g45",
      "600: b31 g46 g48 g49 g50 g52 g53 g54",
      "700: b35 g56 g57 g58 g60 g61 g62 g64",
      "800: b39 g65 g66 g68 g69 g70 g72 g73",
      "900: b43 g74 g76 g77 g78 b47 b51 b19",
    ]);
  });

  test("wait for as long as the server asks of a type that was never answered, the others do not", async () => {
    const { requests, client } = simulation(({ type, at }) =>
      type === "bad" && at < 5_000 ? { status: 503, retryAfter: 3 } : ACCEPTED,
    );
    const events = eventsOf(60, (n) => (n % 10 === 3 ? "bad" : "good"));
    await sendFromQueue(client, events, { concurrency: 2 });
    expect(schedule(requests)).toEqual([
      "0: g0 g1",
      "100: g2 b3",
      "200: g4 g5",
      "300: g6 g7",
      "400: g8 g9",
      "500: g10 g11",
      "600: g12 g14",
      "700: g15 g16",
      "800: g17 g18",
      "900: g19 g20",
      "1000: g21 g22",
      "1100: g24 g25",
      "1200: g26 g27",
      "1300: g28 g29",
      "1400: g30 g31",
      "1500: g32 g34",
      "1600: g35 g36",
      "1700: g37 g38",
      "1800: g39 g40",
      "1900: g41 g42",
      "2000: g44 g45",
      "2100: g46 g47",
      "2200: g48 g49",
      "2300: g50 g51",
      "2400: g52 g54",
      "2500: g55 g56",
      "2600: g57 g58",
      "2700: g59",
      "3200: b3 b13",
      "6300: b3 b23",
      "6400: b33 b43",
      "6500: b53 b13",
    ]);
  });

  test("keep the pause of their type when another fails without asking for one", async () => {
    const replies = [{ status: 503, retryAfter: 3 }, FAILED];
    const { requests, client } = simulation((_, index) => replies[index] ?? ACCEPTED);
    await sendFromQueue(client, eventsOf(4), { concurrency: 2 });
    expect(schedule(requests)).toEqual(["0: c0 c1", "3100: c0 c2", "3200: c3 c1"]);
  });

  test("delay no other of a type that was answered after a failure", async () => {
    const replies = [FAILED, ACCEPTED, { status: 503, retryAfter: 3 }];
    const { requests, client } = simulation((_, index) => replies[index] ?? ACCEPTED);
    await sendFromQueue(client, eventsOf(6), { concurrency: 1 });
    expect(schedule(requests)).toEqual([
      "0: c0",
      "100: c1",
      "200: c2",
      "300: c3",
      "400: c4",
      "500: c5",
      "600: c0",
      "3300: c2",
    ]);
  });

  test("delay no other of a type that was answered, up to eight failures in a row", async () => {
    const { requests, client } = simulation(({ at }, index) =>
      index > 0 && at < 2_000 ? { status: 503, retryAfter: 3 } : ACCEPTED,
    );
    await sendFromQueue(client, eventsOf(20), { concurrency: 2 });
    expect(schedule(requests)).toEqual([
      "0: c0 c1",
      "100: c2 c3",
      "200: c4 c5",
      "300: c6 c7",
      "400: c8 c9",
      "3500: c8",
      "3510: c19",
      "3600: c10",
      "3610: c11",
      "3700: c12",
      "3710: c13",
      "3800: c14",
      "3810: c15",
      "3900: c9",
      "3910: c16",
      "4000: c17",
      "4010: c18",
      "4100: c1",
      "4110: c2",
      "4200: c3",
      "4210: c4",
      "4300: c5",
      "4310: c6",
      "4400: c7",
    ]);
  });

  test("get up to seven requests in eight when they succeed after three failures as the others do", async () => {
    const failures = new Map<number, number>();
    const { requests, client } = simulation(({ n }) => {
      if (n >= 32 || n % 2 === 0) return ACCEPTED;
      failures.set(n, (failures.get(n) ?? 0) + 1);
      return (failures.get(n) ?? 0) <= 3 ? FAILED : ACCEPTED;
    });
    const queue = client.events.queue({ onOutcome: () => undefined, concurrency: 8 });
    await elapse(Promise.all(eventsOf(32).map((event) => queue.add(event))));
    await elapse(new Promise((resolve) => setTimeout(resolve, 450)));
    await elapse(
      Promise.all(
        eventsOf(120)
          .slice(32)
          .map((event) => queue.add(event)),
      ),
    );
    await elapse(queue.close());
    expect(schedule(requests)).toEqual([
      "0: c0 c1 c2 c3 c4 c5 c6 c7",
      "100: c8 c9 c10 c11 c12 c13 c14 c15",
      "200: c16 c17 c18 c19 c20 c21 c22 c23",
      "300: c24 c25 c26 c27 c28 c29 c30 c31",
      "400: c1 c3 c5 c7 c9 c11 c13 c15",
      "500: c17 c19 c21 c23 c25 c27 c29 c31",
      "600: c119",
      "620: c1",
      "640: c118",
      "660: c3",
      "680: c117",
      "700: c32 c33 c5 c34",
      "720: c35",
      "740: c36",
      "760: c37",
      "780: c38",
      "800: c39 c40 c7 c41",
      "820: c42",
      "840: c43",
      "860: c44",
      "880: c45",
      "900: c46 c47 c9 c48",
      "920: c49",
      "940: c50",
      "960: c51",
      "980: c52",
      "1000: c53 c54 c11 c55",
      "1020: c56",
      "1040: c57",
      "1060: c58",
      "1080: c59",
      "1100: c60 c61 c13 c62",
      "1120: c63",
      "1140: c64",
      "1160: c65",
      "1180: c66",
      "1200: c67 c68 c15 c69",
      "1220: c70",
      "1240: c71",
      "1260: c72",
      "1280: c73",
      "1300: c74 c75 c17 c76",
      "1320: c77",
      "1340: c78",
      "1360: c79",
      "1380: c80",
      "1400: c81 c82 c19 c83",
      "1420: c84",
      "1440: c85",
      "1460: c86",
      "1480: c87",
      "1500: c88 c89 c21 c90",
      "1520: c91",
      "1540: c92",
      "1560: c93",
      "1580: c94",
      "1600: c95 c96 c23 c97",
      "1620: c98",
      "1640: c99",
      "1660: c100",
      "1680: c101",
      "1700: c102 c103 c25 c104",
      "1720: c105",
      "1740: c106",
      "1760: c107",
      "1780: c108",
      "1800: c109 c110 c27 c111",
      "1820: c112",
      "1840: c113",
      "1860: c114",
      "1880: c115",
      "1900: c116 c29 c31 c1",
      "1920: c3",
      "1940: c5",
      "1960: c7",
      "1980: c9",
      "2000: c11 c13 c15 c17",
      "2020: c19",
      "2040: c21",
      "2060: c23",
      "2080: c25",
      "2100: c27 c29 c31",
    ]);
  });
});

test("a key that the server refuses is tried less and less often, until it is accepted", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const { requests, client } = simulation((_, index) =>
    index < 5 || index === 7 ? { status: 401 } : ACCEPTED,
  );
  await sendFromQueue(client, eventsOf(5), { concurrency: 1 });
  // 50 ms, and half of 500, 1,000, 2,000, ... ms.
  expect(schedule(requests)).toEqual([
    "0: c0",
    "400: c1",
    "1050: c2",
    "2200: c3",
    "4350: c4",
    "8500: c0",
    "8600: c1",
    "8700: c2",
    "9100: c3",
    "9200: c4",
    "9300: c2",
  ]);
});

test("a refused key is tried no sooner than the server asks", async () => {
  const { requests, client } = simulation((_, index) =>
    index === 0 ? { status: 401, retryAfter: 3 } : ACCEPTED,
  );
  await sendFromQueue(client, eventsOf(3), { concurrency: 1 });
  expect(schedule(requests)).toEqual(["0: c0", "3100: c1", "3200: c2", "3300: c0"]);
});

describe("the rate limiter itself", () => {
  const limiterOf = () =>
    new RateLimiter({
      concurrency: 2,
      maxPause: 60_000,
      maxFailureGap: 1_000,
      startTimer: (callback, delay) => setTimeout(callback, delay),
    });
  const permitOf = (type: string): Permit => ({
    type,
    since: performance.now(),
    failures: 0,
    isApart: false,
  });
  const askFor = (limiter: RateLimiter, type: string, rest: Partial<PermitRequest> = {}) => {
    const onDeferred = vi.fn();
    const request = { type, failures: 0, atMost: 1_000, signal: undefined, onDeferred, ...rest };
    return { onDeferred, permit: limiter.acquire(request) };
  };
  const error = Object.assign(new Error("busy"), { status: 503, retryAfterSeconds: 5 });

  test("names the error that asked for the pause of a type, while the pause is longer than said", () => {
    const limiter = limiterOf();
    expect(limiter.pauseBeyond("a", 0)).toBeUndefined();
    limiter.failed(permitOf("a"), error, false);
    expect(limiter.pauseBeyond("a", 4_999)).toBe(error);
    expect(limiter.pauseBeyond("a", 5_000)).toBeUndefined();
    expect(limiter.pauseBeyond("b", 0)).toBeUndefined();
  });

  test("names the error that asked for the pause of all", () => {
    const limiter = limiterOf();
    limiter.failed(permitOf("a"), error, true);
    expect(limiter.pauseBeyond("b", 4_999)).toBe(error);
    expect(limiter.pauseBeyond("b", 5_000)).toBeUndefined();
    // A shorter pause leaves it as it is.
    const shorter = Object.assign(new Error("still busy"), { status: 503, retryAfterSeconds: 2 });
    limiter.failed(permitOf("a"), shorter, true);
    expect(limiter.pauseBeyond("b", 4_999)).toBe(error);
  });

  test("gives no permit for no time", async () => {
    const limiter = limiterOf();
    expect(await askFor(limiter, "a", { atMost: 0 }).permit).toBeUndefined();
    expect(await askFor(limiter, "a").permit).toMatchObject({ type: "a", isApart: false });
  });

  test("leaves no timer behind when the last of those that waited gives up", async () => {
    const limiter = limiterOf();
    for (let failures = 0; failures < 8; failures++) {
      const { permit } = askFor(limiter, "a");
      limiter.failed((await permit) as Permit, new Error("failed"), false);
      limiter.release((await permit) as Permit);
    }
    const probe = (await askFor(limiter, "a").permit) as Permit;
    limiter.release(probe);
    const controller = new AbortController();
    const { permit } = askFor(limiter, "a", { signal: controller.signal });
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    controller.abort(new Error("stopped"));
    await expect(permit).rejects.toThrow("stopped");
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    [999, 1],
    [1_000, 0],
  ])(
    "remembers a thousand types: after %i others, a suspected one is deferred %i times",
    (others, deferred) => {
      const limiter = limiterOf();
      for (let failures = 0; failures < 8; failures++) {
        limiter.failed(permitOf("a"), new Error("failed"), false);
      }
      for (let other = 0; other < others; other++) {
        limiter.failed(permitOf(`other ${other}`), new Error("failed"), false);
      }
      expect(askFor(limiter, "a").onDeferred).toHaveBeenCalledTimes(deferred);
    },
  );
});
