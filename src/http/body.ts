/** A body as far as it was read. */
export interface ReadBody {
  readonly bodyText: string;
  /** The body is longer than the limit; the rest of it was not read. */
  readonly isTooLong: boolean;
}

const decoder = /* @__PURE__ */ new TextDecoder();

/**
 * Reads the text of a body, at most `maxBytes` of it. Ends when `signal` aborts; `onReader` receives the function that
 * cancels the body while it is being read, and undefined when it is at its end.
 */
export async function readBody(
  message: Request | Response,
  maxBytes: number,
  signal: AbortSignal | undefined,
  onReader: (cancel: (() => void) | undefined) => void = () => undefined,
): Promise<ReadBody> {
  const reader = message.body?.getReader();
  // Some runtimes have no streams, only whole bodies.
  if (reader === undefined) {
    const bodyText = await message.text();
    return { bodyText, isTooLong: bodyText.length > maxBytes };
  }
  let cancel: (() => void) | undefined = () => void reader.cancel().catch(() => undefined);
  onReader(cancel);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    // A mocked fetch may give pieces without a length: that makes NaN, which counts as too long.
    while (bytes <= maxBytes) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) {
        cancel = undefined;
        onReader(undefined);
        break;
      }
      pieces.push(value);
      bytes += value.byteLength;
    }
  } finally {
    cancel?.();
  }
  // Most responses are one piece.
  const whole = pieces.length > 1 ? await new Blob(pieces).arrayBuffer() : pieces[0];
  return { bodyText: decoder.decode(whole), isTooLong: !(bytes <= maxBytes) };
}
