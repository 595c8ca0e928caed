import type { Perform } from "./requests.ts";

/** A request line: what one method of one path asks for. */
export interface RequestLine {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Relative to the base path. A name in braces stands for one segment that is not empty. */
  readonly path: string;
}

/** The operations of an API by their names: their request lines, and what carries them out. */
export type Routes<Operation extends string, Store> = Readonly<
  Record<Operation, RequestLine & { readonly perform: Perform<Store> }>
>;

/** What a request's method and path match. */
export type RouteMatch<Operation extends string> =
  | {
      readonly operation: Operation;
      /** The segments at the path's names, decoded. */
      readonly parameters: Readonly<Record<string, string>>;
    }
  /** A known path, under other methods only. */
  | { readonly allow: string };

const NAME = /^\{(\w+)\}$/;

/** A segment of a path; one that is wrongly encoded stays as it is, and is no id either. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The parameters of a path; undefined when the segments do not fit it. */
function parametersOf(
  path: string,
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const names = path.split("/");
  if (names.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const segment = segments[index] as string;
    const parameter = NAME.exec(name)?.[1];
    if (parameter === undefined ? segment !== name : segment === "") return undefined;
    if (parameter !== undefined) parameters[parameter] = segment;
  }
  return parameters;
}

/**
 * Finds what a request asks for; undefined where there is nothing at its path. The first path that fits is taken: one
 * with a word comes before one with a name in its place.
 */
export function matchRoute<Operation extends string>(
  routes: Readonly<Record<Operation, RequestLine>>,
  method: string,
  pathname: string,
): RouteMatch<Operation> | undefined {
  const all = Object.entries(routes) as [Operation, RequestLine][];
  const segments = pathname.split("/").map(decoded);
  const path = all.find(([, line]) => parametersOf(line.path, segments) !== undefined)?.[1].path;
  if (path === undefined) return undefined;
  const lines = all.filter(([, line]) => line.path === path);
  const [operation] = lines.find(([, line]) => line.method === method) ?? [];
  if (operation === undefined) return { allow: lines.map(([, line]) => line.method).join(", ") };
  return { operation, parameters: parametersOf(path, segments) ?? {} };
}
