import { setTimeout } from "node:timers/promises";
import { Decimal } from "decimal.js";
import type { Row } from "./question.ts";
import type { Reference } from "./reference.ts";
import type { Contestant, Limit, Run } from "./section.ts";

export interface Measurement {
  readonly name: string;
  readonly isOurs: boolean;
  readonly runs: readonly Run[];
  readonly cells: number;
  /** The most that any run had wrong, lacked or had too many. */
  readonly wrongCells: number;
}

/** The median of what the runs took; undefined where it was not measured. */
export function median({ runs }: Pick<Measurement, "runs">, what: keyof Run): number | undefined {
  return middle(runs.flatMap((run) => run[what] ?? []));
}

function middle(numbers: readonly number[]): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1] as number;
  const high = sorted[Math.floor(half)] as number;
  return (low + high) / 2;
}

/** When `gc()` has returned, V8 sweeps what it found for some 60 ms of another thread, and of the memory's speed. */
const SWEEPING = 200;

/** So that nobody pays for what another left behind. */
async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) return;
  globalThis.gc();
  await setTimeout(SWEEPING);
}

/** Who has been measured for so many milliseconds, and at least three times, is slow enough to be known. */
const ENOUGH = 8_000;

/**
 * Runs the contestants in turn (a, b, c, a, b, c, ...), the first round unmeasured, and checks every answer. Slow ones
 * leave early, so that those whose short runs a disturbance hits harder can have many rounds.
 */
export async function measure(
  contestants: readonly Contestant[],
  rounds: number,
  keepsGarbage = false,
): Promise<Measurement[]> {
  const measured = [];
  for (const contestant of contestants) {
    const runs: Run[] = [];
    measured.push({ contestant, run: await contestant.prepare(), runs, wrongCells: 0 });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const one of measured) {
      const spent = one.runs.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      if (spent > ENOUGH && one.runs.length >= 3) continue;
      if (!keepsGarbage) await collectGarbage();
      const start = performance.now();
      const cpuStart = process.cpuUsage();
      const { rows, ...said } = await one.run();
      const milliseconds = performance.now() - start;
      const { user, system } = process.cpuUsage(cpuStart);
      const { expected } = one.contestant;
      if (expected) one.wrongCells = Math.max(one.wrongCells, countWrong(rows, expected));
      if (round > 0) one.runs.push({ milliseconds, cpu: (user + system) / 1000, ...said });
    }
  }
  return measured.map(({ contestant, runs, wrongCells }) => ({
    name: contestant.name,
    isOurs: contestant.isOurs === true,
    runs,
    cells: 2 * (contestant.expected?.size ?? 0),
    wrongCells,
  }));
}

/** A quantity and a cost each are a cell; so is what is missing, and what nobody asked for. */
function countWrong(rows: Iterable<Row>, expected: Reference): number {
  const plain = (number: unknown): string => new Decimal(String(number)).toFixed();
  const missing = new Map(expected);
  let wrong = 0;
  for (const [name, quantity, cost] of rows) {
    const right = missing.get(name);
    missing.delete(name);
    if (right === undefined || plain(quantity) !== right[0]) wrong++;
    if (right === undefined || plain(cost) !== right[1]) wrong++;
  }
  return wrong + 2 * missing.size;
}

export interface JudgedLimit {
  readonly text: string;
  readonly found: number;
  readonly holds: boolean;
}

function notMeasured(what: keyof Run, name: string): never {
  throw new Error(`no ${what} of ${name} was measured`);
}

export function judge(limit: Limit, measurements: readonly Measurement[]): JudgedLimit {
  const runsOf = (name: string) => measurements.find((one) => one.name === name)?.runs ?? [];
  const medianOf = (name: string): number =>
    middle(runsOf(name).map(({ milliseconds }) => milliseconds)) ??
    notMeasured("milliseconds", name);
  const { of, against } = limit;
  // Of runs that followed one another: what slows the machine for a while slows both of them.
  const relative = (what: keyof Run): number => {
    const peers = runsOf(against);
    const ratios = runsOf(of).flatMap(({ [what]: own }, round) => {
      const { [what]: peer } = peers[round] ?? {};
      return own === undefined || peer === undefined ? [] : [own / peer];
    });
    return middle(ratios) ?? notMeasured(what, `${of} and ${against}`);
  };
  if ("atLeastTimesAsFast" in limit) {
    const found = 1 / relative("milliseconds");
    const text = `${of}: at least ${limit.atLeastTimesAsFast} times as fast as ${against}`;
    return { text, found, holds: found >= limit.atLeastTimesAsFast };
  }
  if ("atMostOfTime" in limit) {
    const found = relative("milliseconds");
    const text = `${of}: at most ${limit.atMostOfTime} of the time of ${against}`;
    return { text, found, holds: found <= limit.atMostOfTime };
  }
  if ("atMostOfAddedTime" in limit) {
    const { atMostOfAddedTime, over } = limit;
    const base = medianOf(over);
    const added = (name: string): number => medianOf(name) - base;
    const found = added(of) / added(against);
    const text = `${of}: at most ${atMostOfAddedTime} of what ${against} adds to ${over}`;
    return { text, found, holds: found <= atMostOfAddedTime };
  }
  const found = relative("peakMemory");
  const text = `${of}: at most ${limit.atMostOfMemory} of the memory of ${against}`;
  return { text, found, holds: found <= limit.atMostOfMemory };
}
