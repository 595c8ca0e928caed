import type { paths } from "../../generated/kontorion.ts";
import type { Issue, KontorionOperation } from "../errors.ts";
import type { ResponseReader } from "../http/call.ts";
import type { HttpClient } from "../http/client.ts";
import { NO_OPTIONS, type RequestOptions } from "../http/options.ts";
import type { Schema } from "../schemas/fields.ts";
import { nothingSent, readInput, refuseInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import type {
  Cost,
  CostAddress,
  CostCreateParams,
  CostListParams,
  CostUpdateParams,
  CostVersion,
  NextCursor,
  Page,
  VersionListParams,
} from "./models.ts";
import type { Routes } from "./routes.ts";
import {
  costAddress,
  costCreateParams,
  costListParams,
  costUpdateParams,
  readCost,
  readCostPage,
  readVersionPage,
  uuid,
  versionListParams,
} from "./schemas.ts";

/** Reads the usual members of a `pagination` envelope. */
export const nextCursorOf: NextCursor = (pagination) => {
  if (!isRecord(pagination)) return undefined;
  const { has_more, hasMore = has_more } = pagination;
  if (hasMore === false) return null;
  for (const name of ["next_cursor", "nextCursor", "next"]) {
    const cursor = pagination[name];
    if (typeof cursor === "string" && cursor !== "") return cursor;
    // No next page, unless the envelope says that there is more.
    if ((cursor === null || cursor === "") && hasMore !== true) return null;
  }
  return undefined;
};

interface RequestParts {
  readonly path?: { readonly productId?: string | undefined; readonly costId?: string };
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

const issueOf = (message: string): Issue => ({ path: ["pagination"], message });
const methodOf = (name: string): string => `kontorion.costs.${name}`;

/**
 * The catalog of versioned costs. Reached as `kontorion.costs`.
 *
 * Every method rejects with an `InvalidInputError` when an argument is invalid (nothing is sent then), an `ApiError` when
 * the server answered without success, and a `ConnectionError` when there was no response. It rejects with an
 * `InvalidResponseError` when a success is unusable, and with the reason of your own `signal`. Reads are retried after connection failures, 408, 429 and 5xx
 * responses; writes only after a 429, since a repetition could publish a second version.
 */
export class Costs {
  readonly #client: HttpClient<paths>;
  readonly #routes: Routes;
  readonly #nextCursor: NextCursor;

  /** @internal */
  constructor(client: HttpClient<paths>, routes: Routes, nextCursor: NextCursor) {
    this.#client = client;
    this.#routes = routes;
    this.#nextCursor = nextCursor;
  }

  /** Lists active costs, one page: those of a product with `productId`, else those of the organization. */
  list(params: CostListParams = {}, options: RequestOptions = NO_OPTIONS): Promise<Page<Cost>> {
    return this.#page(params, options, readCostPage);
  }

  /**
   * All active costs, fetched page by page as you iterate. It never ends as if it were complete: a cursor that comes
   * again, and a full page without a cursor that `nextCursor` can read, are an `InvalidResponseError`. Without `limit`
   * every page that is not empty may be full.
   */
  async *listAll(
    params: Omit<CostListParams, "cursor"> = {},
    options: RequestOptions = NO_OPTIONS,
  ): AsyncGenerator<Cost, void, undefined> {
    const seen = new Set<string>();
    let cursor: string | null | undefined;
    const readNext: ResponseReader<Page<Cost>> = (body, onDrift) => {
      const { model, unusable } = readCostPage(body, onDrift);
      if (unusable.length > 0) return { model, unusable };
      cursor = this.#nextCursor(model.pagination);
      const problem = seen.has(cursor ?? "")
        ? `the cursor of the next page repeats an earlier one: ${JSON.stringify(cursor)}`
        : cursor === undefined && model.data.length >= (params.limit ?? 1)
          ? "expected the cursor of the next page, or null: pass a nextCursor that reads it"
          : undefined;
      return { model, unusable: problem === undefined ? [] : [issueOf(problem)] };
    };
    do {
      if (typeof cursor === "string") seen.add(cursor);
      const page = await this.#page({ ...params, cursor: cursor ?? undefined }, options, readNext);
      yield* page.data;
    } while (typeof cursor === "string");
  }

  /** Creates a cost, of a product with `productId`, else of the organization. Version 1 is published at once. */
  create(params: CostCreateParams, options: RequestOptions = NO_OPTIONS): Promise<Cost> {
    const operation = params?.productId === undefined ? "createCost" : "createProductCost";
    return this.#call("create", operation, options, readCost, () => {
      const { productId, ...body } = this.#read("create", costCreateParams, params);
      return { path: { productId }, body };
    });
  }

  /** Reads a cost, active or archived. */
  get(address: CostAddress, options: RequestOptions = NO_OPTIONS): Promise<Cost> {
    return this.#call("get", "getCost", options, readCost, () => ({
      path: this.#read("get", costAddress, address),
    }));
  }

  /**
   * Changes a cost: publishes a new version now, or at `effective_at`, or keeps it as a draft. Gives the cost and not
   * the version: the new version is the one with the highest number in `versions`.
   */
  update(
    address: CostAddress,
    edit: CostUpdateParams,
    options: RequestOptions = NO_OPTIONS,
  ): Promise<Cost> {
    return this.#call("update", "updateCost", options, readCost, () => {
      const path = this.#read("update", costAddress, address);
      const { effective_at, ...others } = this.#read("update", costUpdateParams, edit);
      return {
        path,
        body: { ...others, ...(effective_at && { effective_at: effective_at.toISOString() }) },
      };
    });
  }

  /** Copies a cost, active or archived, into a new active one. How the copy's key is chosen is not published. */
  copy(address: CostAddress, options: RequestOptions = NO_OPTIONS): Promise<Cost> {
    return this.#call("copy", "copyCost", options, readCost, () => ({
      path: this.#read("copy", costAddress, address),
    }));
  }

  /**
   * Lists the versions of a cost, of one status, of several, or all. The result is what `versionTimeline` takes. Rejects
   * with an `InvalidResponseError` when the response names a next page: how to ask for it is not published, and a
   * timeline of some versions would have false gaps.
   */
  versions(
    costId: string,
    params: VersionListParams = {},
    options: RequestOptions = NO_OPTIONS,
  ): Promise<Page<CostVersion>> {
    const readAll: ResponseReader<Page<CostVersion>> = (body, onDrift) => {
      const { model, unusable } = readVersionPage(body, onDrift);
      const isPart =
        unusable.length === 0 && typeof this.#nextCursor(model.pagination) === "string";
      return {
        model,
        unusable: isPart ? [issueOf("expected every version, but there is a next page")] : unusable,
      };
    };
    return this.#call("versions", "listCostVersions", options, readAll, () => ({
      path: { costId: this.#read("versions", uuid, costId) },
      query: this.#read("versions", versionListParams, params),
    }));
  }

  #page(
    params: CostListParams,
    options: RequestOptions,
    read: ResponseReader<Page<Cost>>,
  ): Promise<Page<Cost>> {
    const operation = params?.productId === undefined ? "listCosts" : "listProductCosts";
    return this.#call("list", operation, options, read, () => {
      const { productId, ...query } = this.#read("list", costListParams, params);
      return { path: { productId }, query };
    });
  }

  #read<Output, Input>(method: string, schema: Schema<Output, Input>, given: unknown): Output {
    return readInput(schema, given, nothingSent(methodOf(method)));
  }

  #call<T>(
    name: string,
    operation: KontorionOperation,
    options: RequestOptions,
    read: ResponseReader<T>,
    partsOf: () => RequestParts,
  ): Promise<T> {
    const { method, path } = this.#routes[operation];
    const retry = method === "GET" ? "always" : "refused";
    const mayBeArray = operation === "listCostVersions";
    return this.#client.call(
      { operation, method: methodOf(name), retry, mayBeArray },
      options,
      read,
      (api, init) => {
        const { path: ids = {}, ...rest } = partsOf();
        for (const id of ["productId", "costId"] as const) {
          if (path.includes(`{${id}}`) && ids[id] === undefined) {
            const message = `expected an id: the route of ${operation} has it in its path ${path}`;
            refuseInput(nothingSent(methodOf(name)), [id], message);
          }
        }
        // The routes are a table that users can correct: openapi-typescript knows only the table as it is shipped.
        return api.request(method.toLowerCase() as "get", path as "/costs", {
          ...init,
          ...(rest.body !== undefined && { body: rest.body as never }),
          params: { path: ids, query: rest.query } as never,
        });
      },
    );
  }
}
