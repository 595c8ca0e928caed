import type {
  Aggregation,
  CostDefinition,
  CostSummary,
  CostSummaryParams,
  DimensionNames,
} from "../models.ts";
import { fieldPaths } from "./incoming-event.ts";
import { EventIntake } from "./intake.ts";
import { Meter } from "./meter.ts";
import { compilePlan, type Plan } from "./plan.ts";
import { summaryOf } from "./summary-of.ts";
import type { SummaryOptions } from "./summary-options.ts";

/** So many events make the machine code for them worth keeping. */
const WORTH_LAYOUTS = 10_000;
const kept = new Map<Aggregation, object>();

/**
 * Keeps an empty summary, and with it an object of each class that counts. When the last object of a class is
 * collected, V8 forgets how its objects are laid out and throws away the machine code of all that knew it: the next
 * million events would take a third longer. A new one each time: layouts change while events are counted.
 */
function keepLayouts(aggregation: Aggregation): void {
  const [unitCost, eventType, path] = [0, "", "$.a"];
  const groupBy = { a: path, b: "$.b" };
  const cost = { unitCost, aggregation, eventType, valueProperty: "$.c.d", groupBy };
  const days = { from: new Date(0), to: new Date(1), groupBy: ["a", "b"], window: "DAY" } as const;
  kept.set(aggregation, new OneCost(cost, days, {}));
}

/** The summary of one cost in the making: events go into its `intake`. */
export class OneCost<D extends string, G extends D> {
  readonly #cost: CostDefinition<D>;
  readonly plan: Plan;
  readonly meter: Meter;
  readonly intake: EventIntake;

  constructor(cost: CostDefinition<D>, query: CostSummaryParams<D, G>, options: SummaryOptions) {
    const paths = fieldPaths();
    this.#cost = cost;
    this.plan = compilePlan(cost, query);
    this.meter = new Meter(this.plan, paths);
    this.intake = new EventIntake(options, paths, [this.meter]);
  }

  /** Of everything that was taken in so far. */
  summary(): CostSummary<DimensionNames<D, G>> {
    if (this.intake.counts.read >= WORTH_LAYOUTS) keepLayouts(this.plan.aggregation);
    return summaryOf<D, G>(this.#cost, this.plan, this.meter.breakdown);
  }
}
