/** Milliseconds that some work takes. */
export async function timeOf(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * How many times as long one work takes as another. They take turns, each counts with the least of its times, and
 * rounds are added while the ratio is above the limit: other work of the machine only ever makes a run slower.
 */
export async function ratioOfLeast(
  limit: number,
  rounds: number,
  measured: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  let leastOfPeer = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    leastOfPeer = Math.min(leastOfPeer, await peer());
    least = Math.min(least, await measured());
    if (least <= limit * leastOfPeer) break;
  }
  return least / leastOfPeer;
}
