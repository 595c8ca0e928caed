import type { KontorionOperation } from "../errors.ts";

/** A request line: a method, and a path relative to the base URL with `{productId}` and `{costId}` in it. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
}

/** A request line for each operation. */
export type Routes = Readonly<Record<KontorionOperation, Route>>;

/**
 * The request lines as `kontorion.openapi.json` has them. Published are the path of `listCosts` and `createCost`, and
 * the parameters in the other paths; methods and the order of the segments are inferred from Kontorion's other objects.
 */
export const ROUTES: Routes = {
  listCosts: { method: "GET", path: "/costs" },
  createCost: { method: "POST", path: "/costs" },
  listProductCosts: { method: "GET", path: "/products/{productId}/costs" },
  createProductCost: { method: "POST", path: "/products/{productId}/costs" },
  getCost: { method: "GET", path: "/products/{productId}/costs/{costId}" },
  updateCost: { method: "PUT", path: "/products/{productId}/costs/{costId}" },
  copyCost: { method: "POST", path: "/products/{productId}/costs/{costId}/copy" },
  listCostVersions: { method: "GET", path: "/costs/{costId}/versions" },
};

/** The table with the corrections in it. */
export function routesOf(
  corrections: { readonly [Name in KontorionOperation]?: Route | undefined } = {},
): Routes {
  const corrected = Object.entries(corrections).filter(([, route]) => route !== undefined);
  return { ...ROUTES, ...(Object.fromEntries(corrected) as Partial<Routes>) };
}
