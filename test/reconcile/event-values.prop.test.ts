import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choose, type Gap, type Option, optionsFor } from "../../src/reconcile/event-values.ts";

interface Event {
  readonly value: number;
  readonly group: number;
}

const optionsOf = (events: readonly Event[], by: number, rows = [...events.keys()]) =>
  optionsFor(
    {
      nearOf: (row) => events[row]?.value ?? Number.NaN,
      group: Int32Array.from(events, ({ group }) => group),
    },
    { rows, by } satisfies Gap,
  );

/** Every set of so many of the rows. */
function setsOf(rows: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return rows.flatMap((row, at) =>
    setsOf(rows.slice(at + 1), size - 1).map((others) => [row, ...others]),
  );
}

const alike = (events: readonly Event[], rows: readonly number[]): string =>
  rows
    .map((row) => `${events[row]?.value} of ${events[row]?.group}`)
    .sort()
    .join(", ");

/** What the events of each set are, of the sets whose values add up to an amount. */
const naively = (events: readonly Event[], size: number, amount: number): string[] =>
  setsOf([...events.keys()], size)
    .filter((rows) => rows.every((row) => events[row]?.value !== 0))
    .filter((rows) => rows.reduce((sum, row) => sum + (events[row]?.value ?? 0), 0) === amount)
    .map((rows) => alike(events, rows));

const event = fc.record({ value: fc.integer({ min: -4, max: 9 }), group: fc.nat(2) });
const amount = fc.integer({ min: 1, max: 18 });

describe("the options of a gap", () => {
  test("are the sets of one or two events that make it up, and of three where there are none", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), amount, fc.boolean(), (events, sum, less) => {
        const { options, tried } = optionsOf(events, less ? -sum : sum);
        const few = [...naively(events, 1, sum), ...naively(events, 2, sum)];
        const expected = few.length > 0 ? few : naively(events, 3, sum);
        const found = options.map(({ rows }) => alike(events, rows));
        expect(new Set(found)).toEqual(new Set(expected));
        if (few.length > 0) expect(found).toHaveLength(new Set(found).size);
        const [n, pairs] = [events.length, (events.length * (events.length - 1)) / 2];
        expect(tried).toBe(n + pairs + (few.length > 0 ? 0 : (pairs * (n - 2)) / 3));
      }),
    );
  });

  test("say how much is of which group, and all events like theirs", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), amount, fc.boolean(), (events, sum, less) => {
        for (const { rows, byGroup, all } of optionsOf(events, less ? -sum : sum).options) {
          expect(new Set(rows).size).toBe(rows.length);
          const groups = new Map<number, number>();
          for (const row of rows) {
            const { value, group } = events[row] as Event;
            groups.set(group, (groups.get(group) ?? 0) + (less ? -value : value));
          }
          expect(byGroup).toEqual(groups);
          const names = new Set(rows.map((row) => alike(events, [row])));
          const like = [...events.keys()].filter((row) => names.has(alike(events, [row])));
          expect([...all].sort((a, b) => a - b)).toEqual(like);
        }
      }),
    );
  });

  test("come one event first, and among the rows of the gap alone", () => {
    const events = [7, 3, 4, 7, 1].map((value) => ({ value, group: 0 }));
    const rowsOf = (rows: number[]) => optionsOf(events, 7, rows).options.map((one) => one.rows);
    expect(rowsOf([0, 1, 2, 3])).toEqual([[0], [1, 2]]);
    expect(rowsOf([1, 2, 4])).toEqual([[1, 2]]);
    expect(rowsOf([1, 4])).toEqual([]);
  });

  test("allow for what adding up in doubles may be off", () => {
    const events = [0.1, 0.2, 5].map((value) => ({ value, group: 0 }));
    const rowsOf = (by: number) => optionsOf(events, by).options.map(({ rows }) => rows);
    expect(rowsOf(0.3)).toEqual([[0, 1]]);
    expect(rowsOf(5 + 4e-12)).toEqual([[2]]);
    expect(rowsOf(5 + 6e-12)).toEqual([]);
    expect(rowsOf(0.3 + 6e-13)).toEqual([]);
  });

  test("of three events are looked for among 120 at most", () => {
    const of = (count: number) => [
      ...Array.from({ length: count - 3 }, () => ({ value: 1_000, group: 0 })),
      ...[1, 2, 4].map((value) => ({ value, group: 0 })),
    ];
    expect(optionsOf(of(120), 7).options.map(({ rows }) => rows)).toEqual([[117, 118, 119]]);
    expect(optionsOf(of(121), 7)).toEqual({ options: [], tried: 121 + 121 * 60 });
  });

  test("end soon after 256", () => {
    const events = Array.from({ length: 600 }, (_, group) => ({ value: group % 2, group }));
    expect(optionsOf(events, 2).options).toHaveLength(257);
  });
});

