import { type Reconciliation, reconcile } from "metered-costs/summary";
import { expect } from "vitest";
import { MISTAKES, type Mistake, type Planted, type Scene } from "./mistakes.ts";
import { idsOf } from "./servers.ts";
import { randomNumbers } from "./traces.ts";

export const SEEDS = [1, 2, 3] as const;

/** What became of a planted mistake. */
export interface Outcome {
  readonly mistake: string;
  readonly log: string;
  readonly seed: number;
  readonly verdict: string;
  /** The rank of the right cause; undefined where it is not among the explanations. */
  readonly rank: number | undefined;
  readonly isExact: boolean;
  /** The explanations of rank 1 are wrong, and yet the difference is called explained. */
  readonly isWrong: boolean;
  readonly best: string;
  readonly planted: number;
  /** How many events the findings leave, where nothing explains the difference. */
  readonly localized: number | undefined;
  /** Whether the planted events are among them. */
  readonly hasAll: boolean;
}

/** The events of the first finding that names them. */
function localizedBy({ findings }: Reconciliation): Set<number> | undefined {
  const first = findings.find(({ events }) => events !== undefined);
  return first?.events && new Set([...first.events.all()].map(({ index }) => index));
}

export function outcomeOf(mistake: Mistake, scene: Scene, seed: number): Outcome {
  const random = randomNumbers(seed * 1_000 + MISTAKES.indexOf(mistake));
  const planted: Planted = mistake.plant(scene, random);
  const query = planted.query ?? scene.query;
  const cost = planted.cost ?? scene.cost;
  const server = planted.serve(query);
  const { events } = scene;
  const found = reconcile({ cost, events, query, server }, planted.options);
  const { verdict, explanations } = found;
  const { parameters = {} } = planted;
  const right = explanations.find(
    (one) =>
      mistake.causes.includes(idsOf(one)) &&
      matches(Object.assign({}, ...one.hypotheses.map((use) => use.parameters ?? {})), parameters),
  );
  const isRight = right?.rank === 1;
  const localized = isRight ? undefined : localizedBy(found);
  return {
    mistake: mistake.name,
    log: scene.name,
    seed,
    verdict,
    rank: right?.rank,
    isExact: right?.exact === true,
    isWrong: verdict === "explained" && !isRight,
    best: explanations
      .filter(({ rank }) => rank === 1)
      .map((one) => `${idsOf(one)} ${JSON.stringify(one.hypotheses.map((use) => use.parameters))}`)
      .join("; "),
    planted: planted.events.length,
    localized: localized?.size,
    hasAll: planted.events.every((index) => localized?.has(index)),
  };
}

const matches = (given: Readonly<Record<string, unknown>>, wanted: object): boolean =>
  Object.entries(wanted).every(([name, value]) => given[name] === value);

/** The least share of planted mistakes whose cause must be found. */
const MIN_FOUND = 0.9;
/** How many times as many events the findings may leave as were planted. */
const MAX_TIMES = 10;

/** Prints the table, and checks what is promised of all of them. */
export function checkOutcomes(outcomes: readonly Outcome[]): void {
  console.table(
    outcomes.map(({ mistake, log, seed, verdict, rank, isExact, localized, planted, hasAll }) => ({
      mistake,
      log,
      seed,
      verdict,
      rank: rank ?? "-",
      exact: isExact,
      planted,
      localized: localized === undefined ? "-" : `${localized}${hasAll ? "" : ", not all"}`,
    })),
  );
  const found = outcomes.filter(({ rank, isExact }) => rank === 1 && isExact);
  console.log(`${found.length} of ${outcomes.length} causes are of rank 1 and exact`);
  expect(outcomes.filter(({ isWrong }) => isWrong)).toEqual([]);
  expect(found.length).toBeGreaterThanOrEqual(MIN_FOUND * outcomes.length);
  const others = outcomes.filter((one) => !found.includes(one));
  expect(
    others.filter(
      ({ localized, hasAll, planted }) =>
        localized === undefined || !hasAll || localized > MAX_TIMES * planted,
    ),
  ).toEqual([]);
}
