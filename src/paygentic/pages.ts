import { InvalidResponseError } from "../errors.ts";
import type { OperationRules } from "../http/call.ts";
import type { CallPromise } from "../http/client.ts";

/**
 * All items of a list that the API gives in pages, from an offset on. It moves on by the items received and ends with an
 * empty page; a page of which every item came before throws an `InvalidResponseError`, since more would follow for ever.
 */
export async function* allItems<P, T extends { readonly id: string }>(
  { operation, method }: OperationRules,
  fetchPage: (offset: number) => CallPromise<P>,
  itemsOf: (page: P) => readonly T[],
  start: number,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  for (let offset = start; ; ) {
    const { data, response, requestId, attempts } = await fetchPage(offset).withResponse();
    const items = itemsOf(data);
    if (items.length === 0) return;
    if (seen.size > 0 && items.every(({ id }) => id !== undefined && seen.has(id))) {
      const message = `expected items that no earlier page had, or none, at offset ${offset}: the server ignores the offset`;
      throw new InvalidResponseError(`${method}: the page repeats`, [{ path: [], message }], {
        operation,
        attempts,
        status: response?.status ?? 200,
        requestId,
        bodyText: "",
        response,
      });
    }
    for (const { id } of items) seen.add(id);
    yield* items;
    offset += items.length;
  }
}
