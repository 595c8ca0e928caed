import fc from "fast-check";
import {
  defineCost,
  type EventIngestParams,
  isCostsError,
  Paygentic,
  type PaygenticOptions,
} from "metered-costs";
import { COST, CREATE, EVENT, JUNE, PAGE, RECEIPT, REPORT, SUMMARY } from "../client/samples.ts";
import { type FuzzedFunction, fuzz, fuzzed } from "./fuzz.ts";
import { hostileFetch } from "./hostile-answers.ts";
import {
  CallersOwn,
  hostile,
  hostileText,
  KEY,
  listOf,
  mutated,
  mutatedOrAnything,
  plain,
  type Recipes,
  together,
} from "./hostile-values.ts";

/** A client for one case, whose hooks hear no secret and throw. */
function clientOf(options: PaygenticOptions): Paygentic {
  const hear = (facts: unknown): never => {
    const told = JSON.stringify(facts);
    if (told.includes(KEY)) leaked.push(told);
    throw new CallersOwn("a logger's");
  };
  return new Paygentic({
    environment: "sandbox",
    apiKey: KEY,
    headers: { "x-api-key": KEY },
    maxRetries: 0,
    maxResponseBytes: 100_000,
    onDrift: hear,
    onResponse: hear,
    ...options,
  });
}
const leaked: string[] = [];

/** Where the operations are; nothing in an argument leads anywhere else. */
const KNOWN_PATH = /^\/v0\/(?:events|costs(?:\/report|\/cst_[a-zA-Z0-9]+(?:\/summary)?)?)$/;

/** A call whose arguments are anything and whose answer is good. */
const asked = <T>(
  name: string,
  weight: number,
  answer: object,
  given: Recipes<T>,
  call: (client: Paygentic, given: T) => Promise<unknown>,
): FuzzedFunction =>
  fuzzed(`${name}, any arguments`, weight, given, async (args) => {
    const sent: string[] = [];
    const fetch: typeof globalThis.fetch = async (url) => {
      sent.push(String(url));
      return Response.json(answer);
    };
    const outcome = await call(clientOf({ fetch }), args).then(
      () => undefined,
      (thrown: unknown) => ({ thrown }),
    );
    for (const url of sent) {
      const { origin, pathname, hash } = new URL(url);
      const isKnown = KNOWN_PATH.test(pathname);
      if (origin !== "https://api.sandbox.paygentic.io" || !isKnown || hash !== "") {
        throw new Error(`asked for ${url}`);
      }
    }
    if (outcome !== undefined) throw outcome.thrown;
  });
/** Characters that a message and a code have at most, whatever a server writes. */
const MAX_MESSAGE = 10_000;
const MAX_CODE = 300;
/** A call whose arguments are good and whose answer is anything. */
const answered = (
  name: string,
  weight: number,
  answer: object,
  call: (client: Paygentic) => Promise<unknown>,
  status?: number,
): FuzzedFunction =>
  fuzzed(`${name}, any answer`, weight, hostileFetch(answer, status), async (fetch) => {
    const outcome = await call(clientOf({ fetch })).then(
      () => undefined,
      (thrown: unknown) => ({ thrown }),
    );
    const [told] = leaked.splice(0);
    if (told !== undefined) throw new Error(`a hook heard the key: ${told}`);
    if (isCostsError(outcome?.thrown)) {
      const { message, code } = outcome.thrown;
      if (message.length > MAX_MESSAGE || code.length > MAX_CODE) {
        throw new Error(`an error of ${message.length} characters, its code of ${code.length}`);
      }
    }
    if (outcome !== undefined) throw outcome.thrown;
  });

const OPTIONS = {
  apiKey: KEY,
  environment: "production",
  baseUrl: "https://example.com",
  fetch: globalThis.fetch,
  timeout: 1,
  maxRetries: 1,
  maxResponseBytes: 1,
  headers: { a: "b" },
  onResponse: () => undefined,
  onDrift: () => undefined,
  dangerouslyAllowBrowser: true,
} as const satisfies PaygenticOptions;
const CREATE_ALL = { ...CREATE, groupBy: { model: "$.model" }, unit: "token", merchantId: "org_1" };
const UPDATE = { name: "a", unitCost: 1, currency: "USD", unit: null, aggregation: "SUM" } as const;
const UPDATE_FIELDS = [...Object.keys(UPDATE), "eventType", "valueProperty", "groupBy"];
const LIST = { merchantId: "org_1", productId: "prod_1", limit: 1, offset: 0 };
const QUERY = {
  ...JUNE,
  subject: "a",
  groupBy: ["model"],
  window: "DAY",
  filterGroupBy: { model: "a" },
} as const;
const REPORT_QUERY = {
  ...JUNE,
  groupBy: "cost",
  merchantId: "org_1",
  costId: ["cst_1"],
  subject: "a",
  filterGroupBy: { model: "a" },
  topN: 1,
  comparePriorPeriod: true,
  windowSize: "DAY",
  sort: "totalCost",
  sortDir: "asc",
  offset: 0,
  limit: 1,
  currency: "USD",
} as const;
const EVENT_ALL = { ...EVENT, externalSubject: "a", namespace: "org_1", externalId: "b" };
const REQUEST_OPTIONS = {
  signal: new AbortController().signal,
  timeout: 1_000,
  maxRetries: 0,
  headers: { a: "b" },
};
const INGEST_ALL = {
  concurrency: 2,
  deadline: 0,
  onProgress: () => undefined,
  outcomes: "all",
  timeout: 1_000,
} as const;
const SUMMARY_ALL = {
  ...SUMMARY,
  groups: [{ dimensions: { model: "a" }, quantity: 1, cost: 1 }],
  timeSeries: [{ windowStart: JUNE.from, windowEnd: JUNE.to, quantity: 1, cost: 1 }],
};
const RECEIPT_ALL = { ...RECEIPT, ...EVENT_ALL };

