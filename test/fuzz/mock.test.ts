import fc from "fast-check";
import { createMockPaygentic, type Fault } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import { paygenticHandlers } from "metered-costs/msw";
import { getResponse } from "msw";
import { CREATE, EVENT, JUNE } from "../client/samples.ts";
import { fuzz, fuzzed } from "./fuzz.ts";
import { bodyLike, jsonText } from "./hostile-answers.ts";
import {
  CallersOwn,
  hostile,
  hostileText,
  listOf,
  mutatedOrAnything,
  plain,
  type Recipes,
  together,
} from "./hostile-values.ts";

const SEED = { ...CREATE, id: "cst_1", groupBy: { model: "$.model" } };
const SANDBOX = {
  costs: [SEED],
  events: [EVENT],
  clock: () => new Date(0),
  faults: [{ kind: "status", status: 500 }],
};
const FAULTS: readonly object[] = [
  { kind: "status", status: 500, body: { a: 1 }, headers: { a: "b" }, retryAfter: 1, times: 2 },
  { kind: "html", status: 502, rate: 0.5, seed: 1, operation: "getCost", carriedOut: true },
  { kind: "redirect", location: "https://example.com", status: 302, times: 1 },
  { kind: "delay", milliseconds: 0 },
  { kind: "slow-body", milliseconds: 0 },
  { kind: "drift", drift: "unknown-field", operation: ["getCost"] },
  { kind: "cut-body" },
];
const segment = fc.oneof(
  fc.constantFrom("v0", "costs", "cst_1", "summary", "report", "events"),
  hostileText
    .filter((text) => text.length < 200)
    .map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ""))),
);
const path = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "costs",
      "costs/cst_1",
      "costs/cst_1/summary",
      "costs/report",
      "events",
    ),
  },
  { weight: 1, arbitrary: fc.array(segment, { maxLength: 4 }).map((parts) => parts.join("/")) },
);
const queryValue = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      JUNE.from,
      JUNE.to,
      "model",
      "cost",
      "DAY",
      "MONTH",
      "5",
      "cst_1",
      '{"model":"a"}',
      '{"__proto__":"a"}',
    ),
  },
  { weight: 2, arbitrary: hostileText.filter((text) => text.length < 3_000) },
  { weight: 1, arbitrary: jsonText.filter((text) => text.length < 3_000) },
);
const search = fc.array(
  fc.tuple(
    fc.constantFrom(
      "from",
      "to",
      "subject",
      "groupBy",
      "window",
      "filterGroupBy",
      "limit",
      "offset",
      "costId",
      "topN",
      "windowSize",
      "sort",
      "__proto__",
    ),
    queryValue,
  ),
  { maxLength: 6 },
);
const range = fc.boolean();
const body = fc.oneof(
  bodyLike(EVENT),
  bodyLike(CREATE),
  bodyLike({ name: "a", groupBy: { a: "$.a" } }),
);
/** A request that fetch could send. */
const request = fc
  .record({
    method: fc.constantFrom("GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"),
    path,
    search,
    range,
    body,
    key: fc.constantFrom("Bearer a", "Bearer a", "bearer  a", "Basic a", ""),
  })
  .map(({ method, path, search, range, body, key }) => () => {
    const url = new URL(`http://127.0.0.1/v0/${path.replace(/^\/+/, "")}`);
    if (range) url.search = new URLSearchParams(JUNE).toString();
    for (const [name, value] of search) url.searchParams.append(name, value);
    return new Request(url, {
      method,
      headers: { authorization: key },
      ...(method === "GET" ? {} : { body }),
    });
  });

/** What `fetch` may do with nonsense is what `fetch` does: a TypeError, or what the caller's own code throws. */
const asFetchDoes = async (work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    throw error instanceof TypeError || error instanceof SyntaxError ? new CallersOwn() : error;
  }
};

