import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { VersionDates, VersionTimeline } from "../../src/kontorion/models.ts";
import { checkCoverage, versionAt, versionTimeline } from "../../src/kontorion/timeline.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-06-01T00:00:00Z");
const LENGTH = 40;
const minute = (at: number): Date => new Date(START + at * MINUTE);

/** A set of versions of one cost, their dates within a few minutes of each other, so that many of them collide. */
const versionSets = fc
  .array(
    fc.record({
      from: fc.option(fc.integer({ min: 0, max: LENGTH }), { freq: 15 }),
      length: fc.option(fc.integer({ min: -2, max: 20 }), { freq: 3 }),
      status: fc.constantFrom(null, "active", "scheduled", "archived", "draft", "DRAFT", "ACTIVE"),
      published: fc.option(fc.integer({ min: 0, max: LENGTH })),
    }),
    { maxLength: 7 },
  )
  .chain((drawn) =>
    fc
      .shuffledSubarray(
        drawn.map((_, index) => index + 1),
        { minLength: drawn.length, maxLength: drawn.length },
      )
      .map((numbers) =>
        drawn.map(
          ({ from, length, status, published }, index): VersionDates => ({
            version: numbers[index] as number,
            status,
            effective_from: from === null ? null : minute(from),
            effective_to: from === null || length === null ? undefined : minute(from + length),
            published_at: published === null ? undefined : minute(published),
          }),
        ),
      ),
  );

/** The versions that claim a minute by their own dates. */
function claimingAt(versions: readonly VersionDates[], at: number): VersionDates[] {
  const time = minute(at).getTime();
  return versions.filter(({ status, effective_from, effective_to }) => {
    if (status?.toLowerCase() === "draft" || !(effective_from instanceof Date)) return false;
    const end = effective_to instanceof Date ? effective_to.getTime() : Number.POSITIVE_INFINITY;
    return effective_from.getTime() <= time && time < end;
  });
}

/** The version in force: the latest start, and of equal starts the higher number. */
function bruteForce(versions: readonly VersionDates[], at: number): VersionDates | undefined {
  return claimingAt(versions, at).sort(
    (a, b) => Number(b.effective_from) - Number(a.effective_from) || b.version - a.version,
  )[0];
}

const isWithin = (at: number, { from, to }: { from: Date | null; to: Date | null }): boolean =>
  (from === null || from <= minute(at)) && (to === null || minute(at) < to);

/** What is said of one minute; null where a gap is not to be listed, which is before the first version. */
interface MinuteOfTimeline {
  readonly inForce: number | undefined;
  readonly isGap: boolean;
  readonly overlap: string;
}

const numbersOf = (versions: readonly VersionDates[]): number[] =>
  versions.map(({ version }) => version).sort((a, b) => a - b);

function checkTimeline(versions: readonly VersionDates[], timeline: VersionTimeline): void {
  const minutes = Array.from({ length: LENGTH + 27 }, (_, index) => index - 2);
  const first = timeline.periods[0]?.from ?? minute(-2);
  const told = minutes.map((at): MinuteOfTimeline => {
    const periods = timeline.periods.filter((period) => isWithin(at, period));
    const overlaps = timeline.overlaps.filter((overlap) => isWithin(at, overlap));
    if (periods.length > 1 || overlaps.length > 1) throw new Error(`not disjoint at ${at}`);
    return {
      inForce: periods[0]?.version,
      isGap: timeline.gaps.some((gap) => isWithin(at, gap)),
      overlap: overlaps.map((each) => `${each.versions}: ${each.inForce}`).join(),
    };
  });
  const expected = minutes.map((at): MinuteOfTimeline => {
    const inForce = bruteForce(versions, at);
    const claiming = claimingAt(versions, at).filter(
      (claim) => claim === inForce || claim.effective_to instanceof Date,
    );
    return {
      inForce: inForce?.version,
      isGap: inForce === undefined && minute(at) >= first,
      overlap: claiming.length > 1 ? `${numbersOf(claiming)}: ${inForce?.version}` : "",
    };
  });
  expect(told).toEqual(expected);
  expect(minutes.map((at) => versionAt(versions, minute(at))?.version)).toEqual(
    expected.map(({ inForce }) => inForce),
  );
}

describe("a timeline against each minute of it", () => {
  test("versionAt, periods, gaps and overlaps", () => {
    fc.assert(
      fc.property(versionSets, (versions) => checkTimeline(versions, versionTimeline(versions))),
      { numRuns: 10_000 },
    );
  });

  test("coverage of any range", () => {
    const ranges = fc
      .tuple(fc.integer({ min: -5, max: LENGTH }), fc.integer({ min: 1, max: 30 }))
      .map(([from, length]) => ({ from, to: from + length }));
    fc.assert(
      fc.property(versionSets, ranges, (versions, { from, to }) => {
        const { continuous, gaps } = checkCoverage(versionTimeline(versions), {
          from: minute(from),
          to: minute(to),
        });
        const uncovered: number[] = [];
        for (let at = from; at < to; at++) {
          if (bruteForce(versions, at) === undefined) uncovered.push(at);
          expect(gaps.some((gap) => isWithin(at, gap))).toBe(uncovered.at(-1) === at);
        }
        expect(continuous).toBe(uncovered.length === 0);
        for (const gap of gaps) {
          expect(gap.from?.getTime()).toBeGreaterThanOrEqual(minute(from).getTime());
          expect(gap.to?.getTime()).toBeLessThanOrEqual(minute(to).getTime());
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
