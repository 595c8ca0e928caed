import { InvalidInputError, type Issue } from "../errors.ts";
import {
  amount,
  field,
  inOrder,
  list,
  nullish,
  optional,
  pickedObject,
  readPart,
  record,
  refuseRepeated,
  strictObject,
  text,
  time,
  wholeNumber,
} from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import type { DecimalInput } from "../values/decimal.ts";
import type {
  CostUpdateParams,
  Coverage,
  TimeRange,
  UnitCostFrom,
  UnitCostHistoryOptions,
  VersionDates,
  VersionGap,
  VersionPeriod,
  VersionProblem,
  VersionTimeline,
} from "./models.ts";
import { type CostUpdate, costUpdateParams } from "./schemas.ts";

const UNKNOWN_UNIT_COSTS = "The unit costs cannot be computed";
const UNCOMPUTABLE = "The timeline cannot be computed";

const timeRange = /* @__PURE__ */ strictObject({ from: time, to: time }, { together: inOrder });
const timelineOptions = /* @__PURE__ */ strictObject(
  { from: /* @__PURE__ */ optional(time), to: /* @__PURE__ */ optional(time) },
  { together: inOrder },
);
const listOfVersions = /* @__PURE__ */ list(
  /* @__PURE__ */ pickedObject(
    {
      version: /* @__PURE__ */ wholeNumber(1),
      effective_from: /* @__PURE__ */ nullish(time),
      effective_to: /* @__PURE__ */ nullish(time),
      status: /* @__PURE__ */ nullish(text),
      published_at: /* @__PURE__ */ nullish(time),
    },
    { what: "a version, an object with its number in version" },
  ),
  "an array of versions",
);
/** Versions with their dates, each version once. */
export const versionDates = /* @__PURE__ */ field<
  (typeof listOfVersions)["_zod"]["output"],
  readonly VersionDates[]
>((given, payload) => {
  const versions = readPart(listOfVersions, given, payload);
  const message = (version: unknown) =>
    `expected each version once; version ${version} is there twice`;
  refuseRepeated(versions, payload, "version", ({ version }) => version, message);
  return versions;
});
const instants = /* @__PURE__ */ strictObject({ instant: time });
const updateInputs = /* @__PURE__ */ strictObject({ edit: costUpdateParams, now: time });
const unitCostInputs = /* @__PURE__ */ strictObject({
  amounts: /* @__PURE__ */ record(amount, { what: "an object from version to amount" }),
  onGap: /* @__PURE__ */ optional(amount),
});

const readVersions = (given: readonly VersionDates[]) =>
  readInput(versionDates, given, UNCOMPUTABLE);

/** A version that counts, its times in milliseconds since 1970. */
interface Claim {
  readonly version: number;
  readonly from: number;
  /** `Infinity` for an open-ended version. */
  readonly to: number;
  readonly publishedAt: number | undefined;
}

const OPEN = Number.POSITIVE_INFINITY;
const dateOrNull = (time: number): Date | null => (Number.isFinite(time) ? new Date(time) : null);

/** The latest start is in force, and of equal starts the higher number. */
const isInForceOver = (a: Claim, b: Claim): boolean =>
  a.from === b.from ? a.version > b.version : a.from > b.from;

/** A stretch of time in which the same versions claim to be in force. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Undefined in a gap. */
  readonly inForce: Claim | undefined;
  /** Empty unless several versions overlap. */
  readonly overlapping: readonly number[];
}

/** Cuts `[from, to)` at every start and end of a claim. */
function stretchesOf(claims: readonly Claim[], from: number, to: number): Stretch[] {
  const cuts = new Set([from, to]);
  for (const claim of claims) {
    for (const time of [claim.from, claim.to]) if (time > from && time < to) cuts.add(time);
  }
  const times = [...cuts].sort((a, b) => a - b);
  const stretches: Stretch[] = [];
  for (const [index, start] of times.slice(0, -1).entries()) {
    const current = claims.filter((claim) => claim.from <= start && start < claim.to);
    const inForce = current.reduce<Claim | undefined>(
      (best, claim) => (best === undefined || isInForceOver(claim, best) ? claim : best),
      undefined,
    );
    // An open-ended version before a later one is superseded by it, and does not overlap with it.
    const claiming = current.filter((claim) => claim === inForce || claim.to !== OPEN);
    const overlapping =
      claiming.length > 1 ? claiming.map(({ version }) => version).sort((a, b) => a - b) : [];
    stretches.push({ from: start, to: times[index + 1] as number, inForce, overlapping });
  }
  return stretches;
}

