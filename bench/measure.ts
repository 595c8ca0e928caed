import { Decimal } from "decimal.js";
import type { Row } from "./question.ts";
import type { Reference } from "./reference.ts";
import type { Contestant, Limit } from "./section.ts";

export interface Measurement {
  readonly name: string;
  readonly isOurs: boolean;
  readonly milliseconds: readonly number[];
  /** Empty where memory is not measured. */
  readonly peakMemory: readonly number[];
  readonly cells: number;
  /** The most that any run had wrong, lacked or had too many. */
  readonly wrongCells: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** Runs the contestants in turn (a, b, c, a, b, c, ...), the first round unmeasured, and checks every answer. */
export async function measure(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Measurement[]> {
  const measured = [];
  for (const contestant of contestants) {
    const run = await contestant.prepare();
    const milliseconds: number[] = [];
    const peakMemory: number[] = [];
    measured.push({ contestant, run, milliseconds, peakMemory, wrongCells: 0 });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const one of measured) {
      globalThis.gc?.(); // nobody pays for what another left behind
      const start = performance.now();
      const { rows, milliseconds = performance.now() - start, peakMemory } = await one.run();
      const { expected } = one.contestant;
      if (expected) one.wrongCells = Math.max(one.wrongCells, countWrong(rows, expected));
      if (round === 0) continue;
      one.milliseconds.push(milliseconds);
      if (peakMemory !== undefined) one.peakMemory.push(peakMemory);
    }
  }
  return measured.map(({ contestant, milliseconds, peakMemory, wrongCells }) => ({
    name: contestant.name,
    isOurs: contestant.isOurs === true,
    milliseconds,
    peakMemory,
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

export function judge(limit: Limit, measurements: readonly Measurement[]): JudgedLimit {
  const named = (name: string): Measurement => {
    const found = measurements.find((measurement) => measurement.name === name);
    if (found === undefined) throw new Error(`no contestant is called ${name}`);
    return found;
  };
  const of = named(limit.of);
  const against = named(limit.against);
  const time = median(of.milliseconds) / median(against.milliseconds);
  if ("atLeastTimesAsFast" in limit) {
    const text = `${of.name}: at least ${limit.atLeastTimesAsFast} times as fast as ${against.name}`;
    return { text, found: 1 / time, holds: 1 / time >= limit.atLeastTimesAsFast };
  }
  if ("atMostOfTime" in limit) {
    const text = `${of.name}: at most ${limit.atMostOfTime} of the time of ${against.name}`;
    return { text, found: time, holds: time <= limit.atMostOfTime };
  }
  const memory = median(of.peakMemory) / median(against.peakMemory);
  const text = `${of.name}: at most ${limit.atMostOfMemory} of the memory of ${against.name}`;
  return { text, found: memory, holds: memory <= limit.atMostOfMemory };
}
