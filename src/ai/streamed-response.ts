import { isRecord } from "../values/record.ts";

type Fields = Record<string, unknown>;

/** The members of `newer` that say something, over those of `older`. */
function merged(older: unknown, newer: unknown): Fields {
  const result: Fields = isRecord(older) ? { ...older } : {};
  for (const [name, value] of Object.entries(isRecord(newer) ? newer : {})) {
    if (value !== undefined && value !== null) result[name] = value;
  }
  return result;
}

/**
 * What the events of one stream say of its usage, gathered into the shape of the response that the same call gives
 * without a stream. Each event is looked at once, as it passes.
 */
export class StreamedResponse {
  #response: Fields = {};
  /** Whether the event has come that ends a whole stream, where the format has one. */
  #isWhole: boolean | undefined;
  /** Whether an event said that the call failed. */
  #hasFailed = false;

  /** The response as far as it is known. */
  get response(): Fields {
    return this.#response;
  }

  /** Whether the stream ended before its end, as far as its events tell. */
  get isCutOff(): boolean {
    return this.#hasFailed || this.#isWhole === false;
  }

  /** Whether the event has come that ends a whole stream, with the whole usage. */
  get isWhole(): boolean {
    return this.#isWhole === true && !this.#hasFailed;
  }

  add(given: unknown): void {
    if (typeof given !== "object" || given === null) return;
    const event = given as Fields;
    const { type } = event;
    if (typeof type === "string") this.#addTyped(type, event);
    else if (isRecord(event["metadata"]))
      this.#response = merged(this.#response, { ...event["metadata"], metrics: {} });
    else this.#addChunk(event);
  }

  #addTyped(type: string, event: Fields): void {
    if (type.startsWith("response.")) {
      if (!isRecord(event["response"])) return;
      this.#response = event["response"];
      this.#isWhole = type === "response.completed" || type === "response.incomplete";
      this.#hasFailed ||= type === "response.failed";
    } else if (type === "message_start") {
      this.#response = merged({}, event["message"]);
      this.#isWhole = false;
    } else if (type === "message_delta") {
      this.#response["usage"] = merged(this.#response["usage"], event["usage"]);
    } else if (type === "message_stop") {
      this.#isWhole = true;
    } else if (type === "response-metadata") {
      this.#response["response"] = merged(this.#response["response"], event);
      this.#isWhole ??= false;
    } else if (type === "finish") {
      this.#response = merged(this.#response, event);
      this.#isWhole = true;
    } else if (type === "error") {
      this.#hasFailed = true;
    }
  }

  /** A chunk of OpenAI's chat completions, Mistral's or Gemini's. Each says its id and model, the last its usage. */
  #addChunk(chunk: Fields): void {
    // Nearly all chunks of a long stream say nothing new.
    const isKnown = this.#response["id"] !== undefined && chunk["id"] === this.#response["id"];
    if (isKnown && !chunk["usage"] && !chunk["service_tier"]) return;
    for (const name of ["id", "model", "service_tier", "modelVersion", "responseId"]) {
      if (typeof chunk[name] === "string") this.#response[name] = chunk[name];
    }
    const { usage, usageMetadata } = chunk;
    if (isRecord(usage)) this.#response["usage"] = merged(this.#response["usage"], usage);
    if (isRecord(usageMetadata)) {
      // Gemini's totals are of all that came before: a count that is absent is none.
      const isTotal = "totalTokenCount" in usageMetadata;
      const older = isTotal ? undefined : this.#response["usageMetadata"];
      this.#response["usageMetadata"] = merged(older, usageMetadata);
    }
  }
}

/** The response that the events of one whole stream make. */
export function responseOfStream(events: readonly unknown[]): Fields {
  const streamed = new StreamedResponse();
  for (const event of events) streamed.add(event);
  return streamed.response;
}
