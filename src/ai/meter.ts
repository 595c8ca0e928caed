import type { EventQueue } from "../delivery/event-queue.ts";
import type { EventIngestParams } from "../models.ts";
import { callback, expecting, optional } from "../schemas/fields.ts";
import { refuseInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import { hasCounts } from "./prices.ts";
import { readTokenUsage, type TokenUsage } from "./token-usage.ts";
import {
  type CallStatus,
  type EventSubject,
  eventDefaults,
  eventOf,
  isSubject,
  priceData,
  type UsageEventDefaults,
} from "./usage-event.ts";

/** What all meters take: where events go, and how they are made. */
export interface MeterOptions extends UsageEventDefaults {
  /** Where events go: `paygentic.events.queue()`. Closing it stays yours. */
  readonly queue: Pick<EventQueue, "add">;
  /**
   * Who uses the model, unless a call says otherwise: the customer, or a function that is asked when a call begins, such
   * as `() => customers.getStore()` with an `AsyncLocalStorage`.
   */
  readonly subject?: EventSubject | (() => EventSubject | undefined) | undefined;
  /** Is given a promise per call until its event is in the queue: `(work) => context.waitUntil(work)` in a worker. */
  readonly waitUntil?: ((work: Promise<void>) => void) | undefined;
  /**
   * Called when an event could not be made, priced or added, or a usage contradicts itself; the call goes on. The event
   * is undefined when none could be made; one without a price is sent without `amount`.
   * @default prints the error with console.error
   */
  readonly onError?: ((error: unknown, event: EventIngestParams | undefined) => void) | undefined;
}

/** The schemas of the fields that all meters take. */
export const meterFields = {
  ...eventDefaults,
  queue: /* @__PURE__ */ expecting<Pick<EventQueue, "add">>(
    "a queue, such as paygentic.events.queue()",
    (given) => typeof (given as Partial<EventQueue> | null | undefined)?.add === "function",
  ),
  subject: /* @__PURE__ */ optional(
    /* @__PURE__ */ expecting<EventSubject | (() => EventSubject | undefined)>(
      "the customer's id as text, { externalSubject }, or a function that returns one",
      (given) => typeof given === "function" || isSubject(given),
    ),
  ),
  waitUntil: /* @__PURE__ */ optional(/* @__PURE__ */ callback<(work: Promise<void>) => void>()),
  onError: /* @__PURE__ */ optional(
    /* @__PURE__ */ callback<NonNullable<MeterOptions["onError"]>>(),
  ),
};

/** What is known of a call when it has ended. */
export interface EndedCall {
  /** What `tokenUsage` reads, or as much of it as came. */
  readonly response: unknown;
  /** What the response may not say: who answered, which model was asked. */
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly status?: CallStatus | undefined;
  /** The customer of this one call. */
  readonly subject?: unknown;
  /** Whether the response has an id under which its usage comes later. */
  readonly isPending?: boolean | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly timestamp?: Date | undefined;
}

/** Makes events of calls and adds them to a queue. Nothing that it does throws or is waited for. */
export class Meter {
  readonly #options: MeterOptions;

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  /** The provider that the options name. */
  get provider(): string | undefined {
    return this.#options.provider;
  }

  /** Whether a worker waits for calls to end. */
  get isAwaited(): boolean {
    return this.#options.waitUntil !== undefined;
  }

  /** To be called when a call begins: the customer is asked for now, and a worker is told of the work. */
  begin(): MeteredCall {
    const { subject, waitUntil } = this.#options;
    let settle: (() => void) | undefined;
    if (waitUntil !== undefined) {
      const work = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.attempt(() => waitUntil(work));
    }
    const asked =
      typeof subject === "function" ? this.attempt(() => subject()) : (subject as unknown);
    return new MeteredCall(this, asked, settle);
  }

  /** The result of something that is not to fail the call; undefined when it threw, which is reported. */
  attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.report(error, undefined);
      return undefined;
    }
  }

  report(error: unknown, event: EventIngestParams | undefined): void {
    const { onError } = this.#options;
    try {
      if (onError === undefined) console.error("metered-costs/ai:", error);
      else onError(error, event);
    } catch {
      // Whoever reports errors has no one to report to.
    }
  }

  /** Adds the event of a call. Resolves when the queue has it, and with false when it has not. */
  async add(call: EndedCall, subject = call.subject): Promise<boolean> {
    let event: EventIngestParams | undefined;
    try {
      event = this.#eventOf(call, subject);
      await this.#options.queue.add(event);
      return true;
    } catch (error) {
      this.report(error, event);
      return false;
    }
  }

  #eventOf(call: EndedCall, subject: unknown): EventIngestParams {
    const { prices } = this.#options;
    const { timestamp = new Date() } = call;
    if (!isSubject(subject)) {
      return refuseInput(
        "The call cannot be metered",
        ["subject"],
        "expected a subject: pass one with the call, or in the options of the meter",
      );
    }
    const usage = this.#usageOf(call);
    const status = call.status ?? (hasCounts(usage) ? undefined : "usage-missing");
    const event = eventOf(usage, this.#options, {
      subject,
      timestamp,
      idempotencyKey: call.idempotencyKey ?? (call.isPending ? undefined : usage.requestId),
      data: status === undefined ? {} : { status },
    });
    if (prices !== undefined && hasCounts(usage)) {
      try {
        Object.assign(event.data, priceData(usage, prices, timestamp));
      } catch (error) {
        this.report(error, event);
      }
    }
    return event;
  }

  /** The usage of a call, or as much as is known of one that has none. */
  #usageOf({ response, model, provider = this.#options.provider }: EndedCall): TokenUsage {
    const usage = this.attempt(() => readTokenUsage(response, { provider }));
    if (usage !== undefined) return usage.model === undefined ? { ...usage, model } : usage;
    const fields = isRecord(response) ? response : {};
    const about = isRecord(fields["response"]) ? fields["response"] : {};
    const textOf = (...names: readonly unknown[]) =>
      names.find((name): name is string => typeof name === "string" && name !== "");
    return {
      provider: provider ?? "unknown",
      model: textOf(
        fields["model"],
        about["modelId"],
        fields["gen_ai.response.model"],
        fields["gen_ai.request.model"],
        model,
      ),
      requestId: textOf(fields["id"], about["id"], fields["gen_ai.response.id"]),
      raw: response,
    };
  }
}

/** One call on its way to an event. */
export class MeteredCall {
  readonly #meter: Meter;
  /** The customer that the options gave when the call began. */
  readonly #subject: unknown;
  readonly #settle: (() => void) | undefined;
  #hasEnded = false;

  constructor(meter: Meter, subject: unknown, settle: (() => void) | undefined) {
    this.#meter = meter;
    this.#subject = subject;
    this.#settle = settle;
  }

  /** The call has ended with something to count. Only the first end counts. */
  end(call: EndedCall): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const added = this.#meter.add(call, call.subject ?? this.#subject);
    if (this.#settle !== undefined) void added.then(this.#settle);
  }

  /** The call has ended with nothing to count. */
  abandon(): void {
    this.#hasEnded = true;
    this.#settle?.();
  }
}
