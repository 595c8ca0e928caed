import { inspect } from "node:util";
import fc from "fast-check";
import { isCostsError } from "metered-costs";
import { afterAll, describe, expect, test } from "vitest";
import { CallersOwn, KEY, type Recipes } from "./hostile-values.ts";
import { PrototypeGuard } from "./prototypes.ts";
import { Watchdog } from "./watchdog.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 200_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
/** The weights of all files' tables together: a line gets its share of the runs. */
const ALL_WEIGHTS = 139;

/** One public function, what it is given, and how it is called with that. */
export interface FuzzedFunction {
  readonly name: string;
  /** Its share of the runs. */
  readonly weight: number;
  readonly cases: fc.Arbitrary<() => unknown>;
}

/** A line of a table: `call` gets what `given` makes. */
export function fuzzed<T>(
  name: string,
  weight: number,
  given: Recipes<T>,
  call: (given: T) => unknown,
): FuzzedFunction {
  return {
    name,
    weight,
    cases: given.map((make) => {
      const run = (): unknown => call(make());
      // For the report of a failure.
      Object.defineProperty(run, fc.toStringMethod, {
        value: () => inspect(make(), { depth: 5, maxStringLength: 300, maxArrayLength: 20 }),
      });
      return run;
    }),
  };
}

/** What the engine says of a proxy that its owner revoked, of an iterator that is none, and of a class in the place of a function. */
const BROKEN_BY_CALLER =
  /on a proxy that has been revoked$|^Class constructors? .*cannot be invoked without 'new'$|^Iterator result .* is not an object$|^Result of the Symbol\.\w+ method is not an object$/;

/** The caller's own code threw in the middle, or the engine on its behalf. */
const isCallersOwn = (thrown: unknown): boolean =>
  thrown instanceof CallersOwn ||
  (thrown instanceof TypeError && BROKEN_BY_CALLER.test(thrown.message));

/** What may come out of a call that fails: an error of ours that shows no secret and can be told, or the caller's. */
function judge(thrown: unknown): void {
  if (isCallersOwn(thrown)) return;
  if (!isCostsError(thrown)) {
    throw new Error(`not one of our errors: ${inspect(thrown)}`, { cause: thrown });
  }
  const told = `${thrown.message}\n${JSON.stringify(thrown)}\n${thrown.stack}`;
  if (told.includes(KEY)) throw new Error(`the key is in ${told}`);
  if (typeof thrown.code !== "string" || thrown.message === "") {
    throw new Error(`an error that says nothing: ${told}`);
  }
}

/** Registers a test for each line of a table. */
export function fuzz(entry: string, table: readonly FuzzedFunction[]): void {
  describe(`${entry}, seed ${SEED}`, () => {
    const names = table.map(({ name }) => name);
    const watchdog = new Watchdog(names);
    const prototypes = new PrototypeGuard();
    const unhandled: unknown[] = [];
    process.on("unhandledRejection", (reason) => unhandled.push(reason));
    let count = 0;
    afterAll(async () => {
      await watchdog.close();
      console.log(`${entry}: ${count} cases`);
    });

    test.each(table.map((line, index) => ({ ...line, index })))(
      "$name fails with our errors only, and leaves nothing behind",
      async ({ cases, weight, index }) => {
        const numRuns = Math.ceil((RUNS * weight) / ALL_WEIGHTS);
        const property = fc.asyncProperty(cases, async (run) => {
          try {
            await run();
          } catch (thrown) {
            judge(thrown);
          } finally {
            count++;
            watchdog.beat(index);
          }
          prototypes.glance();
          if (unhandled.length > 0) {
            throw new Error("a rejection that nobody handles", { cause: unhandled.splice(0)[0] });
          }
        });
        await fc.assert(property, { numRuns, seed: SEED + index, endOnFailure: numRuns > 10_000 });
        prototypes.inspect();
        // A rejection is known as unhandled when the tasks of the turn are done.
        await new Promise((resolve) => setImmediate(resolve));
        expect(unhandled).toEqual([]);
      },
    );
  });
}
