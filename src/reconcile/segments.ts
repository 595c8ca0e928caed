import { countOf, isAdditive } from "../engine/accumulators.ts";
import { NONE } from "../engine/exact-sums.ts";
import { StringInterner } from "../engine/interners.ts";
import { add, type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { NO_LOSS } from "./accumulators.ts";
import { valuesOfGroup } from "./classification.ts";
import { agreementOf } from "./comparison.ts";
import type { EventColumns } from "./event-columns.ts";
import { altered, type Candidates, type Hypothesis } from "./hypothesis.ts";
import { type Rereading, reclassified } from "./rereading.ts";
import type { HypothesisId } from "./result.ts";
import { KeyedAccumulators, type Search } from "./search.ts";

/** The server takes another event type for the cost's: a candidate for each of the first 64 other types. */
function* otherTypeCandidates(search: Search): Candidates {
  const { otherTypes, plan } = search.classification;
  for (const [at, type] of otherTypes.entries()) {
    const prediction = search.predict({ otherType: at + 1 });
    if (prediction === search.own || !search.comparer.fitsTotalQuantity(prediction.total())) {
      continue;
    }
    yield {
      hypotheses: [{ id: "other-type-counted", parameters: { type } }],
      predict: () => prediction,
      events: () => search.rowsThatDiffer(prediction.rules),
      chance: (evidence) => evidence.chance(otherTypes.length),
      advice: `The server counts events of type ${JSON.stringify(type)} too: look at which types the cost ${JSON.stringify(plan.eventType)} meters there.`,
    };
  }
}

/** How many of the events that share something are looked at closely, for each of left out and repeated. */
const MAX_CANDIDATES = 64;

/** Something that events share: a subject, a source, a key, the value of a dimension. */
interface Trait<Name extends string = string> {
  readonly name: Name;
  /** The name of the dimension, of a value of one. */
  readonly dimension?: string | undefined;
  // The ids of what the server may have done; undefined for what is not looked for.
  readonly leftOut?: HypothesisId | undefined;
  readonly repeated?: HypothesisId | undefined;
  /** The server has nothing else. */
  readonly alone?: HypothesisId | undefined;
  /** Left out within a range of time. */
  readonly outage?: HypothesisId | undefined;
  /** The number of what a row shares with others; -1 for nothing. */
  readonly numberOf: (row: number) => number;
  readonly textOf: (number: number) => string;
}

type EventTrait = Trait<"subject" | "source" | "key">;

/** What events share. */
export function traitsOf({ classification, rules, sources }: Search): EventTrait[] {
  const { columns, subjects, keys } = classification;
  const traits: EventTrait[] = [
    {
      name: "subject",
      leftOut: "subject-left-out",
      repeated: "subject-repeated",
      alone: "subject-alone",
      outage: "subject-outage",
      numberOf: (row) => columns.subject[row] as number,
      textOf: (number) => subjects.texts[number] ?? "",
    },
    {
      name: "source",
      leftOut: "source-left-out",
      repeated: "source-repeated",
      alone: "source-alone",
      outage: "source-outage",
      numberOf: sources.numberOf,
      textOf: (number) => sources.texts[number] ?? "",
    },
  ];
  // Where events are deduplicated, at most one of each key counts: that is a search for single events.
  if (rules.repeats === "all") {
    const isRepeated = repeatedKeys(columns);
    traits.push({
      name: "key",
      leftOut: "key-left-out",
      repeated: "key-repeated",
      numberOf: (row) => {
        const key = columns.key[row] as number;
        return isRepeated.has(key) ? key : NONE;
      },
      textOf: (number) => keys.textOf(number),
    });
  }
  return traits;
}

/**
 * The values of the cost's dimensions, where the server's quantities differ. Events that can be read again have all of
 * them, others those that are grouped by.
 */
function dimensionTraits(search: Search, rereading: Rereading | undefined): Trait[] {
  if (search.comparer.fitsQuantities(search.own)) return [];
  const grouped = search.classification.plan.groupBy ?? [];
  const declared = Object.keys(rereading?.cost.groupBy ?? {});
  const isGrouped = declared.every((name) => grouped.some((by) => by.name === name));
  const classification =
    rereading === undefined || isGrouped
      ? search.classification
      : reclassified(rereading, { query: { groupBy: declared } });
  const { plan, columns } = classification;
  const groups = classification.groupKeys().map(valuesOfGroup);
  return (plan.groupBy ?? []).flatMap(({ name, field }, position): Trait[] => {
    // The subject and the source are traits of their own.
    if (field !== undefined) return [];
    const values = new StringInterner();
    const numbers = groups.map((texts) => values.numberOf(texts[position] ?? ""));
    return [
      {
        name: "value",
        dimension: name,
        alone: "dimension-alone",
        numberOf: (row) => numbers[columns.group[row] as number] ?? NONE,
        textOf: (number) => values.textOf(number),
      },
    ];
  });
}

function repeatedKeys({ key, length }: EventColumns): Set<number> {
  const isSeen = new Uint8Array(length);
  const repeated = new Set<number>();
  for (let row = 0; row < length; row++) {
    const number = key[row] as number;
    if (number === NONE) continue;
    if (isSeen[number] === 1) repeated.add(number);
    isSeen[number] = 1;
  }
  return repeated;
}

/**
 * The server lacks, or counted twice, all events of a subject, of a source, or (where events are not deduplicated) of a
 * key. Or it has those of one alone, of three or more, or those of one value of a dimension. Totals are compared first:
 * one pass gives the totals without each subject, with each subject twice, and of each. At most 64 candidates of each
 * kind are then compared in every cell, with a pass through the columns each.
 */
export const segments = (rereading: Rereading | undefined): Hypothesis => ({
  *candidates(search) {
    yield* otherTypeCandidates(search);
    for (const trait of traitsOf(search)) yield* traitCandidates(search, trait);
    for (const trait of dimensionTraits(search, rereading)) yield* traitCandidates(search, trait);
  },
});

function* traitCandidates(search: Search, trait: Trait): Candidates {
  const { classification, comparer } = search;
  const { aggregation } = classification.plan;
  const sums = new KeyedAccumulators<number>(search);
  /** UNIQUE_COUNT: by text, whose events have it; -2 for those of several. */
  const owners = new Map<number, number>();
  for (let row = 0; row < classification.columns.length; row++) {
    if (!search.counts(row)) continue;
    const number = trait.numberOf(row);
    sums.add(number, row);
    if (aggregation !== "UNIQUE_COUNT") continue;
    const text = classification.columns.value[row] as number;
    const owner = owners.get(text) ?? number;
    owners.set(text, owner === number ? number : -2);
  }
  const numbers = [...sums.numbers.keys()];
  const { leftOut, repeated }: Partial<ReturnType<typeof totalsAround>> =
    trait.leftOut === undefined
      ? {}
      : aggregation === "UNIQUE_COUNT"
        ? { leftOut: uniqueTotalsWithout(search, numbers, owners), repeated: undefined }
        : totalsAround(search, sums, numbers);
  // Of two, what is alone is what the other one leaves.
  const least = trait.leftOut === undefined ? 2 : 3;
  const alone =
    trait.alone === undefined || numbers.length < least
      ? undefined
      : numbers.map((number) => sums.quantity(number));
  const changes = [
    { id: trait.leftOut, totals: leftOut, times: 0, ofOthers: false, adviceFor: lacked },
    { id: trait.repeated, totals: repeated, times: 2, ofOthers: false, adviceFor: countedTwice },
    { id: trait.alone, totals: alone, times: 0, ofOthers: true, adviceFor: countedAlone },
  ] as const;
  const total = search.own.total().quantity;
  // A sum in doubles hardly ever meets the total to the last digit: nothing that changes it is looked for then.
  const isMet = agreementOf(total, comparer.server.totalQuantity ?? null) === "equal";
  const bounds = isMet ? NO_LOSS : { ...NO_LOSS, quantity: search.boundAt() };
  for (const { id, totals, times, ofOthers, adviceFor } of changes) {
    if (id === undefined || totals === undefined) continue;
    const candidates = numbers.filter(
      (number, at) =>
        number !== NONE && comparer.fitsTotalQuantity({ quantity: totals[at], bounds }),
    );
    for (const number of candidates.slice(0, MAX_CANDIDATES)) {
      const isChanged = (row: number): boolean =>
        (trait.numberOf(row) === number) !== ofOthers && search.counts(row);
      const { name, dimension } = trait;
      const text = trait.textOf(number);
      const quoted = JSON.stringify(text);
      yield {
        hypotheses: [{ id, parameters: { ...(dimension && { dimension }), [name]: text } }],
        ...altered(search, isChanged, times),
        chance: (evidence) => evidence.chance(numbers.length),
        advice: adviceFor(
          dimension === undefined ? `of the ${name} ${quoted}` : `whose ${dimension} is ${quoted}`,
        ),
      };
    }
  }
}

const lacked = (what: string): string =>
  `The server has no event ${what}: look at whether they were sent, and answered with 202.`;
const countedTwice = (what: string): string =>
  `The server counted every event ${what} twice: look at who else sends them, and give both the same keys.`;
const countedAlone = (what: string): string =>
  `The server counts the events ${what} and no others: look at whether its summary was asked for that one alone, and at whether the others were sent.`;

/** The total without each part, and with each part twice; undefined where repeating changes nothing. */
function totalsAround(
  search: Search,
  { accumulators, numbers: partOf }: KeyedAccumulators<number>,
  numbers: readonly number[],
): {
  readonly leftOut: readonly (Exact | undefined)[];
  readonly repeated: readonly (Exact | undefined)[] | undefined;
} {
  const { aggregation } = search.classification.plan;
  const total = search.own.total().quantity ?? ZERO;
  const parts = numbers.map((number) => partOf.get(number) as number);
  const merge = (a: number, b: number): number => {
    const both = accumulators.create();
    accumulators.merge(both, accumulators, a);
    accumulators.merge(both, accumulators, b);
    return both;
  };
  if (isAdditive(aggregation)) {
    const quantities = parts.map((part) => accumulators.quantity(part) ?? ZERO);
    return {
      leftOut: quantities.map((quantity) => subtract(total, quantity)),
      repeated: quantities.map((quantity) => add(total, quantity)),
    };
  }
  const before = [accumulators.create()];
  for (const part of parts) before.push(merge(before.at(-1) as number, part));
  const after = [accumulators.create()];
  for (const part of [...parts].reverse()) after.push(merge(after.at(-1) as number, part));
  after.reverse();
  const leftOut = parts.map((_, at) =>
    accumulators.quantity(merge(before[at] as number, after[at + 1] as number)),
  );
  const all = before.at(-1) as number;
  const repeated =
    aggregation === "AVG"
      ? parts.map((part) => accumulators.quantity(merge(all, part)))
      : undefined;
  return { leftOut, repeated };
}

/** The distinct texts less those that only one part has. */
function uniqueTotalsWithout(
  { own }: Search,
  numbers: readonly number[],
  owners: ReadonlyMap<number, number>,
): (Exact | undefined)[] {
  const total = own.total().quantity;
  const texts = new Map<number, number>();
  for (const owner of owners.values()) texts.set(owner, (texts.get(owner) ?? 0) + 1);
  return numbers.map((number) => total && subtract(total, countOf(texts.get(number) ?? 0)));
}
