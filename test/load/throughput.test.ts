import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type EventIngestParams, type EventStore, type KeptEvent, Paygentic } from "metered-costs";
import { afterEach, describe, expect, test } from "vitest";
import { randomNumbers } from "../random-numbers.ts";

/** Milliseconds that the server takes for a response: what is compared is waiting, not the work of a busy machine. */
const LATENCY = 200;
const CONCURRENCY = 50;
/** A pair of runs, and up to two more while the ratio is above the limit. */
const ROUNDS = [1, 3] as const;

/** Milliseconds that some work takes. */
async function timeOf(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * How many times as long one work takes as another. They take turns for the fewest rounds, and for more, up to the most,
 * while the ratio is above the limit. Each counts with the least of its times: other work of the machine only ever makes
 * a run slower.
 */
async function ratioOfLeast(
  limit: number,
  [fewest, most]: readonly [number, number],
  measured: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  let leastOfPeer = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= most; round++) {
    leastOfPeer = Math.min(leastOfPeer, await peer());
    least = Math.min(least, await measured());
    if (round >= fewest && least <= limit * leastOfPeer) break;
  }
  return least / leastOfPeer;
}

let close = async (): Promise<void> => undefined;
afterEach(() => close());

type Respond = (
  event: EventIngestParams,
  respond: (status: number, headers?: object) => void,
) => void;

