import type { KontorionOperation } from "../../errors.ts";
import type { Cost, CostVersion } from "../../kontorion/models.ts";
import { ROUTES, type Route, type Routes, routesOf } from "../../kontorion/routes.ts";
import { routesParams } from "../../kontorion/schemas.ts";
import { optional, strictObject } from "../../schemas/fields.ts";
import { readInput } from "../../schemas/input.ts";
import { type AnyFault, faultSchemaOf } from "../faults.ts";
import { createMock, type Mock, type MockOptions, mockMadeBy, mockOptions } from "../mock.ts";
import { kontorionApi } from "./operations.ts";
import { type CatalogCostSeed, costSeeds } from "./seeds.ts";
import { CatalogStore } from "./store.ts";

/** What goes wrong with requests to Kontorion; see `Fault`. */
export type KontorionFault = AnyFault<KontorionOperation>;

/** What a mock of Kontorion begins with. */
export interface MockKontorionOptions extends MockOptions<KontorionFault> {
  /** Costs that are there from the start, in this order. */
  readonly costs?: readonly CatalogCostSeed[] | undefined;
  /** Request lines that differ from the table `ROUTES`: the same as those of the client. */
  readonly routes?: Readonly<Partial<Record<KontorionOperation, Route>>> | undefined;
}

/** An in-memory Kontorion. Its functions need no mock before them: `const { fetch } = createMockKontorion()`. */
export interface MockKontorion extends Mock<KontorionOperation, KontorionFault> {
  /** The request lines that it answers, relative to `/v1`. */
  readonly routes: Routes;
  /** All costs as they are now on the mock's clock, in the order of their creation, the archived ones too. */
  readonly costs: readonly Cost[];
  /** The versions of a cost as they are now on the mock's clock, by number; undefined when there is no such cost. */
  readonly versions: (costId: string) => readonly CostVersion[] | undefined;
}

const faultSchema = faultSchemaOf<KontorionFault>(Object.keys(ROUTES));
const options = strictObject({
  costs: optional(costSeeds),
  routes: optional(routesParams),
  ...mockOptions(faultSchema),
});
/** What `createMockKontorion` gives, as an argument. */
export const mockKontorion = mockMadeBy<MockKontorion>("createMockKontorion");

/**
 * Makes an in-memory Kontorion: a catalog of costs and their versions behind requests and answers as its documentation
 * describes them, without a network and without a real key (any bearer token will do). It cannot be more certain than
 * the client: what is inferred there is inferred here, and so are the members of `pagination`.
 *
 * An update makes a version that is published, scheduled or a draft; a scheduled one becomes active when the mock's
 * clock passes its start, and the one before it archived. A copy gets the key of its source with `_copy` behind it, and
 * one version. Archived costs are in no list. Any product may be named. Ids are UUIDs whose last digits are counted.
 *
 * It answers 400 for what is not valid, 401 without a key, 404 with `entity_id`, and 409 for a key that is taken and a
 * change of an archived cost. A `status` fault answers 403, 422, 429 or anything else, with the `body` that you give.
 *
 * Throws an `InvalidInputError` for options it does not know, a seed or a fault that means nothing, and an id given twice.
 *
 * @example
 * ```ts
 * import { Kontorion } from "metered-costs/kontorion";
 * import { createMockKontorion } from "metered-costs/mock";
 *
 * const mock = createMockKontorion({ clock: () => new Date("2026-06-15T00:00:00Z") });
 * const kontorion = new Kontorion({ apiKey: `sk_test_${"0".repeat(64)}`, fetch: mock.fetch });
 * const productId = "7d8a4d5e-0b1f-4c55-9f2a-0c6f3a1f9e11";
 * const { id: costId } = await kontorion.costs.create({ key: "gpu_hour", productId });
 * await kontorion.costs.update({ productId, costId }, { effective_at: "2026-06-16T00:00:00Z" });
 * console.log(mock.versions(costId)?.map(({ status }) => status)); // [ 'active', 'scheduled' ]
 * mock.advance(24 * 60 * 60 * 1000);
 * console.log((await kontorion.costs.get({ productId, costId })).version); // 2
 * ```
 */
export function createMockKontorion(given: MockKontorionOptions = {}): MockKontorion {
  const read = readInput(options, given, "createMockKontorion: the mock cannot be made");
  const { costs = [], clock, faults } = read;
  const routes = routesOf(read.routes);
  return createMock({
    api: kontorionApi(routes),
    faultSchema,
    clock,
    faults,
    begin: (now) => new CatalogStore(now, costs),
    views: (store) => ({
      routes,
      get costs() {
        return store().costs.map((cost) => store().model(cost));
      },
      versions: (costId: string) => {
        const cost = store().cost(costId, undefined);
        return cost && store().versions(cost);
      },
    }),
  });
}
