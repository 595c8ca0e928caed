/**
 * From model calls to usage events and costs: what a call used, what it cost, and its event.
 *
 * @module metered-costs/ai
 */

export type { MeterOptions } from "./meter.ts";
export {
  type MeterableClient,
  type MeterClientOptions,
  meterClient,
  withSubject,
} from "./meter-client.ts";
export { type MeterableModel, meterModel } from "./meter-model.ts";
export { readGenaiPrices, readLiteLlmPrices } from "./price-lists.ts";
export {
  type AmountOptions,
  amountOf,
  type CostsForPricesOptions,
  costsForPrices,
  type EventTypeOptions,
  eventTypeOf,
  type ModelPrices,
  type PriceTable,
  type PriceTableOptions,
  priceTable,
  type ServiceTierPrices,
  type TokenPrices,
} from "./prices.ts";
export {
  type MeterableSpan,
  MeteringSpanExporter,
  type MeteringSpanExporterOptions,
  type SpanExportResult,
} from "./span-exporter.ts";
export {
  register,
  type TokenCounts,
  type TokenKind,
  type TokenUsage,
  type TokenUsageOptions,
  type TokenUsageReader,
  type TokenUsageReading,
  tokenUsage,
} from "./token-usage.ts";
export {
  type CallStatus,
  type EventSubject,
  type UsageEventData,
  type UsageEventDefaults,
  type UsageEventOptions,
  usageEvent,
} from "./usage-event.ts";
