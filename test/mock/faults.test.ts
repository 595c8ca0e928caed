import { InvalidInputError } from "metered-costs";
import { createMockPaygentic, type Fault, type MockPaygentic } from "metered-costs/mock";
import { describe, expect, test } from "vitest";
import { EVENT, JUNE, TOKENS } from "./call.ts";

const headers = { authorization: "Bearer sk_test_1" };
const ask = (mock: MockPaygentic, path = "/v0/costs/cst_1", init: RequestInit = {}) =>
  mock.fetch(`https://api.paygentic.io${path}`, { headers, ...init });
const post = (mock: MockPaygentic, path: string, body: object, init: RequestInit = {}) =>
  ask(mock, path, { method: "POST", body: JSON.stringify(body), ...init });
const withFault = (fault: Fault): MockPaygentic =>
  createMockPaygentic({ costs: [TOKENS], faults: [fault] });
const statusesOf = async (mock: MockPaygentic, count: number): Promise<number[]> => {
  const statuses: number[] = [];
  for (let index = 0; index < count; index++) statuses.push((await ask(mock)).status);
  return statuses;
};

describe("what comes back", () => {
  test("a status, alone or with body, headers and Retry-After", async () => {
    const bare = await ask(withFault({ kind: "status", status: 503 }));
    expect(bare.status).toBe(503);
    expect(bare.body).toBeNull();
    expect([...bare.headers]).toEqual([["x-request-id", "req_1"]]);

    const json = await ask(
      withFault({ kind: "status", status: 429, body: { message: "no" }, retryAfter: 2 }),
    );
    expect(json.headers.get("content-type")).toBe("application/json");
    expect(json.headers.get("retry-after")).toBe("2");
    expect(await json.json()).toEqual({ message: "no" });

    const retryAfter = new Date("2026-06-01T10:00:00Z");
    const text = await ask(
      withFault({
        kind: "status",
        status: 200,
        body: '{"id":',
        headers: { "content-type": "application/problem+json", "X-Request-Id": "mine" },
        retryAfter,
      }),
    );
    expect(await text.text()).toBe('{"id":');
    expect(text.headers.get("content-type")).toBe("application/problem+json");
    expect(text.headers.get("x-request-id")).toBe("mine");
    expect(text.headers.get("retry-after")).toBe("Mon, 01 Jun 2026 10:00:00 GMT");
    expect((await ask(withFault({ kind: "status", status: 204 }))).status).toBe(204);
  });

  test("the page of a proxy", async () => {
    const page = await ask(withFault({ kind: "html" }));
    expect(page.status).toBe(502);
    expect(page.headers.get("content-type")).toBe("text/html");
    expect(await page.text()).toMatch(/^<!doctype html>/);
    expect((await ask(withFault({ kind: "html", status: 200 }))).status).toBe(200);
  });

  test("a redirect", async () => {
    const location = "https://elsewhere.example/";
    const response = await ask(withFault({ kind: "redirect", location }));
    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toBe(location);
    const moved = await ask(withFault({ kind: "redirect", location, status: 301 }));
    expect(moved.status).toBe(301);
  });

  test("nothing", async () => {
    await expect(ask(withFault({ kind: "cut-connection" }))).rejects.toBeInstanceOf(TypeError);
  });

  test("the right answer, late", async () => {
    const before = performance.now();
    const response = await ask(withFault({ kind: "delay", milliseconds: 40 }));
    expect(performance.now() - before).toBeGreaterThanOrEqual(39);
    expect(await response.json()).toMatchObject({ id: "cst_1" });
  });

  test("the right answer, slowly", async () => {
    const response = await ask(withFault({ kind: "slow-body", milliseconds: 60 }));
    const before = performance.now();
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body ?? []) pieces.push(piece);
    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
    expect(pieces).toHaveLength(10);
    expect(JSON.parse(Buffer.concat(pieces).toString())).toMatchObject({ id: "cst_1" });
  });

  test("half of the right answer, its whole length promised", async () => {
    const whole = await (await ask(createMockPaygentic({ costs: [TOKENS] }))).text();
    const response = await ask(withFault({ kind: "cut-body" }));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe(String(whole.length));
    const slow = await ask(withFault({ kind: "slow-body", milliseconds: 0 }));
    expect(slow.headers.get("content-length")).toBe(String(whole.length));
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(first?.value).toHaveLength(Math.ceil(whole.length / 2));
    await expect(reader?.read()).rejects.toBeInstanceOf(TypeError);
  });

  test("an answer that never ends, and that is never whole", async () => {
    const response = await ask(withFault({ kind: "endless-body" }));
    const reader = response.body?.getReader();
    let text = "";
    for (let index = 0; index < 5; index++) {
      text += new TextDecoder().decode((await reader?.read())?.value);
    }
    expect(() => JSON.parse(text)).toThrow();
    expect(JSON.parse(`${text}}`)).toMatchObject({ id: "cst_1" });
    await reader?.cancel();
  });

  test("a cost that has drifted, its unit cost with every digit", async () => {
    const drifted = async (drift: (Fault & { kind: "drift" })["drift"], path?: string) => {
      const costs = [{ ...TOKENS, unitCost: "0.12345678901234567890123" }];
      const mock = createMockPaygentic({ costs, faults: [{ kind: "drift", drift }] });
      return (await ask(mock, path)).text();
    };
    expect(JSON.parse(await drifted("unknown-field"))).toMatchObject({ addedLater: true });
    expect(JSON.parse(await drifted("unknown-member"))).toMatchObject({ aggregation: "MEDIAN" });
    expect(await drifted("number-for-string")).toContain('"unitCost":0.12345678901234567890123,');
    const page = JSON.parse(await drifted("unknown-field", "/v0/costs"));
    expect(page).toMatchObject({ addedLater: true, data: [{ addedLater: true }] });
    const summary = await drifted("number-for-string", `/v0/costs/cst_1/summary?${JUNE}`);
    expect(JSON.parse(summary)).toMatchObject({ totalCost: 0, currency: 840 });
    const refusal = await drifted("unknown-member", "/v0/costs/cst_9");
    expect(JSON.parse(refusal)).toEqual({ message: expect.any(String), error: "moved_on" });
  });
});