/** Joins neighbours for which `keyOf` gives the same text; undefined leaves a stretch out. */
function joined(
  stretches: readonly Stretch[],
  keyOf: (stretch: Stretch) => string | undefined,
): { readonly from: number; readonly to: number; readonly first: Stretch }[] {
  const runs: { from: number; to: number; first: Stretch; key: string }[] = [];
  for (const stretch of stretches) {
    const key = keyOf(stretch);
    const last = runs.at(-1);
    if (key === undefined) continue;
    if (last?.key === key && last.to === stretch.from) last.to = stretch.to;
    else runs.push({ from: stretch.from, to: stretch.to, first: stretch, key });
  }
  return runs;
}

/** Whether a status, in any case, is the one of a draft. */
export const isDraft = (status: string | null | undefined): boolean =>
  /^drafts?$/i.test(status ?? "");

/**
 * Computes which version of a cost is in force when, from the dates of its versions.
 *
 * Kontorion publishes these rules for prices, not for costs. Periods are half-open, `[effective_from, effective_to)`, in
 * UTC instants. A version without `effective_to` is open-ended. Where several versions are in force, the latest start
 * wins, and of equal starts the higher number. An open-ended version before a later one is superseded
 * and does not overlap with it. Drafts never count; archived versions count. Your clock is not used.
 *
 * Without `from` the timeline begins with the first version, without `to` it has no end. No versions give no period and
 * one gap. `problems` names what a person should look at: versions without a start, periods that end before they
 * begin, backdated versions, and open-ended versions that are in force again after a later one has ended.
 *
 * Throws an `InvalidInputError` for versions or options that cannot be read, and for a version number that occurs twice.
 *
 * @example
 * ```ts
 * import { versionTimeline } from "metered-costs/kontorion";
 *
 * const { periods, gaps } = versionTimeline([
 *   { version: 1, effective_from: "2026-01-01T00:00:00Z", effective_to: "2026-03-01T00:00:00Z" },
 *   { version: 2, effective_from: "2026-04-01T00:00:00Z" },
 * ]);
 * console.log(periods.length); // 2
 * console.log(gaps[0]?.from?.toISOString()); // 2026-03-01T00:00:00.000Z
 * ```
 */
