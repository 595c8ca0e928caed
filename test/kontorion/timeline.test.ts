import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import type { VersionDates } from "../../src/kontorion/models.ts";
import {
  checkCoverage,
  formatTimeline,
  previewUpdate,
  timelineSvg,
  unitCostHistoryOf,
  versionAt,
  versionTimeline,
} from "../../src/kontorion/timeline.ts";

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const V1: VersionDates = { version: 1, effective_from: "2026-01-01T00:00:00Z" };
const V2: VersionDates = {
  version: 2,
  effective_from: "2026-04-01T00:00:00Z",
  effective_to: "2026-06-01T00:00:00Z",
};
const JUNE = { from: day("2026-06-01"), to: day("2026-07-01") };

function issuesOf(work: () => unknown): InvalidInputError["issues"] {
  try {
    work();
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues;
    throw error;
  }
  throw new Error("expected an InvalidInputError");
}

describe("versionTimeline", () => {
  test("of no versions is one gap without start and end", () => {
    expect(versionTimeline([])).toEqual({
      from: null,
      to: null,
      periods: [],
      gaps: [{ from: null, to: null }],
      overlaps: [],
      drafts: [],
      problems: [],
    });
  });

  test("ends an open-ended version where a later one starts, without an overlap", () => {
    const { periods, gaps, overlaps } = versionTimeline([V1, { ...V2, effective_to: null }]);
    expect(periods).toMatchObject([
      { version: 1, from: day("2026-01-01"), to: day("2026-04-01") },
      { version: 2, from: day("2026-04-01"), to: null },
    ]);
    expect(gaps).toEqual([]);
    expect(overlaps).toEqual([]);
  });

  test("says when an open-ended version is in force again", () => {
    const { periods, problems } = versionTimeline([V1, V2]);
    expect(periods.map(({ version }) => version)).toEqual([1, 2, 1]);
    expect(problems).toMatchObject([{ kind: "resumed", version: 1 }]);
    expect(problems[0]?.message).toContain("2026-06-01T00:00:00.000Z");
  });

  test("shows a gap, and an open one behind the last version that ends", () => {
    const { gaps } = versionTimeline([{ ...V1, effective_to: "2026-03-01T00:00:00Z" }, V2]);
    expect(gaps).toEqual([
      { from: day("2026-03-01"), to: day("2026-04-01") },
      { from: day("2026-06-01"), to: null },
    ]);
  });

  test("shows an overlap of versions with ends, and who is in force", () => {
    const { overlaps } = versionTimeline([{ ...V1, effective_to: "2026-05-01T00:00:00Z" }, V2]);
    expect(overlaps).toEqual([
      { from: day("2026-04-01"), to: day("2026-05-01"), versions: [1, 2], inForce: 2 },
    ]);
  });

  test("lets the higher number win on equal starts", () => {
    const { periods } = versionTimeline([{ ...V1, version: 3 }, V1]);
    expect(periods.map(({ version }) => version)).toEqual([3]);
  });

  test("leaves drafts out in any case, and counts archived versions", () => {
    const { periods, drafts } = versionTimeline([
      { ...V1, status: "ARCHIVED" },
      { ...V2, status: "Draft" },
    ]);
    expect(periods.map(({ version }) => version)).toEqual([1]);
    expect(drafts).toEqual([2]);
  });

  test("names versions that are in no period", () => {
    const { problems, periods } = versionTimeline([
      { version: 2, effective_from: day("2026-02-01"), effective_to: day("2026-02-01") },
      { version: 1 },
    ]);
    expect(periods).toEqual([]);
    expect(problems.map(({ kind, version }) => [kind, version])).toEqual([
      ["no-start", 1],
      ["empty-period", 2],
    ]);
  });

  test("tells a backdated version and until when", () => {
    const { periods, problems } = versionTimeline([
      { ...V2, published_at: "2026-04-10T12:00:00Z" },
    ]);
    expect(periods[0]?.backdatedUntil).toEqual(new Date("2026-04-10T12:00:00Z"));
    expect(problems).toMatchObject([{ kind: "backdated", version: 2 }]);
  });

  test("is cut to from and to", () => {
    const { periods, gaps, from, to } = versionTimeline([V2], {
      from: "2026-03-01T00:00:00Z",
      to: "2026-05-01T00:00:00Z",
    });
    expect([from, to]).toEqual([day("2026-03-01"), day("2026-05-01")]);
    expect(periods).toMatchObject([{ from: day("2026-04-01"), to: day("2026-05-01") }]);
    expect(gaps).toEqual([{ from: day("2026-03-01"), to: day("2026-04-01") }]);
  });

  test("takes times with any offset as instants", () => {
    const [period] = versionTimeline([
      { version: 1, effective_from: "2026-01-01T02:00:00+02:00" },
    ]).periods;
    expect(period?.from).toEqual(day("2026-01-01"));
  });

  test.each<[string, unknown, (string | number)[]]>([
    ["no array", {}, []],
    ["no objects", [1], [0]],
    ["a number that is none", [{ version: "1" }], [0, "version"]],
    ["a number below 1", [{ version: 0 }], [0, "version"]],
    [
      "a day that does not exist",
      [{ version: 1, effective_from: "2026-02-30T00:00:00Z" }],
      [0, "effective_from"],
    ],
    [
      "a time without an offset",
      [{ version: 1, effective_to: "2026-02-01T00:00:00" }],
      [0, "effective_to"],
    ],
    ["the same number twice", [{ version: 1 }, { version: 1 }], [1, "version"]],
  ])("refuses %s", (_, versions, path) => {
    const issues = issuesOf(() => versionTimeline(versions as VersionDates[]));
    expect(issues[0]?.path).toEqual(path);
  });

  test("refuses a range that is empty or has other members", () => {
    expect(issuesOf(() => versionTimeline([], { from: JUNE.to, to: JUNE.from }))).toMatchObject([
      { path: ["to"] },
    ]);
    expect(issuesOf(() => versionTimeline([], { until: JUNE.to } as object))).toMatchObject([
      { path: ["until"] },
    ]);
  });

  test("keeps the other members of a version out of it", () => {
    const version = { ...V1, usage_count: 7, created_by: null };
    expect(versionTimeline([version]).periods).toHaveLength(1);
  });
});

