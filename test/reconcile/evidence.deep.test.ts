import { describe, expect, test } from "vitest";
import { BREAKDOWNS, foundOf, type RandomMistake, WITHOUT_CAUSE } from "./random-mistakes.ts";
import { idsOf } from "./servers.ts";

/** Random cases in each cell of the table. */
const CASES = 1_000;

interface Cell {
  readonly explained: readonly string[];
  readonly coincidence: number;
  readonly candidates: readonly number[];
}

function casesOf(mistake: RandomMistake, breakdown: (typeof BREAKDOWNS)[string]): Cell {
  const explained: string[] = [];
  const candidates: number[] = [];
  let coincidence = 0;
  for (let seed = 1; seed <= CASES; seed++) {
    const { verdict, explanations } = foundOf(mistake, breakdown, seed);
    candidates.push(Math.max(0, ...explanations.map(({ events: { count } }) => count)));
    if (verdict === "coincidence") coincidence++;
    if (verdict === "explained") {
      const ids = explanations.filter(({ rank }) => rank === 1).map(idsOf);
      explained.push(`seed ${seed}: ${ids.join("; ")}`);
    }
  }
  return { explained, coincidence, candidates };
}

describe("a cause that was not planted is never called explained", () => {
  const rows: Record<string, string | number>[] = [];
  const cells = Object.entries(WITHOUT_CAUSE).flatMap(([mistake, how]) =>
    Object.entries(BREAKDOWNS).map(([rowsOf, breakdown]) => ({ mistake, rowsOf, how, breakdown })),
  );

  test.each(cells)(
    "$mistake, rows: $rowsOf",
    ({ mistake, rowsOf, how, breakdown }) => {
      const { explained, coincidence, candidates } = casesOf(how, breakdown);
      const fitting = candidates.filter((count) => count > 0).sort((a, b) => a - b);
      rows.push({
        mistake,
        rows: rowsOf,
        "explained wrongly": explained.length,
        coincidence,
        different: CASES - explained.length - coincidence,
        "events named, median": fitting[Math.floor(fitting.length / 2)] ?? 0,
      });
      expect(explained).toEqual([]);
    },
    300_000,
  );

  test("the table", () => {
    console.table(rows);
    expect(rows).toHaveLength(cells.length);
  });
});