export function versionTimeline(
  versions: readonly VersionDates[],
  options: Partial<TimeRange> = {},
): VersionTimeline {
  const read = readVersions(versions);
  const range = readInput(timelineOptions, options, UNCOMPUTABLE);
  const problems: VersionProblem[] = [];
  const drafts: number[] = [];
  const claims: Claim[] = [];
  for (const { version, status, effective_from, effective_to, published_at } of read) {
    if (isDraft(status)) {
      drafts.push(version);
    } else if (effective_from == null) {
      const message = `version ${version} has no effective_from: it is in no period`;
      problems.push({ kind: "no-start", version, message });
    } else if (effective_to != null && effective_to <= effective_from) {
      const message = `version ${version} ends at ${effective_to.toISOString()}, which is not after its start ${effective_from.toISOString()}: it is in no period`;
      problems.push({ kind: "empty-period", version, message });
    } else {
      claims.push({
        version,
        from: effective_from.getTime(),
        to: effective_to?.getTime() ?? OPEN,
        publishedAt: published_at?.getTime(),
      });
    }
  }

  const to = range.to?.getTime() ?? OPEN;
  const first = claims.reduce((least, claim) => Math.min(least, claim.from), OPEN);
  const from = range.from?.getTime() ?? (first < to ? first : -OPEN);
  const stretches = stretchesOf(claims, from, to);
  const periods = joined(stretches, ({ inForce }) => inForce && String(inForce.version)).map(
    (period): VersionPeriod => {
      const { version, publishedAt = -OPEN } = period.first.inForce as Claim;
      return {
        version,
        from: new Date(period.from),
        to: dateOrNull(period.to),
        publishedAt: dateOrNull(publishedAt),
        backdatedUntil:
          publishedAt > period.from ? new Date(Math.min(publishedAt, period.to)) : null,
      };
    },
  );
  for (const [index, { version, from: start, backdatedUntil }] of periods.entries()) {
    if (backdatedUntil !== null) {
      const message = `version ${version} is in force from ${start.toISOString()}, but was published later: what was computed before ${backdatedUntil.toISOString()} used the version before`;
      problems.push({ kind: "backdated", version, message });
    }
    if (periods.slice(0, index).some((earlier) => earlier.version === version)) {
      const message = `version ${version} is in force again from ${start.toISOString()}, after a later version has ended: Kontorion does not publish whether a later version ends an earlier one for good`;
      problems.push({ kind: "resumed", version, message });
    }
  }
  return {
    from: range.from ?? null,
    to: range.to ?? null,
    periods,
    gaps: joined(stretches, ({ inForce }) => (inForce ? undefined : "gap")).map((gap) => ({
      from: dateOrNull(gap.from),
      to: dateOrNull(gap.to),
    })),
    overlaps: joined(stretches, ({ inForce, overlapping }) =>
      overlapping.length > 0 ? `${overlapping} ${inForce?.version}` : undefined,
    ).map((overlap) => ({
      from: new Date(overlap.from),
      to: dateOrNull(overlap.to),
      versions: overlap.first.overlapping,
      inForce: (overlap.first.inForce as Claim).version,
    })),
    drafts: drafts.sort((a, b) => a - b),
    problems: problems.sort((a, b) => a.version - b.version),
  };
}

/**
 * Finds the version that is in force at an instant, by the rules of `versionTimeline`. Gives the member of `versions`
 * itself, and undefined in a gap or when there are no versions.
 *
 * Throws an `InvalidInputError` for versions or an instant that cannot be read.
 *
 * @example
 * ```ts
 * import { versionAt } from "metered-costs/kontorion";
 *
 * const versions = [{ version: 1, effective_from: "2026-01-01T00:00:00Z" }];
 * console.log(versionAt(versions, "2026-06-01T00:00:00Z")?.version); // 1
 * console.log(versionAt(versions, "2025-06-01T00:00:00Z")); // undefined
 * ```
 */
export function versionAt<V extends VersionDates>(
  versions: readonly V[],
  instant: Date | string,
): V | undefined {
  const { instant: from } = readInput(instants, { instant }, UNCOMPUTABLE);
  // One millisecond is the smallest stretch that a timeline can tell apart.
  const to = new Date(from.getTime() + 1);
  const inForce = versionTimeline(versions, { from, to }).periods[0]?.version;
  return inForce === undefined ? undefined : versions.find(({ version }) => version === inForce);
}

/** The part of `[from, to)` that lies in the range; undefined when none does. */
function clipped<S extends VersionGap>(stretch: S, from: Date, to: Date): S | undefined {
  const start = stretch.from !== null && stretch.from > from ? stretch.from : from;
  const end = stretch.to !== null && stretch.to < to ? stretch.to : to;
  return start < end ? { ...stretch, from: start, to: end } : undefined;
}

/** Reads a range and checks that the timeline was computed for all of it. */
function readRangeOf(timeline: VersionTimeline, range: TimeRange): { from: Date; to: Date } {
  const { from, to } = readInput(timeRange, range, "The coverage cannot be checked");
  const isTooEarly = timeline.from !== null && from < timeline.from;
  const isTooLate = timeline.to !== null && to > timeline.to;
  if (isTooEarly || isTooLate) {
    refuseInput(
      "The range is not within the timeline",
      [isTooEarly ? "from" : "to"],
      "expected a range within the timeline's own from and to; compute the timeline for a longer range",
    );
  }
  return { from, to };
}

