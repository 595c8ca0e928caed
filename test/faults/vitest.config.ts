import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

const { resolve } = shared;

/** A proxy that harms what passes it: heavier than the other tests, so on its own. */
export default mergeConfig(
  { resolve },
  defineConfig({
    test: { name: "faults", include: ["test/faults/*.test.ts"], testTimeout: 1_800_000 },
  }),
);
