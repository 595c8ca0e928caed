import type { KontorionOperation } from "../errors.ts";
import {
  boolean,
  callback,
  expecting,
  filledText,
  list,
  matching,
  nullish,
  oneOf,
  oneOrMore,
  optional,
  type Schema,
  strictObject,
  text,
  time,
  wholeNumber,
} from "../schemas/fields.ts";
import { type Parts, type ResponseReader, response } from "../schemas/responses.ts";
import { isRecord } from "../values/record.ts";
import type { Cost, CostUpdateParams, CostVersion, NextCursor, Page } from "./models.ts";
import { ROUTES } from "./routes.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const uuid = /* @__PURE__ */ matching(UUID, "123e4567-e89b-12d3-a456-426614174000");

/** Query of `costs.list`. */
export const costListParams = /* @__PURE__ */ strictObject({
  productId: /* @__PURE__ */ optional(uuid),
  scope: /* @__PURE__ */ optional(/* @__PURE__ */ oneOf(["ORG", "PRODUCT"])),
  limit: /* @__PURE__ */ optional(/* @__PURE__ */ wholeNumber(1)),
  cursor: /* @__PURE__ */ optional(/* @__PURE__ */ filledText("a cursor of the page before")),
});

/** Argument of `costs.create`. */
export const costCreateParams = /* @__PURE__ */ strictObject({
  key: /* @__PURE__ */ filledText("a name for formulas, which is not empty"),
  description: /* @__PURE__ */ optional(text),
  productId: /* @__PURE__ */ optional(uuid),
});

/** An update as it was read: times are Dates. */
export interface CostUpdate {
  readonly description?: string | undefined;
  readonly requires_continuous_coverage?: boolean | undefined;
  readonly effective_at?: Date | undefined;
  readonly save_as_draft?: true | undefined;
}

/** Argument of `costs.update`. `false` is a value and is sent. */
export const costUpdateParams: Schema<CostUpdate, CostUpdateParams> = /* @__PURE__ */ strictObject(
  {
    description: /* @__PURE__ */ optional(text),
    requires_continuous_coverage: /* @__PURE__ */ optional(boolean),
    effective_at: /* @__PURE__ */ optional(time),
    save_as_draft: /* @__PURE__ */ optional(
      /* @__PURE__ */ expecting<true>("true; leave it out to publish", (given) => given === true),
    ),
  },
  {
    together: (edit, refuse) => {
      if (Object.values(edit).every((value) => value === undefined)) {
        refuse("expected at least one field to change");
      }
      if (edit.save_as_draft !== undefined && edit.effective_at !== undefined) {
        refuse("expected effective_at or save_as_draft, not both", "save_as_draft");
      }
    },
  },
) as never;

/** Which cost. Whether a product is needed is up to the route. */
export const costAddress = /* @__PURE__ */ strictObject({
  productId: /* @__PURE__ */ optional(uuid),
  costId: uuid,
});

/** Query of `costs.versions`. */
export const versionListParams = /* @__PURE__ */ strictObject({
  status: /* @__PURE__ */ optional(/* @__PURE__ */ oneOrMore("a status such as scheduled")),
});

/** A path below the base URL: a slash, and no way out of it. */
const isRoutePath = (given: unknown): boolean =>
  typeof given === "string" &&
  /^\/[\w{}/.~-]*$/.test(given) &&
  !given.includes("//") &&
  !given.includes("..");
const route = /* @__PURE__ */ strictObject({
  method: /* @__PURE__ */ oneOf(["GET", "POST", "PUT", "PATCH"]),
  path: /* @__PURE__ */ expecting<string>("a path such as /costs/{costId}", isRoutePath),
});

/** Corrections of the table of routes. */
export const routesParams = /* @__PURE__ */ strictObject(
  /* @__PURE__ */ Object.fromEntries(
    /* @__PURE__ */ Object.keys(ROUTES).map((name) => [name, optional(route)]),
  ) as Readonly<Record<KontorionOperation, ReturnType<typeof optional<typeof route>>>>,
);

/** What is Kontorion's own in the options of a client. */
export const kontorionOptions = /* @__PURE__ */ strictObject({
  routes: /* @__PURE__ */ optional(routesParams),
  nextCursor: /* @__PURE__ */ callback<NextCursor>(),
});

const cost = (p: Parts) =>
  p.object({
    id: text,
    organization_id: p.plain(nullish(p.text)),
    product_id: p.plain(nullish(p.text)),
    key: p.plain(nullish(p.text)),
    description: p.plain(nullish(p.text)),
    scope: p.plain(nullish(p.known(oneOf(["ORG", "PRODUCT"])))),
    status: p.plain(nullish(p.known(matching(/^(?:active|archived)$/i, "active")))),
    version: p.plain(nullish(p.count)),
    head_version_id: p.plain(nullish(p.text)),
    requires_continuous_coverage: p.plain(nullish(p.boolean)),
    archived_at: p.plain(nullish(p.time)),
    created_at: p.plain(nullish(p.time)),
    updated_at: p.plain(nullish(p.time)),
  });
const version = (p: Parts) =>
  p.object({
    id: p.plain(nullish(p.text)),
    version: p.plain(nullish(p.count)),
    status: p.plain(
      nullish(p.known(matching(/^(?:active|scheduled|drafts?|archived)$/i, "active"))),
    ),
    effective_from: p.plain(nullish(p.time)),
    effective_to: p.plain(nullish(p.time)),
    published_at: p.plain(nullish(p.time)),
    usage_count: p.anything,
    archived_reason: p.anything,
    created_at: p.plain(nullish(p.time)),
    created_by: p.anything,
  });

const costSchema = /* @__PURE__ */ response<Cost>(cost);
const costPage = /* @__PURE__ */ response<Page<Cost>>(
  (p) => p.object({ data: list(cost(p)), pagination: p.anything }),
  { data: { item: cost, name: "cost", id: "id" } },
);
const versionPage = /* @__PURE__ */ response<Page<CostVersion>>(
  (p) => p.object({ data: list(version(p)), pagination: p.anything }),
  { data: { item: version } },
);

/** Reads a cost, in its `data` envelope or by itself. */
export const readCost: ResponseReader<Cost> = (body, onDrift) => {
  if (!isRecord(body) || !isRecord(body["data"])) return costSchema.read(body, onDrift);
  const isWithin = <I extends { readonly path: readonly (string | number)[] }>(issue: I): I => ({
    ...issue,
    path: ["data", ...issue.path],
  });
  const { model, unusable } = costSchema.read(body["data"], (issue) => onDrift(isWithin(issue)));
  return { model, unusable: unusable.map(isWithin) };
};

export const readCostPage: ResponseReader<Page<Cost>> = costPage.read;

/** Reads versions, in their envelope or as an array by itself. */
export const readVersionPage: ResponseReader<Page<CostVersion>> = (body, onDrift) =>
  versionPage.read(Array.isArray(body) ? { data: body } : body, onDrift);
