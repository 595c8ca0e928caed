import type * as ordinary from "metered-costs/summary";
import { expectTypeOf, test } from "vitest";
import type * as browser from "../../src/summary/browser.ts";

test("the entry of browsers has the types of the ordinary one", () => {
  expectTypeOf<typeof browser>().toEqualTypeOf<typeof ordinary>();
  expectTypeOf<typeof browser.summarizeCost>().toEqualTypeOf<typeof ordinary.summarizeCost>();
});
