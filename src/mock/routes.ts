import type { Operation } from "../errors.ts";

/** What one method of one path asks for. */
export interface Route {
  readonly operation: Operation;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** `{id}` stands for one segment that is not empty. */
  readonly path: string;
}

/** What a request's method and path match. */
export type RouteMatch =
  | {
      readonly operation: Operation;
      /** The `{id}` in the path, decoded; undefined where the path has none. */
      readonly id: string | undefined;
    }
  /** A known path, under other methods only. */
  | { readonly allow: string };

const ID = "{id}";

/** Every operation of the contract. The first path that fits is taken: `report` comes before `{id}`. */
export const ROUTES: readonly Route[] = [
  { operation: "listCosts", method: "GET", path: "/v0/costs" },
  { operation: "createCost", method: "POST", path: "/v0/costs" },
  { operation: "getCostReport", method: "GET", path: "/v0/costs/report" },
  { operation: "getCost", method: "GET", path: "/v0/costs/{id}" },
  { operation: "updateCost", method: "PATCH", path: "/v0/costs/{id}" },
  { operation: "deleteCost", method: "DELETE", path: "/v0/costs/{id}" },
  { operation: "getCostSummary", method: "GET", path: "/v0/costs/{id}/summary" },
  { operation: "ingestEvent", method: "POST", path: "/v0/events" },
  { operation: "getProfitability", method: "GET", path: "/v0/profitability" },
  { operation: "getRevenue", method: "GET", path: "/v0/revenue" },
  { operation: "getBillableMetricMeter", method: "GET", path: "/v0/billableMetrics/{id}/meter" },
  { operation: "listBillableMetricEvents", method: "GET", path: "/v0/billableMetrics/{id}/events" },
];

/** A segment of a path; one that is wrongly encoded stays as it is, and is no id either. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function fits(path: string, segments: readonly string[]): boolean {
  const names = path.split("/");
  return (
    names.length === segments.length &&
    names.every((name, at) => (name === ID ? segments[at] !== "" : segments[at] === name))
  );
}

/** Finds what a request asks for; undefined where there is nothing at its path. */
export function matchRoute(method: string, pathname: string): RouteMatch | undefined {
  const segments = pathname.split("/").map(decoded);
  const path = ROUTES.find((route) => fits(route.path, segments))?.path;
  if (path === undefined) return undefined;
  const routes = ROUTES.filter((route) => route.path === path);
  const route = routes.find((candidate) => candidate.method === method);
  if (route === undefined) return { allow: routes.map((each) => each.method).join(", ") };
  const idAt = path.split("/").indexOf(ID);
  return { operation: route.operation, id: idAt === -1 ? undefined : segments[idAt] };
}
