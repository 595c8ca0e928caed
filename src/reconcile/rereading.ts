import { compileLocalPlan } from "../engine/plan.ts";
import type { SummaryOptions } from "../engine/summary-options.ts";
import type { CostDefinition, CostEvent, LocalSummaryParams } from "../models.ts";
import { EventClassification } from "./classification.ts";

/** What is needed to read the events again. */
export interface Rereading {
  readonly cost: CostDefinition;
  readonly query: LocalSummaryParams;
  readonly options: SummaryOptions;
  readonly events: readonly CostEvent[];
}

/** The events read again with a changed definition of the cost, or a changed query; in the same rows. */
export function reclassified(
  { cost, query, options, events }: Rereading,
  changes: {
    readonly cost?: Partial<CostDefinition>;
    readonly query?: Partial<LocalSummaryParams>;
  },
): EventClassification {
  const plan = compileLocalPlan({ ...cost, ...changes.cost }, { ...query, ...changes.query });
  const silent = { ...options, onInvalidEvent: () => undefined };
  const classification = new EventClassification(plan, silent);
  classification.pipeline.addAll(events);
  return classification;
}