describe("versionAt", () => {
  test("gives the very version, or undefined in a gap", () => {
    expect(versionAt([V1, V2], "2026-04-01T00:00:00Z")).toBe(V2);
    expect(versionAt([V1, V2], "2026-03-31T23:59:59.999Z")).toBe(V1);
    expect(versionAt([V2], "2026-06-01T00:00:00Z")).toBeUndefined();
    expect(versionAt([], JUNE.from)).toBeUndefined();
  });

  test("refuses an instant that is none", () => {
    expect(issuesOf(() => versionAt([], "yesterday"))).toMatchObject([{ path: ["instant"] }]);
  });
});

describe("checkCoverage", () => {
  test("counts the time before the first version as a gap", () => {
    const coverage = checkCoverage(
      versionTimeline([{ version: 1, effective_from: day("2026-06-10") }]),
      JUNE,
    );
    expect(coverage).toEqual({
      continuous: false,
      gaps: [{ from: JUNE.from, to: day("2026-06-10") }],
      overlaps: [],
    });
  });

  test("of a covered range is continuous, an overlap in it or not", () => {
    const overlapping = [
      { ...V1, effective_to: day("2026-06-20") },
      { version: 2, effective_from: day("2026-06-10"), effective_to: day("2026-08-01") },
    ];
    const coverage = checkCoverage(versionTimeline(overlapping), JUNE);
    expect(coverage.continuous).toBe(true);
    expect(coverage.overlaps).toMatchObject([{ from: day("2026-06-10"), to: day("2026-06-20") }]);
  });

  test("refuses a range beyond the timeline", () => {
    const timeline = versionTimeline([V1], JUNE);
    expect(
      issuesOf(() => checkCoverage(timeline, { ...JUNE, to: day("2026-07-02") })),
    ).toMatchObject([{ path: ["to"] }]);
    expect(
      issuesOf(() => checkCoverage(timeline, { ...JUNE, from: day("2026-05-31") })),
    ).toMatchObject([{ path: ["from"] }]);
  });
});

describe("previewUpdate", () => {
  const NOW = "2026-06-15T00:00:00Z";

  test("publishes now as the next version, open-ended", () => {
    const { periods } = previewUpdate([V1], { description: "cheaper" }, NOW);
    expect(periods).toMatchObject([
      { version: 1, to: new Date(NOW) },
      { version: 2, from: new Date(NOW), to: null, backdatedUntil: null },
    ]);
  });

  test("schedules, backdates, or keeps a draft", () => {
    const scheduled = previewUpdate([V1], { effective_at: "2026-07-01T00:00:00Z" }, NOW);
    expect(scheduled.periods.at(-1)).toMatchObject({ version: 2, from: day("2026-07-01") });
    const backdated = previewUpdate([V1], { effective_at: "2026-06-01T00:00:00Z" }, NOW);
    expect(backdated.periods.at(-1)?.backdatedUntil).toEqual(new Date(NOW));
    const draft = previewUpdate([V1], { save_as_draft: true }, NOW);
    expect([draft.periods.length, draft.drafts]).toEqual([1, [2]]);
  });

  test("makes no version of the coverage flag alone", () => {
    const same = previewUpdate([V1], { requires_continuous_coverage: false }, NOW);
    expect(same).toEqual(versionTimeline([V1]));
  });

  test("refuses an edit that the API does not take", () => {
    expect(issuesOf(() => previewUpdate([V1], {} as never, NOW))).toHaveLength(1);
    expect(
      issuesOf(() => previewUpdate([V1], { save_as_draft: true, effective_at: NOW } as never, NOW)),
    ).toHaveLength(1);
  });
});

