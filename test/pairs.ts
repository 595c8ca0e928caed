/** Milliseconds that some work takes. */
export async function timeOf(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * How many times as long one work takes as another. They take turns for the fewest rounds, and for more, up to the most,
 * while the ratio is above the limit. Each counts with the least of its times: other work of the machine only ever makes
 * a run slower.
 */
export async function ratioOfLeast(
  limit: number,
  [fewest, most]: readonly [number, number],
  measured: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  let leastOfPeer = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= most; round++) {
    leastOfPeer = Math.min(leastOfPeer, await peer());
    least = Math.min(least, await measured());
    if (round >= fewest && least <= limit * leastOfPeer) break;
  }
  return least / leastOfPeer;
}
