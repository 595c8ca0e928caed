import { expecting, strictObject } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { Meter, type MeterOptions, meterFields } from "./meter.ts";
import { type EventSubject, isSubject } from "./usage-event.ts";

/** What the exporter reads of a span of the OpenTelemetry SDK. */
export interface MeterableSpan {
  readonly name: string;
  readonly attributes: { readonly [name: string]: unknown };
  /** Seconds and nanoseconds since 1970. */
  readonly endTime: readonly [seconds: number, nanoseconds: number];
  readonly status: { readonly code: number };
  /** Gives the ids that the key of the event is made from. */
  spanContext(): { readonly traceId: string; readonly spanId: string };
}

/** How spans become events. */
export interface MeteringSpanExporterOptions extends Omit<MeterOptions, "subject" | "waitUntil"> {
  /** Who used the model: the customer, or what tells it of a span, such as `(span) => span.attributes["user.id"]`. */
  readonly subject: EventSubject | ((span: MeterableSpan) => EventSubject | undefined);
}

const { waitUntil: _waitUntil, ...fields } = meterFields;
const exporterOptions = /* @__PURE__ */ strictObject({
  ...fields,
  subject: /* @__PURE__ */ expecting<MeteringSpanExporterOptions["subject"]>(
    "the customer's id as text, { externalSubject }, or a function that returns one for a span",
    (given) => typeof given === "function" || isSubject(given),
  ),
});

/** Operations that are one call of a model. An agent's or a workflow's usage is that of the calls within it. */
const MODEL_CALLS = /^(?:chat|text_completion|generate_content|embeddings)$/;
const ERROR = 2;

/** Whether a span is a call of a model: by its operation, or where it names none by its usage. */
function isModelCall({ attributes }: MeterableSpan): boolean {
  const operation = attributes["gen_ai.operation.name"];
  return operation === undefined
    ? Object.keys(attributes).some((name) => name.startsWith("gen_ai.usage."))
    : MODEL_CALLS.test(String(operation));
}

/** The result of an export, as the OpenTelemetry SDK takes it: 0 is success, 1 is failure. */
export interface SpanExportResult {
  readonly code: number;
  readonly error?: Error;
}

/**
 * A span exporter for the OpenTelemetry SDK: spans of model calls, by the conventions for generative AI, become usage
 * events. All other spans, those of agents and tools among them, are left to other exporters.
 *
 * The key of an event is made of the trace's id and the span's id, so that a span that is exported twice counts once. Its
 * time is the end of the span. A span with an error has `data.status: "failed"`, one without usage `"usage-missing"`.
 * Have one instrumentation make the spans: where two of them make one each for the same call, both count. Closing the
 * queue stays yours.
 *
 * The constructor throws an `InvalidInputError` for options that cannot work. An export fails when the queue does not
 * take an event, which goes to `onError`, too.
 *
 * @example
 * ```ts
 * import { Paygentic } from "metered-costs";
 * import { MeteringSpanExporter } from "metered-costs/ai";
 *
 * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
 * const exporter = new MeteringSpanExporter({
 *   queue: paygentic.events.queue(),
 *   type: "llm.completion",
 *   source: "urn:example:api",
 *   subject: (span) => String(span.attributes["user.id"]),
 * });
 * // new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
 * await exporter.shutdown();
 * ```
 */
export class MeteringSpanExporter {
  readonly #meter: Meter;
  readonly #subject: MeteringSpanExporterOptions["subject"];
  readonly #pending = new Set<Promise<boolean>>();
  #isShutDown = false;

  constructor(options: MeteringSpanExporterOptions) {
    const read = readInput(
      exporterOptions,
      options,
      "new MeteringSpanExporter: the exporter cannot be made",
    );
    this.#subject = read.subject;
    this.#meter = new Meter(read as unknown as MeterOptions);
  }

  /** Adds an event to the queue for each span of a model call. Calls back when the queue has them all, or refused one. */
  export(
    spans: readonly MeterableSpan[],
    resultCallback: (result: SpanExportResult) => void,
  ): void {
    if (this.#isShutDown) {
      resultCallback({ code: 1, error: new Error("The exporter was shut down") });
      return;
    }
    const added = spans.filter(isModelCall).map((span) => this.#add(span));
    void Promise.all(added).then((results) =>
      resultCallback(
        results.includes(false)
          ? { code: 1, error: new Error("The queue did not take all events") }
          : { code: 0 },
      ),
    );
  }

  /** Resolves when the queue has the events of all spans that were exported before. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Takes no more spans, and resolves as `forceFlush`. The queue stays open. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    await this.forceFlush();
  }

  #add(span: MeterableSpan): Promise<boolean> {
    const subject = this.#subject;
    const { traceId, spanId } = span.spanContext();
    const [seconds, nanoseconds] = span.endTime;
    const added = this.#meter.add({
      response: span.attributes,
      subject: typeof subject === "function" ? this.#meter.attempt(() => subject(span)) : subject,
      status: span.status.code === ERROR ? "failed" : undefined,
      idempotencyKey: `${traceId}-${spanId}`,
      timestamp: new Date(seconds * 1_000 + Math.floor(nanoseconds / 1e6)),
    });
    this.#pending.add(added);
    void added.then(() => this.#pending.delete(added));
    return added;
  }
}
