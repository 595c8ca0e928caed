import { expect, test } from "vitest";
import { BREAKDOWNS, foundOf, WITH_CAUSE, WITHOUT_CAUSE } from "./random-mistakes.ts";
import { idsOf } from "./servers.ts";

const SEEDS = [1, 2];

test.each(Object.entries({ ...WITH_CAUSE, ...WITHOUT_CAUSE }))(
  "how likely it is that something fits by chance: %s",
  (_, mistake) => {
    const lines = Object.entries(BREAKDOWNS).flatMap(([rows, breakdown]) =>
      SEEDS.map((seed) => {
        const { verdict, explanations } = foundOf(mistake, breakdown, seed);
        const best = explanations
          .filter(({ rank }) => rank === 1)
          .map((one) => `${idsOf(one)} ${one.events.count} ${one.chance.toPrecision(6)}`);
        return [rows, seed, verdict, ...best].join(" | ");
      }),
    );
    expect(lines.join("\n")).toMatchSnapshot();
  },
);