describe("which requests are hit", () => {
  test("the next one, or the next few, then no more", async () => {
    expect(await statusesOf(withFault({ kind: "html" }), 2)).toEqual([502, 200]);
    expect(await statusesOf(withFault({ kind: "html", times: 2 }), 3)).toEqual([502, 502, 200]);
  });

  test("those of the operations that are named, whatever comes between", async () => {
    const mock = withFault({ kind: "html", operation: ["getCost", "ingestEvent"], times: 2 });
    expect((await ask(mock, "/v0/costs")).status).toBe(200);
    expect((await ask(mock)).status).toBe(502);
    expect((await ask(mock, "/v0/costs/cst_1", { method: "DELETE" })).status).toBe(204);
    expect((await post(mock, "/v0/events", EVENT)).status).toBe(502);
    const single = withFault({ kind: "html", operation: "listCosts" });
    expect((await ask(single)).status).toBe(200);
    expect((await ask(single, "/v0/costs")).status).toBe(502);
  });

  test("none that asks for nothing that there is", async () => {
    const mock = withFault({ kind: "html" });
    expect((await ask(mock, "/v0/nowhere")).status).toBe(404);
    expect((await ask(mock, "/v0/costs", { method: "PUT" })).status).toBe(405);
    expect((await ask(mock)).status).toBe(502);
  });

  test.each<Fault>([
    { kind: "slow-body", milliseconds: 5 },
    { kind: "cut-body" },
    { kind: "endless-body" },
    { kind: "drift", drift: "unknown-field" },
  ])("no deletion by $kind, which needs a body", async (fault) => {
    const mock = withFault(fault);
    expect((await ask(mock, "/v0/costs/cst_1", { method: "DELETE" })).status).toBe(204);
    expect(mock.faults).toEqual([{ ...fault, times: 1 }]);
  });

  test("one after the other, in the order in which they were planned", async () => {
    const mock = createMockPaygentic({
      costs: [TOKENS],
      faults: [
        { kind: "status", status: 500 },
        { kind: "status", status: 501, times: 2 },
      ],
    });
    mock.fault({ kind: "status", status: 502 });
    expect(mock.faults).toHaveLength(3);
    expect(await statusesOf(mock, 2)).toEqual([500, 501]);
    expect(mock.faults).toEqual([
      { kind: "status", status: 501, times: 1 },
      { kind: "status", status: 502, times: 1 },
    ]);
    expect(await statusesOf(mock, 3)).toEqual([501, 502, 200]);
    expect(mock.faults).toEqual([]);
  });

  test("a share of them, the same ones with the same seed", async () => {
    const hits = async (seed?: number): Promise<string> =>
      (await statusesOf(withFault({ kind: "html", rate: 0.3, seed }), 200))
        .map((status) => (status === 502 ? "x" : "."))
        .join("");
    const first = await hits(7);
    expect(await hits(7)).toBe(first);
    expect(await hits(8)).not.toBe(first);
    expect(await hits()).toBe(await hits(1));
    const share = first.replaceAll(".", "").length / 200;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
    expect(await statusesOf(withFault({ kind: "html", rate: 1 }), 3)).toEqual([502, 502, 502]);
  });

  test("those without a key, too", async () => {
    const mock = withFault({ kind: "html" });
    expect((await mock.fetch("https://x/v0/costs")).status).toBe(502);
    expect((await mock.fetch("https://x/v0/costs")).status).toBe(401);
  });
});

