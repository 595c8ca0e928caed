/** What the proxy does with one request instead of passing it on and back. */
export interface Disturbance {
  readonly kind: DisturbanceKind;
  /** From 0 to below 1: which byte, which status, how late; each kind makes its own of it. */
  readonly chance: number;
  /** Whether the mock gets the request although its answer is lost. */
  readonly carriedOut: boolean;
}

/** What can happen to a request, and how often compared with the others. */
const WEIGHTS = {
  /** The connection is reset at some byte of the request: the mock never hears of it. */
  "reset-request": 12,
  /** The connection is reset at some byte of the answer, its status line and its headers included. */
  "reset-answer": 12,
  /** The connection ends, politely, at some byte of the answer. */
  "end-answer": 10,
  /** A body that is whole as HTTP goes, and cut off as JSON. */
  "cut-json": 8,
  /** The answer, late. */
  delay: 10,
  /** The request is passed on twice at once; the answer is the one that comes last. */
  repeat: 10,
  /** The request is passed on again when it has long been answered. */
  "repeat-later": 6,
  "429": 2,
  "429-retry-after": 1,
  "5xx": 8,
  "503-retry-after": 1,
  "408": 2,
  /** A page of a proxy in between, with a 5xx. */
  html: 5,
  /** The same page as a success, as a captive portal has it. */
  "html-as-success": 4,
  /** A success with nothing in it. */
  "empty-success": 4,
  /** A success whose JSON is no object. */
  "no-object": 2,
  /** The right answer with the content type of something else. */
  "wrong-type": 6,
  /** Bytes that are no HTTP. */
  garbage: 3,
  /** A success whose body is longer than the client reads. */
  oversized: 3,
  /** An error whose body is longer than the client reads. */
  "oversized-error": 1,
  /** A success whose body goes on, a byte now and then, and never ends. */
  endless: 1,
  /** Nothing comes. */
  silence: 1,
  /** A redirect to another server. Never of an event that has to be counted: a redirect is an error for good. */
  redirect: 0,
} as const;
export type DisturbanceKind = keyof typeof WEIGHTS;
export const KINDS = Object.keys(WEIGHTS) as DisturbanceKind[];
const TOTAL = Object.values(WEIGHTS).reduce<number>((sum, weight) => sum + weight, 0);

/** A number from 0 to below 1 that depends on the seed, the request and the question alone: two rounds of murmur3. */
function chanceOf(seed: number, request: number, question: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(request, 0xc2b2ae35) ^ question;
  for (let round = 0; round < 2; round++) {
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

/** What becomes of the n-th request that arrives: always the same for the same seed. */
export type Decide = (request: number) => Disturbance | undefined;

/** Disturbs a share of the requests, in all ways by their weights. */
export function disturbing(seed: number, share: number): Decide {
  return (request) => {
    if (chanceOf(seed, request, 1) >= share) return undefined;
    let left = chanceOf(seed, request, 2) * TOTAL;
    const kind = KINDS.find((each) => {
      left -= WEIGHTS[each];
      return left < 0;
    });
    return {
      kind: kind ?? "delay",
      chance: chanceOf(seed, request, 3),
      carriedOut: chanceOf(seed, request, 4) < 0.5,
    };
  };
}