fuzz("metered-costs/mock", [
  fuzzed(
    "createMockPaygentic",
    3,
    mutatedOrAnything(SANDBOX) as Recipes<never>,
    createMockPaygentic,
  ),
  fuzzed(
    "createMockPaygentic, any seeds",
    4,
    together<[(typeof SEED)[], (typeof EVENT)[]]>(
      listOf(mutatedOrAnything(SEED), 3),
      listOf(mutatedOrAnything(EVENT), 3),
    ),
    ([costs, events]) => {
      const { costs: kept, events: taken } = createMockPaygentic({ costs, events });
      JSON.stringify([kept, taken]);
    },
  ),
  fuzzed("handle", 8, listOf(request, 4, 1), async (requests) => {
    const mock = createMockPaygentic({ costs: [SEED], events: [EVENT] });
    for (const each of requests) {
      const response = await mock.fetch(each);
      const text = await response.text();
      if (response.status >= 500) throw new Error(`${response.status} ${text}`);
      if (text !== "") JSON.parse(text);
    }
    void [mock.costs, mock.events, mock.requests];
  }),
  fuzzed(
    "fetch, events and then their summary",
    4,
    plain(fc.array(fc.tuple(bodyLike(EVENT.data), fc.boolean()), { maxLength: 3 })),
    async (bodies) => {
      const { fetch } = createMockPaygentic({
        costs: [SEED, { ...SEED, id: "cst_2", aggregation: "UNIQUE_COUNT" }],
      });
      const headers = { authorization: "Bearer a" };
      const { data: _data, idempotencyKey: _key, ...event } = EVENT;
      for (const [data, isText] of bodies) {
        const text = JSON.stringify(event).replace(
          /}$/,
          `,"data":${isText ? data : `{"tokens":{"input":${data}}}`}}`,
        );
        await fetch("http://127.0.0.1/v0/events", { method: "POST", headers, body: text });
      }
      for (const id of ["cst_1", "cst_2"]) {
        const query = new URLSearchParams({ ...JUNE, groupBy: "model", window: "DAY" });
        const response = await fetch(`http://127.0.0.1/v0/costs/${id}/summary?${query}`, {
          headers,
        });
        const text = await response.text();
        if (response.status !== 200) throw new Error(`${response.status} ${text}`);
        JSON.parse(text);
      }
    },
  ),
  fuzzed("fetch, any input", 1, together<[unknown, unknown]>(hostile, hostile), ([input, init]) =>
    asFetchDoes(() => createMockPaygentic().fetch(input as string, init as RequestInit)),
  ),
  fuzzed(
    "fault",
    3,
    fc.constantFrom(...FAULTS).chain((fault) => mutatedOrAnything(fault)),
    async (fault) => {
      const mock = createMockPaygentic({ costs: [SEED] });
      mock.fault(fault as Fault);
      JSON.stringify(mock.faults);
      const [planned] = mock.faults;
      const waits = planned !== undefined && "milliseconds" in planned && planned.milliseconds > 1;
      if (waits || planned?.kind === "cut-body") return;
      await mock.fetch("http://127.0.0.1/v0/costs/cst_1", {
        headers: { authorization: "Bearer a" },
      });
    },
  ),
  fuzzed("advance", 0.5, hostile, (milliseconds) => {
    const { advance, reset } = createMockPaygentic();
    advance(milliseconds as number);
    reset();
  }),
  fuzzed(
    "startMockServer",
    0.5,
    mutatedOrAnything({ port: 0, ...SANDBOX }) as Recipes<never>,
    async (options) => {
      const { close } = await startMockServer(options);
      await close();
    },
  ),
  fuzzed(
    "paygenticHandlers",
    1,
    mutatedOrAnything({
      baseUrl: "https://example.com/api",
      mock: createMockPaygentic(),
    }) as Recipes<never>,
    paygenticHandlers,
  ),
  fuzzed("the handlers", 1, request, async (each) => {
    const handlers = paygenticHandlers({
      baseUrl: "http://127.0.0.1",
      mock: createMockPaygentic({ costs: [SEED] }),
    });
    await getResponse(handlers, each);
  }),
]);
