import { type Path, readAt } from "../summary/values.ts";
import { isJsonObject, ownMember } from "../values/json-form.ts";

/** How many members are looked at, and how deep, for what a path may have meant. */
const MOST_MEMBERS = 2_000;
const DEEPEST = 8;

const pathText = (path: Path): string => `$.${path.join(".")}`;
const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** How alike the ends of two paths are: 0 for not at all. */
function likeness(path: Path, wanted: Path): number {
  const name = path.at(-1) ?? "";
  const other = wanted.at(-1) ?? "";
  if (name === other) return 3;
  if (plainName(name) === plainName(other)) return 2;
  const [short = "", long = ""] = [plainName(name), plainName(other)].sort(
    (a, b) => a.length - b.length,
  );
  return short.length >= 3 && long.includes(short) ? 1 : 0;
}

/** The path in `data` that looks most like the one wanted and leads to something that counts. */
export function nearestPath(
  data: Readonly<Record<string, unknown>>,
  wanted: Path,
  counts: (value: unknown) => boolean,
): string | undefined {
  let best: { readonly path: Path; readonly likeness: number } | undefined;
  let looked = 0;
  const open: { readonly object: object; readonly path: Path }[] = [{ object: data, path: [] }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const name of Object.keys(next.object)) {
      if (++looked > MOST_MEMBERS) return best && pathText(best.path);
      const value = ownMember(next.object, name);
      const path = [...next.path, name];
      if (isJsonObject(value) && path.length < DEEPEST) open.push({ object: value, path });
      if (path.join(".") === wanted.join(".") || !/^\w+$/.test(name) || !counts(value)) continue;
      const alike = likeness(path, wanted);
      if (alike > (best?.likeness ?? 0)) best = { path, likeness: alike };
    }
  }
  return best && pathText(best.path);
}

/** Where a path ends too early, and at what: an array or a value that has no members; undefined where it is only missing. */
export function obstacleOn(
  data: Readonly<Record<string, unknown>>,
  wanted: Path,
): string | undefined {
  for (let depth = 1; depth < wanted.length; depth++) {
    const path = wanted.slice(0, depth);
    const kind = readAt(data, path, (value) => {
      if (Array.isArray(value)) return "an array, and paths do not lead into arrays";
      if (value === undefined) return "missing";
      return isJsonObject(value) ? undefined : "no object";
    });
    if (kind === "missing") return undefined;
    if (kind !== undefined) return `${pathText(path)} is ${kind}`;
  }
  return undefined;
}