const option = (byGroup: readonly number[], ...rows: readonly number[]): Option => ({
  byGroup: new Map(byGroup.map((by, group) => [group, by])),
  rows,
  all: rows,
});
const gap = fc.array(
  fc
    .tuple(
      fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 2, maxLength: 2 }),
      fc.nat(99),
      fc.nat(1),
    )
    .map(([byGroup, row, more]) => option(byGroup, row, ...(more === 1 ? [row + 100] : []))),
  { minLength: 1, maxLength: 4 },
);

/** Every way to take one option of each gap. */
const combinationsOf = (gaps: readonly (readonly Option[])[]): Option[][] =>
  gaps.reduce<Option[][]>(
    (all, options) => all.flatMap((some) => options.map((one) => [...some, one])),
    [[]],
  );
const groupOf = (options: readonly Option[], group: number): number =>
  options.reduce((sum, { byGroup }) => sum + (byGroup.get(group) ?? 0), 0);

describe("the choice of an option for each gap", () => {
  test("is one that makes up every group, with the fewest events of each gap where that is possible", () => {
    fc.assert(
      fc.property(fc.array(gap, { maxLength: 5 }), fc.nat(), (gaps, seed) => {
        const all = combinationsOf(gaps);
        const aim = all[seed % all.length] as Option[];
        const amounts = [groupOf(aim, 0), groupOf(aim, 1) + (seed % 5 === 0 ? 1 : 0)];
        const meeting = all.filter((options) =>
          amounts.every((by, group) => groupOf(options, group) === by),
        );
        const isFewest = (options: readonly Option[]): boolean =>
          options.every(({ rows }, at) =>
            gaps[at]?.every((other) => other.rows.length >= rows.length),
          );
        const { chosen, possible } = choose(gaps, new Map(amounts.entries()));
        if (meeting.length === 0) {
          expect({ chosen, possible }).toEqual({ chosen: undefined, possible: gaps.flat() });
          return;
        }
        const wanted = meeting.some(isFewest) ? meeting.filter(isFewest) : meeting;
        const setOf = (options: readonly Option[] = []) => new Set(options);
        expect(wanted.map(setOf)).toContainEqual(setOf(chosen));
        expect(setOf(possible)).toEqual(setOf(meeting.flat()));
      }),
    );
  });

  test("without groups is the first of the fewest events of each gap", () => {
    const [one, other, two] = [option([1], 1), option([1], 2), option([1], 3, 4)];
    const rest = option([2], 5);
    expect(choose([[two, one, other], [rest]], undefined)).toEqual({
      chosen: [one, rest],
      possible: [one, other, rest],
    });
    expect(choose([[], [rest]], undefined)).toEqual({ chosen: [rest], possible: [rest] });
  });

  test("allows for what adding up in doubles may be off", () => {
    const gaps = [[option([1e6, 0], 1)], [option([0, 1], 2), option([0, 3], 3)]];
    const chosenFor = (amount: number) =>
      choose(
        gaps,
        new Map([
          [0, amount],
          [1, 3],
        ]),
      ).chosen?.map(({ rows }) => rows);
    expect(chosenFor(1e6)).toEqual([[1], [3]]);
    expect(chosenFor(1e6 + 5e-4)).toEqual([[1], [3]]);
    expect(chosenFor(1e6 + 5e-3)).toBeUndefined();
  });

  test("is not known where a gap has more than 256 options, or too many gaps are open", () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => option([at], at));
    const byGroup = new Map([[0, 3]]);
    expect(choose([many(256)], byGroup).chosen).toEqual([option([3], 3)]);
    expect(choose([many(257)], byGroup)).toEqual({ chosen: undefined, possible: many(257) });
    const open = (count: number) =>
      Array.from({ length: count }, () => [option([0], 1), option([1], 2)]);
    const none = new Map([[0, 0]]);
    expect(choose(open(1_000), none).chosen).toHaveLength(1_000);
    expect(choose(open(1_001), none).chosen).toBeUndefined();
  });

  test("is not known where there are too many combinations to try", () => {
    const same = (count: number) =>
      Array.from({ length: count }, () => [option([1], 1), option([1], 2)]);
    expect(choose(same(17), new Map([[0, 17]])).chosen).toHaveLength(17);
    expect(choose(same(19), new Map([[0, 19]])).chosen).toBeUndefined();
  });
});
