import type { EventColumns } from "./columns.ts";

/** Rows by their timestamps, and in the order received where those are equal. */
export function sortedByTime(rows: readonly number[], { timestamp }: EventColumns): number[] {
  const timeOf = (row: number): number => timestamp[row] as number;
  const isSorted = rows.every(
    (row, at) => at === 0 || timeOf(rows[at - 1] as number) <= timeOf(row),
  );
  return isSorted ? [...rows] : [...rows].sort((a, b) => timeOf(a) - timeOf(b) || a - b);
}