describe("unitCostHistoryOf", () => {
  test("gives each period's unit cost from the start of the range on", () => {
    const timeline = versionTimeline([V1, { version: 2, effective_from: day("2026-06-10") }]);
    expect(
      unitCostHistoryOf(timeline, { 1: "0.000000000000000000001", 2: 2n }, JUNE).map(
        ({ from, unitCost }) => [from, unitCost.toString()],
      ),
    ).toEqual([
      [JUNE.from, "0.000000000000000000001"],
      [day("2026-06-10"), "2"],
    ]);
  });

  test("refuses a version without an amount, and a gap without onGap", () => {
    const timeline = versionTimeline([{ ...V2, effective_to: day("2026-06-10") }]);
    expect(issuesOf(() => unitCostHistoryOf(timeline, {}, JUNE)).map(({ path }) => path)).toEqual([
      ["amounts", "2"],
      ["onGap"],
    ]);
    const priced = unitCostHistoryOf(timeline, { 2: 1 }, { ...JUNE, onGap: "0" });
    expect(priced.map(({ from, unitCost }) => [from, unitCost.toString()])).toEqual([
      [JUNE.from, "1"],
      [day("2026-06-10"), "0"],
    ]);
  });

  test.each([-1, "x", Number.NaN])("refuses the amount %s", (amount) => {
    const timeline = versionTimeline([V1]);
    expect(issuesOf(() => unitCostHistoryOf(timeline, { 1: amount }, JUNE))).toMatchObject([
      { path: ["amounts", "1"] },
    ]);
  });
});

describe("formatTimeline", () => {
  test("draws periods, gaps and overlaps in their places", () => {
    const timeline = versionTimeline([
      { ...V1, effective_to: "2026-04-16T12:00:00Z", published_at: "2026-01-02T00:00:00Z" },
      V2,
      { version: 3, status: "draft" },
      { version: 4, effective_from: "2026-08-01T00:00:00Z" },
    ]);
    expect(formatTimeline(timeline)).toMatchInlineSnapshot(`
      "v1                                |==================                              | 2026-01-01 to 2026-04-01
      v2                                |                  ============                  | 2026-04-01 to 2026-06-01
      overlap of v1, v2: v2 is in force |                  !!!                           | 2026-04-01 to 2026-04-16T12:00Z
      gap                               |                              ............      | 2026-06-01 to 2026-08-01
      v4                                |                                          ======| 2026-08-01 to (open)
      drafts: v3
      note: version 1 is in force from 2026-01-01T00:00:00.000Z, but was published later: what was computed before 2026-01-02T00:00:00.000Z used the version before"
    `);
  });

  test("of nothing says so", () => {
    expect(formatTimeline(versionTimeline([]))).toMatchInlineSnapshot(
      `"gap |................................................| (no start) to (open)"`,
    );
  });
});

describe("timelineSvg", () => {
  const timeline = versionTimeline([
    { ...V1, effective_to: "2026-04-16T12:00:00Z" },
    V2,
    { version: 3, status: "draft" },
    { version: 4, effective_from: "2026-08-01T00:00:00Z" },
  ]);
  const svg = timelineSvg(timeline);

  test("draws each line of formatTimeline, with its bar where the time is", () => {
    const lines = formatTimeline(timeline).split("\n");
    for (const line of lines) {
      const [name = "", , dates = ""] = line.split("|").map((part) => part.trim());
      expect(svg).toContain(`>${name}</text>`);
      expect(svg).toContain(dates);
    }
    const bars = [
      ...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)" .*? fill="(#\w+)"/g),
    ];
    expect(bars.map(([, , , color]) => color)).toEqual([
      ...["#3461c1", "#3461c1", "#d9822b", "#c43d3d", "#3461c1"],
    ]);
    const [v1, v2, overlap, gap, v4] = bars.map(([, x, width]) => [Number(x), Number(width)]);
    // Dates to pixels: 212 days take seven eighths of 370.
    expect(v1).toEqual([300, 137.4]);
    expect(v2?.[0]).toBeCloseTo(437.4, 1);
    expect(overlap?.[0]).toBe(v2?.[0]);
    expect((gap?.[0] ?? 0) + (gap?.[1] ?? 0)).toBeCloseTo(v4?.[0] ?? 0, 0);
    expect(v4).toEqual([623.8, 46.3]);
  });

  test("is one element without scripts, styles and links", () => {
    expect(svg).toMatch(/^<svg [^<>]*>[\s\S]*<\/svg>$/);
    expect(svg).not.toMatch(/style|script|href|class|url\(/);
    expect([...svg.matchAll(/<text /g)]).toHaveLength(11);
  });

  test("escapes what a timeline of plain data may hold", () => {
    const [period] = timeline.periods;
    const version = "<b>&" as never;
    const odd = timelineSvg({ ...timeline, periods: [{ ...period, version } as never] });
    expect(odd).toContain("v&#60;b&#62;&#38;</text>");
  });
});