/**
 * Checks whether one version is in force at every instant of `[from, to)`. The time before the first version of a
 * timeline without `from` is a gap.
 *
 * Throws an `InvalidInputError` for a range that cannot be read, is empty, or reaches beyond the timeline's `from` or
 * `to`.
 *
 * @example
 * ```ts
 * import { checkCoverage, versionTimeline } from "metered-costs/kontorion";
 *
 * const timeline = versionTimeline([{ version: 1, effective_from: "2026-06-10T00:00:00Z" }]);
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const { continuous, gaps } = checkCoverage(timeline, june);
 * console.log(continuous, gaps[0]?.to?.toISOString()); // false 2026-06-10T00:00:00.000Z
 * ```
 */
export function checkCoverage(timeline: VersionTimeline, range: TimeRange): Coverage {
  const { from, to } = readRangeOf(timeline, range);
  // A timeline without `from` begins with its first period: what lies before is no gap of its own.
  const start = timeline.from === null ? (timeline.periods[0]?.from ?? null) : null;
  const before = start === null ? [] : [{ from: null, to: start }];
  const within = <S extends VersionGap>(stretches: readonly S[]): S[] =>
    stretches.flatMap((stretch) => clipped(stretch, from, to) ?? []);
  const gaps = within([...before, ...timeline.gaps]);
  return { continuous: gaps.length === 0, gaps, overlaps: within(timeline.overlaps) };
}

/**
 * Computes the timeline as it would be after an update, before you publish it.
 *
 * A draft changes no period. `effective_at` starts the new version at that instant, otherwise it starts at `now`; its
 * number is the highest so far plus one, it is open-ended, and it is published at `now`. An edit of
 * `requires_continuous_coverage` alone makes no version. These rules are inferred from Kontorion's other objects: see
 * the guide. What Kontorion does with an `effective_at` in the past is not published; the preview backdates it.
 *
 * Throws an `InvalidInputError` for versions, an edit or a `now` that cannot be read.
 *
 * @example
 * ```ts
 * import { previewUpdate } from "metered-costs/kontorion";
 *
 * const { periods } = previewUpdate(
 *   [{ version: 1, effective_from: "2026-01-01T00:00:00Z" }],
 *   { effective_at: "2026-07-01T00:00:00Z" },
 *   "2026-06-15T00:00:00Z",
 * );
 * console.log(periods.map(({ version }) => version)); // [ 1, 2 ]
 * ```
 */
export function previewUpdate(
  versions: readonly VersionDates[],
  edit: CostUpdateParams,
  now: Date | string,
): VersionTimeline {
  const { edit: read, now: published_at } = readInput(updateInputs, { edit, now }, UNCOMPUTABLE);
  const next = versionOfUpdate(readVersions(versions), read, published_at);
  return versionTimeline(next === undefined ? versions : [...versions, next]);
}

/** The version that an update makes; undefined when it makes none. */
export function versionOfUpdate(
  versions: readonly { readonly version: number }[],
  { description, effective_at, save_as_draft }: CostUpdate,
  published_at: Date,
) {
  const makesVersion =
    description !== undefined || effective_at !== undefined || save_as_draft !== undefined;
  if (!makesVersion) return undefined;
  const version = 1 + versions.reduce((most, each) => Math.max(most, each.version), 0);
  return save_as_draft
    ? { version, status: "draft" }
    : { version, effective_from: effective_at ?? published_at, published_at };
}

/**
 * Computes the unit costs of `[from, to)` from a timeline and from amounts that you give, one for each version: Kontorion
 * publishes no amount of a version. The result is the `unitCostHistory` that `whatIf` and `reconcile` of
 * `metered-costs/summary` take; its first entry starts at `from`.
 *
 * Throws an `InvalidInputError` for a version in the range without an amount and for a range outside the timeline. It also
 * throws for an amount that is not a decimal number of at least 0, and for a gap without `onGap`.
 *
 * @example
 * ```ts
 * import { unitCostHistoryOf, versionTimeline } from "metered-costs/kontorion";
 *
 * const timeline = versionTimeline([
 *   { version: 1, effective_from: "2026-01-01T00:00:00Z" },
 *   { version: 2, effective_from: "2026-06-10T00:00:00Z" },
 * ]);
 * const history = unitCostHistoryOf(
 *   timeline,
 *   { 1: "0.0000025", 2: "0.000002" },
 *   { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" },
 * );
 * console.log(history.map(({ unitCost }) => unitCost.toString())); // [ '0.0000025', '0.000002' ]
 * ```
 */