describe("whether the work is done", () => {
  const INSTEAD: readonly Fault[] = [
    { kind: "status", status: 500 },
    { kind: "html" },
    { kind: "redirect", location: "/" },
    { kind: "cut-connection" },
  ];
  test.each(INSTEAD)("$kind: only when it is said", async (fault) => {
    const lost = withFault({ ...fault, carriedOut: true } as Fault);
    await post(lost, "/v0/events", EVENT).catch(() => undefined);
    expect(lost.events).toHaveLength(1);
    const undone = withFault(fault);
    await post(undone, "/v0/events", EVENT).catch(() => undefined);
    expect(undone.events).toEqual([]);
    expect(undone.requests).toHaveLength(1);
  });

  test.each<Fault>([
    { kind: "slow-body", milliseconds: 1 },
    { kind: "cut-body" },
    { kind: "drift", drift: "unknown-field" },
  ])("$kind: always", async (fault) => {
    const mock = withFault(fault);
    await (await post(mock, "/v0/events", EVENT)).text().catch(() => undefined);
    expect(mock.events).toHaveLength(1);
  });

  test("delay: before the wait when it is said, else after it, and not for one who has left", async () => {
    const early = withFault({ kind: "delay", milliseconds: 30, carriedOut: true });
    const pending = post(early, "/v0/events", EVENT);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(early.events).toHaveLength(1);
    await pending;

    const late = withFault({ kind: "delay", milliseconds: 30 });
    const gone = post(late, "/v0/events", EVENT, { signal: AbortSignal.timeout(10) });
    await expect(gone).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(late.events).toEqual([]);
  });
});