/** Some of a loop that may go on for ever. */
async function some(items: AsyncIterable<unknown>): Promise<void> {
  let left = 5;
  for await (const _ of items) if (--left === 0) return;
}

const id = fc.oneof(plain(hostileText), hostile as Recipes<string>);

fuzz("metered-costs", [
  fuzzed(
    "new Paygentic",
    6,
    mutatedOrAnything<object>(OPTIONS),
    (options) => new Paygentic(options),
  ),
  asked("costs.create", 4, COST, mutatedOrAnything(CREATE_ALL), ({ costs }, params) =>
    costs.create(params),
  ),
  asked("costs.get", 2, COST, id, ({ costs }, given) => costs.get(given)),
  asked(
    "costs.update",
    3,
    COST,
    together<[string, typeof UPDATE]>(id, mutatedOrAnything(UPDATE, UPDATE_FIELDS)),
    (client, [given, params]) => client.costs.update(given, params),
  ),
  asked(
    "costs.update, its id good",
    2,
    COST,
    mutatedOrAnything(UPDATE, UPDATE_FIELDS),
    ({ costs }, params) => costs.update("cst_1", params),
  ),
  asked("costs.delete", 1, {}, id, ({ costs }, given) => costs.delete(given)),
  asked("costs.list", 2, PAGE, mutatedOrAnything(LIST), ({ costs }, params) => costs.list(params)),
  asked("costs.listAll", 1, PAGE, mutatedOrAnything(LIST), ({ costs }, params) =>
    some(costs.listAll(params)),
  ),
  asked(
    "costs.summary",
    4,
    SUMMARY,
    together<[string, typeof QUERY]>(
      fc.oneof(plain(fc.constant("cst_1")), id, mutated(COST) as Recipes<never>),
      mutatedOrAnything(QUERY),
    ),
    ({ costs }, [cost, query]) => costs.summary(cost, query),
  ),
  asked("costs.report", 4, REPORT, mutatedOrAnything(REPORT_QUERY), ({ costs }, query) =>
    costs.report(query),
  ),
  asked("events.ingest", 5, RECEIPT, mutatedOrAnything(EVENT_ALL), ({ events }, event) =>
    events.ingest(event),
  ),
  asked(
    "events.ingestAll",
    3,
    RECEIPT,
    together<[EventIngestParams[], typeof INGEST_ALL]>(
      fc.oneof(listOf(mutatedOrAnything(EVENT_ALL), 3), hostile as Recipes<never[]>),
      mutatedOrAnything(INGEST_ALL),
    ),
    ({ events }, [list, options]) => events.ingestAll(list, options),
  ),
  asked(
    "the options of a call",
    2,
    COST,
    mutatedOrAnything<object>(REQUEST_OPTIONS),
    ({ costs }, options) => costs.get("cst_1", options),
  ),
  answered("costs.create", 1, COST, ({ costs }) => costs.create(CREATE), 201),
  answered("costs.get", 3, COST, ({ costs }) => costs.get("cst_1")),
  answered("costs.update", 1, COST, ({ costs }) => costs.update("cst_1", { unitCost: "1.5" })),
  answered("costs.delete", 1, {}, ({ costs }) => costs.delete("cst_1"), 204),
  answered("costs.list", 3, PAGE, ({ costs }) => costs.list()),
  answered("costs.listAll", 1, PAGE, ({ costs }) => some(costs.listAll())),
  answered("costs.summary", 4, SUMMARY_ALL, ({ costs }) => costs.summary("cst_1", QUERY)),
  answered("costs.report", 4, REPORT, ({ costs }) => costs.report(REPORT_QUERY)),
  answered("events.ingest", 2, RECEIPT_ALL, ({ events }) => events.ingest(EVENT), 202),
  answered(
    "events.ingestAll",
    1,
    RECEIPT_ALL,
    ({ events }) => events.ingestAll([EVENT], { deadline: 0 }),
    202,
  ),
  fuzzed(
    "costs.listAll, pages that repeat",
    1,
    plain(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }))),
    async ([pages, size]) => {
      let requests = 0;
      const fetch = async (): Promise<Response> => {
        const page = requests++ % pages;
        const data = Array.from({ length: size }, (_, n) => ({ ...COST, id: `cst_${page}x${n}` }));
        return Response.json({ ...PAGE, data });
      };
      for await (const _ of clientOf({ fetch }).costs.listAll()) {
        if (requests > pages) throw new Error(`asked for page ${requests} of ${pages}`);
      }
    },
  ),
  fuzzed("a key function", 1, hostile, async (value) => {
    const fetch = async () => Response.json(COST);
    await clientOf({ fetch, apiKey: (() => value) as () => string }).costs.get("cst_1");
  }),
  fuzzed("defineCost", 0.5, hostile, (params) => defineCost(params as never)),
  fuzzed("isCostsError", 0.5, hostile, isCostsError),
]);