export function unitCostHistoryOf(
  timeline: VersionTimeline,
  amounts: Readonly<Record<number, DecimalInput>>,
  options: UnitCostHistoryOptions,
): UnitCostFrom[] {
  const { onGap, ...range } = options;
  const { gaps } = checkCoverage(timeline, range);
  const { from, to } = readRangeOf(timeline, range);
  const unitCosts = readInput(unitCostInputs, { amounts, onGap }, UNKNOWN_UNIT_COSTS);
  const issues: Issue[] = [];
  const history: UnitCostFrom[] = [];
  for (const period of timeline.periods.flatMap((each) => clipped(each, from, to) ?? [])) {
    const unitCost = unitCosts.amounts[period.version];
    if (unitCost !== undefined) history.push({ from: period.from, unitCost });
    else {
      const message = `expected the amount of version ${period.version}, which is in force from ${period.from.toISOString()}`;
      issues.push({ path: ["amounts", String(period.version)], message });
    }
  }
  for (const gap of gaps) {
    const start = gap.from ?? from;
    if (unitCosts.onGap !== undefined) history.push({ from: start, unitCost: unitCosts.onGap });
    else {
      const message = `no version is in force from ${start.toISOString()} to ${(gap.to ?? to).toISOString()}: publish a version for it, or set in onGap what a unit costs there`;
      issues.push({ path: ["onGap"], message });
    }
  }
  if (issues.length > 0) throw new InvalidInputError(UNKNOWN_UNIT_COSTS, issues);
  return history.sort((a, b) => a.from.getTime() - b.from.getTime());
}

const BAR_WIDTH = 48;

/** `2026-06-01`, with the time of day where it is not midnight UTC. */
const shortTime = (time: Date): string =>
  time
    .toISOString()
    .replace("T00:00:00.000Z", "")
    .replace(/:00\.000Z$|\.000Z$/, "Z");

/** A line of a picture: a period, a gap or an overlap; `start` and `end` are shares of its width. */
interface TimelineRow {
  readonly kind: "period" | "gap" | "overlap";
  readonly name: string;
  readonly dates: string;
  readonly start: number;
  readonly end: number;
}

/** Every period, gap and overlap in the order of their starts. The last eighth of the width is for what has no end. */
function rowsOf({ periods, gaps, overlaps }: VersionTimeline): TimelineRow[] {
  const rows = [
    ...periods.map(({ from, to, version }) => {
      return { kind: "period" as const, name: `v${version}`, from, to };
    }),
    ...gaps.map(({ from, to }) => ({ kind: "gap" as const, name: "gap", from, to })),
    ...overlaps.map(({ from, to, versions, inForce }) => ({
      kind: "overlap" as const,
      name: `overlap of ${versions.map((version) => `v${version}`).join(", ")}: v${inForce} is in force`,
      from,
      to,
    })),
  ].sort((a, b) => (a.from?.getTime() ?? -OPEN) - (b.from?.getTime() ?? -OPEN));
  const times = rows
    .flatMap(({ from, to }) => [from, to])
    .flatMap((time) => (time === null ? [] : time.getTime()));
  const first = times.reduce((least, time) => Math.min(least, time), OPEN);
  const last = times.reduce((most, time) => Math.max(most, time), -OPEN);
  const shareOf = (time: Date): number =>
    last > first ? ((time.getTime() - first) / (last - first)) * (7 / 8) : 0;
  return rows.map(({ kind, name, from, to }) => ({
    kind,
    name,
    dates: `${from === null ? "(no start)" : shortTime(from)} to ${to === null ? "(open)" : shortTime(to)}`,
    start: from === null ? 0 : shareOf(from),
    end: to === null ? 1 : shareOf(to),
  }));
}

