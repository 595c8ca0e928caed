import type { Operation } from "../errors.ts";

interface Route {
  readonly path: readonly string[];
  readonly operations: Readonly<Record<string, Operation>>;
}

/** What a request's method and path come to. */
export type RouteMatch =
  | {
      readonly operation: Operation;
      /** The `{id}` in the path, decoded; undefined where the path has none. */
      readonly id: string | undefined;
    }
  /** A known path, under other methods only. */
  | { readonly allow: string };

const ID = "{id}";

// The first that fits is taken: `report` comes before `{id}`.
const ROUTES: readonly Route[] = [
  { path: ["v0", "costs"], operations: { GET: "listCosts", POST: "createCost" } },
  { path: ["v0", "costs", "report"], operations: { GET: "getCostReport" } },
  {
    path: ["v0", "costs", ID],
    operations: { GET: "getCost", PATCH: "updateCost", DELETE: "deleteCost" },
  },
  { path: ["v0", "costs", ID, "summary"], operations: { GET: "getCostSummary" } },
  { path: ["v0", "events"], operations: { POST: "ingestEvent" } },
];

/** A segment of a path; one that is wrongly encoded stays as it is, and is no id either. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Finds what a request asks for; undefined where there is nothing at its path. */
export function matchRoute(method: string, pathname: string): RouteMatch | undefined {
  const segments = pathname.slice(1).split("/").map(decoded);
  const route = ROUTES.find(
    ({ path }) =>
      path.length === segments.length &&
      path.every((name, index) =>
        name === ID ? segments[index] !== "" : segments[index] === name,
      ),
  );
  if (route === undefined) return undefined;
  const operation = Object.hasOwn(route.operations, method) ? route.operations[method] : undefined;
  if (operation === undefined) return { allow: Object.keys(route.operations).join(", ") };
  const idAt = route.path.indexOf(ID);
  return { operation, id: idAt === -1 ? undefined : segments[idAt] };
}
