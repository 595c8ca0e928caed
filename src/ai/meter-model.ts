import { expecting, strictObject } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import { Meter, type MeteredCall, type MeterOptions, meterFields } from "./meter.ts";
import { StreamedResponse } from "./streamed-response.ts";
import { providerName, readTokenUsage } from "./token-usage.ts";
import type { CallStatus } from "./usage-event.ts";

/** What `meterModel` needs of a model: what the language models of the AI SDK 5, 6 and 7 have. */
export interface MeterableModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  /** Makes one call of the model and gives its whole result. */
  doGenerate(options: never): PromiseLike<unknown>;
  /** Makes one call of the model and gives its stream. */
  doStream(options: never): PromiseLike<unknown>;
}

const modelOptions = /* @__PURE__ */ strictObject(meterFields);
const meterable = /* @__PURE__ */ expecting<MeterableModel>(
  "a language model of the AI SDK, such as openai('gpt-5'), not the name of a model",
  (given) => {
    const { doGenerate, doStream } = (given ?? {}) as Partial<MeterableModel>;
    return typeof doGenerate === "function" && typeof doStream === "function";
  },
);

type Fields = Record<string, unknown>;
interface CallOptions {
  readonly abortSignal?: AbortSignal;
  readonly providerOptions?: { readonly meteredCosts?: { readonly subject?: unknown } };
}

/** The provider's own response says more than the SDK's result. Where it is not read, the result is. */
function mostTelling(result: Fields): unknown {
  const body = isRecord(result["response"]) ? result["response"]["body"] : undefined;
  try {
    return readTokenUsage(body, {}) === undefined ? result : body;
  } catch {
    return result;
  }
}

/** The same parts in the same order, looked at as they pass; nothing is read before it is asked for. */
function meterStream(
  stream: ReadableStream<unknown>,
  call: MeteredCall,
  about: { readonly provider: string; readonly model: string; readonly subject: unknown },
  signal: AbortSignal | undefined,
): ReadableStream<unknown> {
  const streamed = new StreamedResponse();
  const reader = stream.getReader();
  const end = (status: CallStatus | undefined): void =>
    call.end({
      ...about,
      response: streamed.response,
      status: streamed.isWhole ? undefined : status,
    });
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            end(signal?.aborted ? "aborted" : "failed");
            controller.close();
          } else {
            streamed.add(value);
            controller.enqueue(value);
          }
        } catch (error) {
          end(signal?.aborted ? "aborted" : "failed");
          controller.error(error);
        }
      },
      cancel(reason) {
        end("aborted");
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * A language model of the AI SDK (versions 5, 6 and 7) whose calls become usage events, one for each call of the model:
 * an answer that takes three steps with tools is three events. Use it wherever a model goes, also in `wrapLanguageModel`.
 *
 * Metering changes neither options nor results nor errors, and a call never waits for it or fails because of it: what
 * goes wrong with an event goes to `onError`. The customer is `subject` of the options, or of one call
 * `providerOptions: { meteredCosts: { subject: "cus_1" } }`. A stream is counted when it ends; one that is aborted or
 * fails becomes an event with what is known and `data.status: "aborted"` or `"failed"`. Calls that fail before they
 * have a response become none.
 *
 * Throws an `InvalidInputError` for options that cannot work and for what is no such model.
 *
 * @example
 * ```ts
 * import { Paygentic } from "metered-costs";
 * import { type MeterableModel, meterModel } from "metered-costs/ai";
 *
 * declare const model: MeterableModel; // openai("gpt-5")
 * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
 * const metered = meterModel(model, {
 *   queue: paygentic.events.queue(),
 *   type: "llm.completion",
 *   source: "urn:example:api",
 *   subject: "cus_1",
 * });
 * // await generateText({ model: metered, prompt: "Hello" });
 * console.log(metered.modelId);
 * ```
 */
export function meterModel<M extends MeterableModel>(model: M, options: MeterOptions): M {
  const summary = "meterModel: the model cannot be metered";
  readInput(meterable, model, summary);
  const meter = new Meter(readInput(modelOptions, options, summary) as MeterOptions);
  const about = (given: CallOptions) => ({
    provider: meter.provider ?? providerName(model.provider),
    model: model.modelId,
    subject: given?.providerOptions?.meteredCosts?.subject,
  });
  const metered = async (
    method: "doGenerate" | "doStream",
    given: CallOptions,
    observe: (result: Fields, call: MeteredCall) => Fields,
  ): Promise<unknown> => {
    const call = meter.begin();
    let result: Fields;
    try {
      result = (await model[method](given as never)) as Fields;
    } catch (error) {
      call.abandon();
      throw error;
    }
    return meter.attempt(() => observe(result, call)) ?? result;
  };
  const methods: Record<string, unknown> = {
    doGenerate: (given: CallOptions) =>
      metered("doGenerate", given, (result, call) => {
        call.end({ ...about(given), response: mostTelling(result) });
        return result;
      }),
    doStream: (given: CallOptions) =>
      metered("doStream", given, (result, call) => ({
        ...result,
        stream: meterStream(
          result["stream"] as ReadableStream<unknown>,
          call,
          about(given),
          given?.abortSignal,
        ),
      })),
  };
  const bound = new WeakMap<object, unknown>();
  return new Proxy(model, {
    get(target, name) {
      if (typeof name === "string" && Object.hasOwn(methods, name)) return methods[name];
      // Private members of a class are those of the model, not of the proxy.
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function" || name === "constructor") return member;
      if (!bound.has(member)) bound.set(member, member.bind(target));
      return bound.get(member);
    },
  });
}
