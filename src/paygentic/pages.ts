import { InvalidResponseError } from "../errors.ts";
import type { OperationRules } from "../http/call.ts";
import type { CallPromise } from "../http/client.ts";
import type { Pagination } from "../models.ts";

/**
 * All items of a list that the API gives in pages, from an offset on, each once. It moves on by the items received and ends
 * with an empty page. Of a list that grows, later pages repeat what earlier ones had. A page of which every item came
 * before, of a list that did not grow, throws an `InvalidResponseError`, since more would follow for ever.
 */
export async function* allItems<
  P extends { readonly pagination?: Partial<Pagination> },
  T extends { readonly id: string },
>(
  { operation, method }: OperationRules,
  fetchPage: (offset: number) => CallPromise<P>,
  itemsOf: (page: P) => readonly T[],
  start: number,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  let lastTotal = Number.POSITIVE_INFINITY;
  for (let offset = start; ; ) {
    const { data, response, requestId, attempts } = await fetchPage(offset).withResponse();
    const items = itemsOf(data);
    if (items.length === 0) return;
    const fresh = items.filter(({ id }) => id === undefined || !seen.has(id));
    const total = data.pagination?.total ?? 0;
    const hasGrown = total > lastTotal && total > offset;
    if (fresh.length === 0 && !hasGrown) {
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
    lastTotal = total;
    for (const { id } of fresh) seen.add(id);
    yield* fresh;
    offset += items.length;
  }
}