describe("what is malformed is refused", () => {
  const issuesOf = (fault: unknown): string[] => {
    try {
      createMockPaygentic().fault(fault as Fault);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInputError);
      return (error as InvalidInputError).issues.map(({ path }) => path.join("."));
    }
    return [];
  };

  test.each<[unknown, string[]]>([
    [null, [""]],
    ["html", [""]],
    [{}, ["kind"]],
    [{ kind: "toString" }, ["kind"]],
    [{ kind: "earthquake", milliseconds: 5 }, ["kind"]],
    [{ kind: "status" }, ["status"]],
    [{ kind: "status", status: 199 }, ["status"]],
    [{ kind: "status", status: 600 }, ["status"]],
    [{ kind: "status", status: "500" }, ["status"]],
    [{ kind: "status", status: 500, body: 5 }, ["body"]],
    [{ kind: "status", status: 500, body: { amount: () => 1 } }, ["body"]],
    [{ kind: "status", status: 204, body: "" }, ["body"]],
    [{ kind: "status", status: 500, headers: { "a b": "c" } }, ["headers"]],
    [{ kind: "status", status: 500, headers: "a: b" }, ["headers"]],
    [{ kind: "status", status: 500, headers: { a: 1 } }, ["headers"]],
    [{ kind: "status", status: 500, headers: { toJSON: () => "b" } }, ["headers"]],
    [{ kind: "status", status: 500, retryAfter: -1 }, ["retryAfter"]],
    [{ kind: "status", status: 500, retryAfter: new Date(Number.NaN) }, ["retryAfter"]],
    [{ kind: "html", status: 304 }, ["status"]],
    [{ kind: "html", milliseconds: 5 }, ["milliseconds"]],
    [{ kind: "delay" }, ["milliseconds"]],
    [{ kind: "delay", milliseconds: -1 }, ["milliseconds"]],
    [{ kind: "delay", milliseconds: Number.POSITIVE_INFINITY }, ["milliseconds"]],
    [{ kind: "slow-body", milliseconds: 5, carriedOut: false }, ["carriedOut"]],
    [{ kind: "cut-body", operation: "deleteCost" }, ["operation"]],
    [{ kind: "redirect" }, ["location"]],
    [{ kind: "redirect", location: "a\nb" }, ["location"]],
    [{ kind: "redirect", location: "/", status: 304 }, ["status"]],
    [{ kind: "drift", drift: "continental" }, ["drift"]],
    [{ kind: "html", operation: "getCosts" }, ["operation"]],
    [{ kind: "html", operation: [] }, ["operation"]],
    [{ kind: "html", carriedOut: "yes" }, ["carriedOut"]],
    [{ kind: "html", times: 0 }, ["times"]],
    [{ kind: "html", times: 1.5 }, ["times"]],
    [{ kind: "html", rate: 0 }, ["rate"]],
    [{ kind: "html", rate: 1.1 }, ["rate"]],
    [{ kind: "html", rate: 0.5, seed: 0.5 }, ["seed"]],
    [{ kind: "html", rate: 0.5, times: 2 }, ["times"]],
    [{ kind: "html", seed: 2 }, ["seed"]],
  ])("%j", (fault, paths) => {
    expect(issuesOf(fault)).toEqual(paths);
  });

  test("a time that only looks like a Date", () => {
    const retryAfter: unknown = Object.create(Date.prototype);
    expect(issuesOf({ kind: "status", status: 500, retryAfter })).toEqual(["retryAfter"]);
  });

  test("headers that JSON has no form for", () => {
    const headers: unknown = Object(1n);
    expect(issuesOf({ kind: "status", status: 500, headers })).toEqual(["headers"]);
  });

  test("at its place, when a mock is made, and before it is", () => {
    const faults = [{ kind: "html" }, { kind: "html", times: 0 }] as Fault[];
    expect(() => createMockPaygentic({ faults })).toThrow("faults.1.times");
    expect(() => createMockPaygentic({ faults: {} as never })).toThrow("faults");
  });
});

describe("nothing is left behind", () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const SLOW: readonly Fault[] = [
    { kind: "delay", milliseconds: 60_000 },
    { kind: "slow-body", milliseconds: 60_000 },
    { kind: "endless-body" },
  ];

  test.each(SLOW)("$kind ends with its request, by the signal's own reason", async (fault) => {
    const before = timers();
    const controller = new AbortController();
    const reason = new Error("enough");
    const reading = ask(withFault(fault), undefined, { signal: controller.signal }).then(
      (response) => response.text(),
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test.each(SLOW.slice(1))("$kind ends when its reader leaves", async (fault) => {
    const before = timers();
    const reader = (await ask(withFault(fault))).body?.getReader();
    const reading = reader?.read().then(() => reader.read());
    await new Promise((resolve) => setTimeout(resolve, 20));
    await reader?.cancel();
    await reading;
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test("a signal that outlives many requests has no listener of theirs", async () => {
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): number => warnings.push(warning);
    process.on("warning", onWarning);
    const mock = createMockPaygentic({
      costs: [TOKENS],
      faults: [{ kind: "slow-body", milliseconds: 1, rate: 1 }],
    });
    for (let index = 0; index < 30; index++) await (await ask(mock, undefined, { signal })).text();
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  test("a signal that has aborted already is obeyed", async () => {
    const mock = createMockPaygentic();
    const signal = AbortSignal.abort(new Error("before"));
    await expect(ask(mock, undefined, { signal })).rejects.toThrow("before");
    expect(mock.requests).toEqual([]);
  });
});