/** A server that takes as long for every response. */
async function serve(respond: Respond): Promise<Paygentic> {
  const server = createServer((incoming, response: ServerResponse) => {
    let body = "";
    incoming.setEncoding("utf8");
    incoming.on("data", (text) => {
      body += text;
    });
    incoming.on("end", () => {
      setTimeout(() => {
        respond(JSON.parse(body), (status, headers = {}) =>
          response.writeHead(status, { "content-type": "application/json", ...headers }).end("{}"),
        );
      }, LATENCY);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new Paygentic({ baseUrl, apiKey: "sk_test_1" });
}

const eventOf = (n: number, type = "llm.completion"): EventIngestParams => ({
  type,
  source: "urn:example:gateway",
  subject: "cus_1",
  idempotencyKey: `event-${n}`,
  timestamp: "2026-06-10T10:00:00Z",
  data: { n },
});
const eventsOf = (count: number, type?: string): EventIngestParams[] =>
  Array.from({ length: count }, (_, n) => eventOf(n, type));

/** A server that accepts all events but a share of the requests, which get a 429. */
const limiting = (share: number): Respond => {
  const random = randomNumbers(7);
  return (_, respond) => (random() < share ? respond(429, { "retry-after": "0" }) : respond(202));
};

/** A store with events of an earlier process. */
class FilledStore implements EventStore {
  readonly kept: Map<number, KeptEvent>;
  constructor(events: readonly EventIngestParams[]) {
    this.kept = new Map(
      events.map((event, at) => [
        at + 1,
        { id: at + 1, addedAt: Date.now(), body: JSON.stringify(event) },
      ]),
    );
  }
  async open() {
    return { size: this.kept.size, lastId: this.kept.size };
  }
  async put(event: KeptEvent) {
    this.kept.set(event.id, event);
  }
  async read(after: number, count: number) {
    const page: KeptEvent[] = [];
    for (let id = after + 1; page.length < count && id <= after + 10_000; id++) {
      const event = this.kept.get(id);
      if (event !== undefined) page.push(event);
    }
    return page;
  }
  async remove(id: number) {
    this.kept.delete(id);
  }
  async close() {
    // Nothing to let go of.
  }
}

describe("a server that answers a share of the requests with 429", () => {
  const senders: Readonly<
    Record<string, (paygentic: Paygentic, count: number) => Promise<unknown>>
  > = {
    ingestAll: async (paygentic, count) =>
      expect(
        await paygentic.events.ingestAll(eventsOf(count), { concurrency: CONCURRENCY }),
      ).toMatchObject({ accepted: count }),
    queue: async (paygentic, count) => {
      const queue = paygentic.events.queue({ concurrency: CONCURRENCY });
      await Promise.all(eventsOf(count).map((event) => queue.add(event)));
      expect(await queue.close({ deadline: 100_000 })).toMatchObject({ accepted: count });
    },
  };

  test.each(Object.keys(senders))(
    "gets events at half the undisturbed rate at least while the share is 5 %: %s",
    async (name) => {
      const send = senders[name] as (typeof senders)[string];
      const counts = { 1: 500, 2: 500, 5: 500, 10: 300, 20: 200, 50: 60 };
      const timeOfEach = async (share: number, count: number): Promise<number> => {
        const paygentic = await serve(limiting(share));
        const time = await timeOf(() => send(paygentic, count));
        await close();
        return time / count;
      };
      const held: { percent: string; ratio: number }[] = [];
      const table: string[] = [];
      for (const [percent, count] of Object.entries(counts)) {
        const isHeld = Number(percent) <= 5;
        const ratio = await ratioOfLeast(
          isHeld ? 2 : Number.POSITIVE_INFINITY,
          ROUNDS,
          () => timeOfEach(Number(percent) / 100, count),
          () => timeOfEach(0, 500),
        );
        if (isHeld) held.push({ percent, ratio });
        table.push(
          `${percent.padStart(4)} % ${(1 / ratio).toFixed(2)}${isHeld ? " (at least 0.50)" : ""}`,
        );
      }
      console.log([`${name}: share of 429s, rate to the undisturbed rate`, ...table].join("\n"));
      for (const each of held) expect(each).toSatisfy(({ ratio }) => ratio <= 2);
    },
    300_000,
  );
});

describe("events that always get a 500", () => {
  const GOOD = 1_000;
  /** How many times the undisturbed time the good events may take. */
  const LIMIT = 1.5;

  /** Milliseconds until all good events are through that are behind some bad ones. */
  async function timeBehind(bad: number, isBadType: boolean, status: number): Promise<number> {
    let left = GOOD;
    let finish = (): void => undefined;
    const through = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const paygentic = await serve((event, respond) => {
      const isBad = event.subject === "cus_bad" || event.type === "bad";
      respond(isBad ? status : 202);
      if (!isBad && --left === 0) finish();
    });
    const badOne = (n: number): EventIngestParams =>
      isBadType ? eventOf(-1 - n, "bad") : { ...eventOf(-1 - n), subject: "cus_bad" };
    const events = [...Array.from({ length: bad }, (_, n) => badOne(n)), ...eventsOf(GOOD)];
    const queue = paygentic.events.queue({
      concurrency: CONCURRENCY,
      store: new FilledStore(events),
    });
    const time = await timeOf(() => through);
    expect(queue.stats.unknown).toBe(0);
    await queue.close({ deadline: 0 });
    await close();
    return time;
  }

  test.each([50, 300, 1_000, 5_000])(
    "hold up the events behind them by half the undisturbed time at most: %i of another type",
    async (bad) => {
      const ratio = await ratioOfLeast(
        LIMIT,
        ROUNDS,
        () => timeBehind(bad, true, 500),
        () => timeBehind(0, true, 500),
      );
      console.log(`${bad} events of another type: ${ratio.toFixed(2)} (at most ${LIMIT})`);
      expect(ratio).toBeLessThanOrEqual(LIMIT);
    },
    300_000,
  );

  test.each([50, 300, 1_000, 5_000])(
    "hold up the events behind them by half the time of as many good ones at most: %i of the same type",
    async (bad) => {
      // Each is tried once at least: as many good ones are the peer.
      const ratio = await ratioOfLeast(
        LIMIT,
        ROUNDS,
        () => timeBehind(bad, false, 500),
        () => timeBehind(bad, false, 202),
      );
      console.log(`${bad} events of the same type: ${ratio.toFixed(2)} (at most ${LIMIT})`);
      expect(ratio).toBeLessThanOrEqual(LIMIT);
    },
    300_000,
  );

  test.each([50, 300, 1_000, 5_000])(
    "hold up new events by half the undisturbed time at most while they wait: %i",
    async (waiting) => {
      const timeBeside = async (bad: number): Promise<number> => {
        const paygentic = await serve(({ type }, respond) => respond(type === "bad" ? 500 : 202));
        const queue = paygentic.events.queue({ concurrency: CONCURRENCY });
        await Promise.all(eventsOf(bad, "bad").map((event) => queue.add(event)));
        await queue.flush({ deadline: 1_000 });
        const time = await timeOf(async () => {
          await Promise.all(eventsOf(GOOD).map((event) => queue.add(event)));
          while (queue.stats.accepted < GOOD) await new Promise((done) => setTimeout(done, 5));
        });
        await queue.close({ deadline: 0 });
        await close();
        return time;
      };
      const ratio = await ratioOfLeast(
        LIMIT,
        ROUNDS,
        () => timeBeside(waiting),
        () => timeBeside(0),
      );
      console.log(`${waiting} events that wait: ${ratio.toFixed(2)} (at most ${LIMIT})`);
      expect(ratio).toBeLessThanOrEqual(LIMIT);
    },
    300_000,
  );
});

describe("a store with events of a process that was killed", () => {
  test("is drained as fast as ingestAll sends, whatever fails now and then", async () => {
    const COUNT = 500;
    const failing = (): Respond => {
      const random = randomNumbers(11);
      return (_, respond) => {
        const chance = random();
        if (chance < 0.02) respond(503);
        else if (chance < 0.05) respond(429);
        else respond(202);
      };
    };
    const concurrency = 16;
    const direct = async (): Promise<number> => {
      const paygentic = await serve(failing());
      const time = await timeOf(() => paygentic.events.ingestAll(eventsOf(COUNT), { concurrency }));
      await close();
      return time;
    };
    const drained = async (): Promise<number> => {
      const paygentic = await serve(failing());
      const store = new FilledStore(eventsOf(COUNT));
      const queue = paygentic.events.queue({ concurrency, store });
      const time = await timeOf(() => queue.close({ deadline: 200_000 }));
      expect(queue.stats).toMatchObject({ accepted: COUNT, size: 0 });
      await close();
      return time;
    };
    const ratio = await ratioOfLeast(2, ROUNDS, drained, direct);
    console.log(`${COUNT} events of a store: ${ratio.toFixed(2)} times as long as ingestAll`);
    expect(ratio).toBeLessThanOrEqual(2);
  }, 300_000);
});