/** What is below the bars: the drafts and the problems. */
const notesOf = ({ drafts, problems }: VersionTimeline): string[] => [
  ...(drafts.length > 0 ? [`drafts: ${drafts.map((draft) => `v${draft}`).join(", ")}`] : []),
  ...problems.map(({ message }) => `note: ${message}`),
];

const BARS = { period: "=", gap: ".", overlap: "!" } as const;

/**
 * Draws a timeline for a terminal: a line for each period, gap and overlap in the order of their starts, with a bar and
 * its dates, all in UTC. The drafts and the problems follow. The text has no colour and ends without a line
 * break.
 *
 * @example
 * ```ts
 * import { formatTimeline, versionTimeline } from "metered-costs/kontorion";
 *
 * console.log(
 *   formatTimeline(
 *     versionTimeline([
 *       { version: 1, effective_from: "2026-01-01T00:00:00Z", effective_to: "2026-03-01T00:00:00Z" },
 *       { version: 2, effective_from: "2026-04-01T00:00:00Z" },
 *     ]),
 *   ),
 * );
 * ```
 */
export function formatTimeline(timeline: VersionTimeline): string {
  const rows = rowsOf(timeline);
  const nameWidth = rows.reduce((most, { name }) => Math.max(most, name.length), 0);
  const lines = rows.map(({ kind, name, dates, ...shares }) => {
    const start = Math.round(shares.start * BAR_WIDTH);
    const end = Math.max(Math.round(shares.end * BAR_WIDTH), start + 1);
    const drawn = (" ".repeat(start) + BARS[kind].repeat(end - start)).padEnd(BAR_WIDTH);
    return `${name.padEnd(nameWidth)} |${drawn}| ${dates}`;
  });
  return [...lines, ...notesOf(timeline)].join("\n");
}

/** Pixels. */
const SVG = { width: 960, line: 26, bar: 16, names: 300, dates: 290 } as const;
const COLORS = { period: "#3461c1", gap: "#c43d3d", overlap: "#d9822b" } as const;
const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * Draws a timeline as SVG, 960 pixels wide: a line for each period (blue), gap (red) and overlap (orange) with its bar and
 * its dates, all in UTC, then the drafts and the problems. The text is one `svg` element without scripts, styles and links,
 * so that it can be part of a page with a strict content security policy.
 *
 * @example
 * ```ts
 * import { timelineSvg, versionTimeline } from "metered-costs/kontorion";
 *
 * const svg = timelineSvg(versionTimeline([{ version: 1, effective_from: "2026-01-01T00:00:00Z" }]));
 * console.log(svg.startsWith("<svg ")); // true
 * ```
 */
export function timelineSvg(timeline: VersionTimeline): string {
  const rows = rowsOf(timeline);
  const notes = notesOf(timeline);
  const width = SVG.width - SVG.names - SVG.dates;
  const text = (line: number, x: number, content: string, size = 13): string =>
    `<text x="${x}" y="${line * SVG.line + SVG.bar}" font-size="${size}">${escaped(content)}</text>`;
  const lines = rows.map(({ kind, name, dates, start, end }, line) => {
    const x = (SVG.names + start * width).toFixed(1);
    const length = Math.max((end - start) * width, 2).toFixed(1);
    const bar = `<rect x="${x}" y="${line * SVG.line + 3}" width="${length}" height="${SVG.bar}" fill="${COLORS[kind]}"/>`;
    return text(line, 0, name) + bar + text(line, SVG.width - SVG.dates + 10, dates);
  });
  const height = (rows.length + notes.length) * SVG.line;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Timeline of versions" viewBox="0 0 ${SVG.width} ${height}" font-family="sans-serif" fill="#1f2430">`,
    ...lines,
    // A note is one sentence, which is longer than the names.
    ...notes.map((note, index) => text(rows.length + index, 0, note, 11)),
    "</svg>",
  ].join("\n");
}
