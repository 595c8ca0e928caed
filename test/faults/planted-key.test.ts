import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OPERATIONS } from "../client/operations.ts";
import { rejectionOf } from "../client/scene.ts";
import { type Answer, brokenOff, ScriptedServer, text } from "../client/scripted-server.ts";
import { KINDS } from "./disturbances.ts";
import { proxied } from "./proxied.ts";

const KEY = "sk_live_planted_by_a_test_4711";
/** So much of it gives it away. */
const TELLING = "planted_by_a_test";

const server = new ScriptedServer();
beforeEach(() => server.listen());
afterEach(() => server.close());

const hexOf = (character: string): string => character.charCodeAt(0).toString(16);
const SPELLINGS: readonly ((key: string) => string)[] = [
  (key) => key,
  (key) => [...key].map((c) => `\\u00${hexOf(c)}`).join(""),
  (key) => [...key].map((c) => `%${hexOf(c)}`).join(""),
  (key) => [...key].map((c) => `&#x${hexOf(c)};`).join(""),
];
/** The texts that a text can be read as. */
const readings = (text: string): string =>
  [
    text,
    text.replace(/\\{1,4}u00([0-9a-f]{2})|%([0-9a-f]{2})|&#x([0-9a-f]+);/gi, (_, ...hex) =>
      String.fromCharCode(Number.parseInt(hex.slice(0, 3).find(Boolean), 16)),
    ),
  ].join("\n");

/** Says the key back, in another way with each request. */
let asked = 0;
const echo: Answer = (response, request) => {
  const authorization = request.headers.authorization ?? "";
  const { "x-api-key": proxyKey, "x-session-token": session } = request.headers;
  const secret = [authorization, proxyKey, session][asked % 3]?.toString() ?? authorization;
  const said = SPELLINGS[asked % SPELLINGS.length]?.(secret) ?? "";
  const status = [200, 400, 401, 403, 404, 422, 500, 502, 302, 200, 418, 201, 202, 503][asked % 14];
  const headers = { "x-request-id": authorization, location: `https://example.com/?${said}` };
  const body = [
    `{"message":"no ${said}","code":"${said}","error":"${said}","details":{"${said}":["${said}"]}}`,
    `{"message":"no","errors":[{"field":"${said}","message":"${said}","code":"${said}"}]}`,
    `<html>${said}</html>`,
    `{"id":"${said}","unitCost":"${said}","totalCost":"${said}","data":[{"id":"${said}"}]}`,
    said,
  ][asked % 5];
  asked++;
  if (asked % 9 === 0) brokenOff(said)(response, request);
  else text(body ?? "", status, headers)(response, request);
};

test("a program that prints everything, and then crashes, does not print the key", async () => {
  server.otherwise(echo);
  const child = spawn(
    process.execPath,
    [
      "--import",
      "tsx",
      fileURLToPath(new URL("talkative-program.ts", import.meta.url)),
      server.url,
    ],
    { env: { ...process.env, PAYGENTIC_API_KEY: KEY } },
  );
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  const [code] = await once(child, "close");
  const all = Buffer.concat(printed).toString("utf8");
  expect(code).toBe(1);
  expect(all).toContain("ApiError: ");
  expect(all).toContain("[redacted]");
  expect(server.requests.length).toBe(OPERATIONS.length * 14);
  expect(all.length).toBeGreaterThan(100_000);
  expect(readings(all)).not.toContain(TELLING);
});

test("what the server receives has the key in one header, and nowhere else", async () => {
  server.otherwise(echo);
  const { Paygentic } = await import("metered-costs");
  const paygentic = new Paygentic({ baseUrl: server.url, apiKey: KEY, maxRetries: 0 });
  for (const { call } of OPERATIONS) {
    for (let answer = 0; answer < 14; answer++) await call(paygentic).catch(() => undefined);
  }
  for (const { target, headers, body } of server.requests) {
    const { authorization, ...others } = headers;
    expect(authorization).toBe(`Bearer ${KEY}`);
    expect(readings(JSON.stringify([target, others, body]))).not.toContain(TELLING);
  }
});

test("whatever happens on the way, neither the error nor the mock's records have the key", async () => {
  for (const kind of KINDS) {
    const { mock, client } = await proxied(() => ({ kind, chance: 0.5, carriedOut: true }));
    const paygentic = client({ apiKey: KEY, maxRetries: 0, timeout: 300 });
    const outcomes = await Promise.all(
      OPERATIONS.map(({ call }) => call(paygentic).catch((error: unknown) => error)),
    );
    const said = inspect([outcomes, mock, mock.requests, mock.events, paygentic], {
      depth: Number.POSITIVE_INFINITY,
      showHidden: true,
      getters: true,
    });
    expect(readings(said)).not.toContain(TELLING);
    // Else nothing was searched.
    const [first] = mock.requests;
    if (first !== undefined) expect(said).toContain(`operation: '${first.operation}'`);
  }
});

test("the search sees a key, however it is spelled", async () => {
  for (const spell of SPELLINGS) expect(readings(`a ${spell(KEY)} b`)).toContain(TELLING);
  expect(await rejectionOf(Promise.reject(KEY))).toContain(TELLING);
});
