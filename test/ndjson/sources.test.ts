import { getEventListeners } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { addNdjson, readEvents, summarizeCost, summarizeNdjson } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, eventOf, JUNE, summarizerOf } from "../summary/events.ts";

const NDJSON = `${JSON.stringify(eventOf({ subject: "😀" }))}\n${JSON.stringify(eventOf())}`;
const bytes = new TextEncoder().encode(NDJSON);
const surrogate = NDJSON.indexOf("😀") + 1;
const total = async (source: unknown, options = {}): Promise<string | undefined> =>
  (await summarizeNdjson(costOf(), source as never, JUNE, options)).totalQuantity?.toString();

describe("NDJSON is read from", () => {
  test.each<[string, () => unknown, string?]>([
    ["text", () => NDJSON],
    ["bytes", () => bytes],
    ["a Buffer within a larger one", () => Buffer.from(`xx${NDJSON}yy`).subarray(2, -2)],
    ["an ArrayBuffer", () => bytes.slice().buffer],
    ["a Blob", () => new Blob([NDJSON])],
    ["a File", () => new File([NDJSON], "usage.ndjson")],
    ["a Response", () => new Response(NDJSON)],
    ["a Response without a body", () => new Response(null), "0"],
    ["a web stream", () => new Blob([NDJSON]).stream()],
    ["a Node stream", () => Readable.from([Buffer.from(NDJSON)])],
    ["an array of bytes and text", () => [bytes.slice(0, 9), NDJSON.slice(9)]],
    [
      "text cut within a character",
      () => [NDJSON.slice(0, surrogate), "", NDJSON.slice(surrogate)],
    ],
    ["an empty array", () => [], "0"],
    [
      "an async generator",
      async function* () {
        yield bytes;
      },
    ],
    [
      "a generator of promises",
      function* () {
        yield Promise.resolve(bytes);
      },
    ],
  ])("%s", async (_name, source, expected = "2") => {
    const given = source();
    expect(await total(given)).toBe(expected);
  });

  test.each([
    5,
    null,
    undefined,
    {},
    { body: 5 },
    true,
    [5],
    [null],
    new Map([[1, 2]]),
    { [Symbol.iterator]: () => undefined },
    { [Symbol.asyncIterator]: () => ({ next: () => "done" }) },
  ])("nothing else: %j", async (source) => {
    await expect(total(source)).rejects.toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
  });

  test("text with a lone surrogate has an invalid line, not another character", async () => {
    const lines = [1, 2]
      .map((at) => eventOf({ idempotencyKey: `k${at}` }))
      .map((event) => `${JSON.stringify(event)}\n`);
    const text = lines.join("").replace("k1", "\ud800");
    await expect(total([text])).rejects.toThrow("line 1 is not valid: expected a line of UTF-8");
    expect(await total([text], { onInvalidEvent: () => {} })).toBe("1");
  });
});

describe("an abort", () => {
  const hanging = (): { source: Readable; wasClosed: () => boolean }[] => {
    const node = new PassThrough();
    return [{ source: node, wasClosed: () => node.destroyed }];
  };
  const web = (): { source: ReadableStream; wasClosed: () => boolean } => {
    let closed = false;
    return {
      source: new ReadableStream({
        cancel() {
          closed = true;
        },
      }),
      wasClosed: () => closed,
    };
  };
  const iterator = (): { source: unknown; wasClosed: () => boolean } => {
    let closed = false;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          closed = true;
          return { done: true, value: undefined };
        },
      }),
    };
    return { source, wasClosed: () => closed };
  };

  test("ends what hangs at once, with its reason, closes it and leaves no listener", async () => {
    for (const { source, wasClosed } of [...hanging(), web(), iterator()]) {
      const controller = new AbortController();
      const reason = new Error("enough");
      const summary = total(source, { signal: controller.signal });
      setImmediate(() => controller.abort(reason));
      await expect(summary).rejects.toBe(reason);
      expect(wasClosed()).toBe(true);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    }
  });

  test("before the start reads nothing", async () => {
    const reason = new Error("no");
    await expect(total([NDJSON], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

test("what a source throws comes out as it is", async () => {
  const error = new Error("disk");
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytes;
    throw error;
  }
  await expect(total(source())).rejects.toBe(error);
});

test("onProgress is told of bytes and events, and options are checked", async () => {
  const told: unknown[] = [];
  await total([`${NDJSON}\n`, NDJSON], { onProgress: (progress: unknown) => told.push(progress) });
  const { length } = bytes;
  expect(told).toEqual([
    { bytes: length + 1, events: 2 },
    { bytes: 2 * length + 1, events: 3 },
    { bytes: 2 * length + 1, events: 4 },
  ]);
  for (const options of [null, 5, { signal: {} }, { onProgress: 5 }, { other: 1 }]) {
    await expect(total(NDJSON, options as never)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  }
  await expect(addNdjson(summarizerOf(), NDJSON, { clock: 1 } as never)).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
  await expect(addNdjson({} as never, NDJSON)).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

describe("readEvents", () => {
  test("gives each event with every digit, and closes the source when the loop ends", async () => {
    let isClosed = false;
    async function* source(): AsyncGenerator<string> {
      try {
        yield '\ufeff{"type":"call","timestamp":"2026-06-15T12:00:00Z","data":{"value":9007199254740993}}\n\n';
        yield NDJSON;
      } finally {
        isClosed = true;
      }
    }
    for await (const event of readEvents(source())) {
      expect(summarizeCost(costOf(), [event], JUNE).totalQuantity?.toString()).toBe(
        "9007199254740993",
      );
      break;
    }
    await new Promise(setImmediate);
    expect(isClosed).toBe(true);
  });

  test("names the line and the index of what is no event", async () => {
    const errors: unknown[] = [];
    const events = [];
    const text = `\n{"type":5,"data":{},"idempotencyKey":"k"}\n{\n${NDJSON}`;
    const onInvalidEvent = (error: {
      index: number;
      line: number | undefined;
      key: string | undefined;
    }) => void errors.push([error.index, error.line, error.key]);
    for await (const event of readEvents(text, { onInvalidEvent })) events.push(event);
    expect(errors).toEqual([
      [0, 2, "k"],
      [1, 3, undefined],
    ]);
    expect(events.length).toBe(2);
    await expect(readEvents(text).next()).rejects.toMatchObject({ code: "INVALID_EVENT", line: 2 });
    await expect(readEvents("", { other: 1 } as never).next()).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });
});

test("a path of thousands of steps is read", async () => {
  const path = Array.from({ length: 4_000 }, (_, step) => `a${step}`).join(".");
  const cost = costOf({ valueProperty: `$.${path}` });
  const line = JSON.stringify(eventOf({ data: { a0: { a1: 1 } } }));
  expect((await summarizeNdjson(cost, line, JUNE)).totalQuantity?.toString()).toBe("0");
  const deep = path.split(".").reduceRight<string>((value, name) => `{"${name}":${value}}`, "7");
  const event = JSON.stringify(eventOf({ data: {} })).replace('"data":{}', `"data":${deep}`);
  expect((await summarizeNdjson(cost, event, JUNE)).totalQuantity?.toString()).toBe("7");
});
