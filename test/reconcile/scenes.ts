import type { CostEvent } from "metered-costs/summary";
import {
  factor,
  notYetSettled,
  otherTypeCounted,
  otherUnitCost,
  RULES,
  renamed,
  repeated,
  rounding,
  type ServerRule,
  sourceLeftOut,
  sourceOutage,
  stretchLeftOut,
  subjectAlone,
  subjectLeftOut,
  unitCostChanged,
  windowOffset,
} from "./servers.ts";

type Value = readonly [aggregation: string, path: string];

const SUM: Value = ["SUM", "$.context"];
const VALUES: Readonly<Record<string, Value>> = {
  "totals-folded": ["UNIQUE_COUNT", "$.user"],
  "truncated-to-19-digits": ["SUM", "$.seconds"],
  "missing-counted": ["UNIQUE_COUNT", "$.tag"],
  "first-of-equal-timestamps": ["LATEST", "$.context"],
  "average-over-all": ["AVG", "$.rating"],
};

/** An aggregation, and a value of the merchant's log, on which a hypothesis shows. */
export const valueFor = (id: string): Value => VALUES[id] ?? SUM;

/** Every way of rounding costs. */
export const ROUNDINGS = (["event", "group", "window", "total", "amount"] as const).flatMap((per) =>
  [2, 3, 4, 5, 6].map((places) => ({
    places,
    per,
    mode: "half-up" as const,
    rule: rounding(places, per),
  })),
);

/** Servers with a parameter, and what is to be found of it. */
export function PARAMETERS(
  events: readonly CostEvent[],
): readonly (readonly [id: string, rule: ServerRule, parameters: object])[] {
  const at = (share: number): string =>
    String(events[Math.floor(events.length * share)]?.timestamp);
  const from = (share: number): object => ({ from: new Date(at(share)).toISOString() });
  const isBetween = ({ timestamp }: CostEvent): boolean =>
    String(timestamp) >= at(0.3) && String(timestamp) < at(0.5);
  return [
    ["other-type-counted", otherTypeCounted("llm.embedding"), { type: "llm.embedding" }],
    ["subject-left-out", subjectLeftOut("cus_3"), { subject: "cus_3" }],
    ["subject-repeated", repeated(({ subject }) => subject === "cus_2"), { subject: "cus_2" }],
    ["subject-alone", subjectAlone("cus_2"), { subject: "cus_2" }],
    ["source-left-out", sourceLeftOut("urn:gateway:b"), { source: "urn:gateway:b" }],
    [
      "source-repeated",
      repeated(({ source }) => source === "urn:gateway:b"),
      { source: "urn:gateway:b" },
    ],
    ["not-yet-settled", notYetSettled(at(0.6)), from(0.6)],
    ["stretch-left-out", stretchLeftOut(at(0.3), at(0.5)), {}],
    ["stretch-repeated", repeated(isBetween), {}],
    ["window-offset", windowOffset(330, "wall-clock"), { utcOffset: "+05:30" }],
    ["constant-factor", factor("100", "cost"), { factor: "100", of: "cost" }],
    ["constant-factor", factor("0.001", "quantity"), { factor: "0.001", of: "quantity" }],
    ["constant-factor", factor("1024", "both"), { factor: "1024", of: "both" }],
    ["other-unit-cost", otherUnitCost("0.0000031"), { unitCost: "0.0000031" }],
    [
      "unit-cost-changed",
      unitCostChanged(at(0.4), "0.000003"),
      { at: new Date(at(0.4)).toISOString(), before: "0.00000253", after: "0.000003" },
    ],
    ["source-outage", sourceOutage("urn:gateway:b", at(0.3), at(0.5)), { source: "urn:gateway:b" }],
    ["group-renamed", renamed("sonar", "sonar-2"), { from: "sonar", to: "sonar-2" }],
    ["group-merged", renamed("sonar", "atlas-small"), { from: "sonar", to: "atlas-small" }],
  ];
}

/** Servers with two rules at once. */
export const PAIRS: readonly (readonly [ids: string, rule: ServerRule, value: Value])[] = [
  [
    "duplicates-counted + to-inclusive",
    (setup) => RULES["to-inclusive"](RULES["duplicates-counted"](setup)),
    SUM,
  ],
  [
    "namespace-ignored + null-as-empty",
    (setup) => RULES["null-as-empty"](RULES["namespace-ignored"](setup)),
    SUM,
  ],
  [
    "before-creation-left-out + whole-seconds",
    (setup) => RULES["whole-seconds"](RULES["before-creation-left-out"](setup)),
    SUM,
  ],
  [
    "average-over-all + duplicates-counted",
    (setup) => RULES["average-over-all"](RULES["duplicates-counted"](setup)),
    ["AVG", "$.rating"],
  ],
  ["cost-rounded + key-alone", (setup) => rounding(4, "event")(RULES["key-alone"](setup)), SUM],
  [
    "key-alone + last-of-equal-keys",
    (setup) => {
      const last = new Set(
        new Map(setup.events.map((event) => [event.idempotencyKey, event])).values(),
      );
      const options = { deduplicate: false };
      return { ...setup, events: setup.events.filter((event) => last.has(event)), options };
    },
    SUM,
  ],
];
