import { describe, expect, test } from "vitest";
import type { Issue } from "../../src/errors.ts";
import { Decimal } from "../../src/values/decimal.ts";
import { parseJson } from "../../src/values/lossless-json.ts";
import { ANSWERS, CONTRACT, judge } from "./comparison.ts";
import { contractSchemas, type Json, resolved } from "./contract-schemas.ts";
import { EXAMPLES } from "./examples.ts";

type Path = readonly (string | number)[];
type Tree = Record<string | number, unknown>;

/** A place in a payload, with what openapi.json says of it. */
interface Place {
  readonly path: Path;
  readonly schema: Json;
  readonly isRequired: boolean;
}
/** One change of a valid payload. */
interface Change {
  readonly name: string;
  readonly place: Place;
  readonly payload: unknown;
  /** What is there instead; `ABSENT` for nothing. */
  readonly value: unknown;
}

const ABSENT = Symbol("absent");
const OTHER_VALUES: readonly unknown[] = [null, 7, 0.5, true, "text", "12.5", [], {}];

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;
const schemaOf = (schema: unknown): Json => resolved(CONTRACT, schema);

/** Every place of a payload, each with its schema; the payload has every field that the contract has. */
function placesOf(value: unknown, schema: Json, path: Path = [], isRequired = true): Place[] {
  const here = { path, schema, isRequired };
  if (Array.isArray(value)) {
    const item = schemaOf(schema["items"]);
    return [here, ...value.flatMap((each, at) => placesOf(each, item, [...path, at], true))];
  }
  if (!isTree(value)) return [here];
  const properties = (schema["properties"] ?? {}) as Json;
  const required = (schema["required"] ?? []) as readonly string[];
  const inside = Object.entries(value).flatMap(([name, member]) => {
    const described = properties[name] ?? schema["additionalProperties"];
    return typeof described === "object" && described !== null
      ? placesOf(member, schemaOf(described), [...path, name], required.includes(name))
      : [];
  });
  return [here, ...inside];
}

/** The same tree with another value, or none, at one place. */
function changed(tree: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  const copy = (Array.isArray(tree) ? [...tree] : { ...(tree as Tree) }) as Tree;
  if (rest.length === 0 && value === ABSENT) delete copy[step];
  else copy[step] = changed(copy[step], rest, value);
  return copy;
}
const valueAt = (tree: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, step) => (value as Tree | undefined)?.[step], tree);

/** Whether there is money at a place or within it: a number that openapi.json calls decimal. */
const hasAmounts = (schema: Json): boolean => {
  if (schema["format"] === "decimal") return true;
  const inside = [
    ...Object.values((schema["properties"] ?? {}) as Json),
    schema["items"],
    schema["additionalProperties"],
  ];
  return inside.some((each) => isTree(each) && hasAmounts(schemaOf(each)));
};

function changesOf(payload: unknown, schema: Json): Change[] {
  return placesOf(payload, schema).flatMap((place): Change[] => {
    const { path, schema: here } = place;
    const at = path.join(".");
    const change = (name: string, to: Path, value: unknown): Change => ({
      name: `${at === "" ? "the whole" : at}: ${name}`,
      place: { ...place, path: to },
      payload: changed(payload, to, value),
      value,
    });
    const unknown = here["properties"] ? [change("unknown field", [...path, "novel"], 1)] : [];
    if (path.length === 0) return unknown;
    const dropped = typeof path.at(-1) === "string" ? [change("dropped", path, ABSENT)] : [];
    const others = OTHER_VALUES.map((value) => change(`is ${JSON.stringify(value)}`, path, value));
    return [...unknown, ...dropped, ...others];
  });
}

const SCHEMAS = contractSchemas(CONTRACT);

describe.each(Object.entries(ANSWERS))("%s with one change", (name, read) => {
  const payload = EXAMPLES.get(name);
  const readOf = (given: unknown) => {
    const drift: Issue[] = [];
    return { ...read(parseJson(JSON.stringify(given)), (issue) => drift.push(issue)), drift };
  };
  const { model: original } = readOf(payload);
  const changes = changesOf(payload, schemaOf(SCHEMAS.get(name)));

  test("there are changes of every kind", () => {
    expect(changes.length).toBeGreaterThan(50);
  });

  test.each(changes)("$name", ({ name: change, place, payload: given, value }) => {
    const { path, schema, isRequired } = place;
    const { model, drift, unusable } = readOf(given);
    const isAsPromised = judge({ schema: name, payload: given }).contract.length === 0;
    const paths = drift.map((issue) => issue.path);

    if (change.endsWith("unknown field")) {
      expect({ paths, unusable }).toEqual({ paths: [path], unusable: [] });
      expect(valueAt(model, path)).toBe(value);
      return;
    }
    const isAmount = schema["format"] === "decimal";
    const isDecimal = (typeof value === "number" || value === "12.5") && isAmount;
    if (isAsPromised && (!isAmount || value === null || value === ABSENT || isDecimal)) {
      expect({ drift, unusable }).toEqual({ drift: [], unusable: [] });
      return;
    }
    const isAbsence = value === null && !isRequired && !isAmount;
    if ((hasAmounts(schema) || isNeeded(name, path)) && !isDecimal && !isAbsence) {
      expect(unusable.length).toBeGreaterThan(0);
      for (const issue of unusable) expect(issue.path.slice(0, path.length)).toEqual(path);
      return;
    }
    expect(unusable).toEqual([]);
    const isObject = schema["properties"] !== undefined && JSON.stringify(value) === "{}";
    if (!isObject) expect(paths).toEqual([path]);
    else
      expect(new Set(paths.map((each) => each.slice(0, path.length).join()))).toEqual(
        new Set([path.join()]),
      );
    // The rest is as it was; what is new text stays, an amount is a Decimal, and anything else is undefined.
    const kept = valueAt(model, path);
    if (isDecimal) expect(kept).toEqual(new Decimal(value as string));
    else if (typeof value === "string" && schema["format"] !== "date-time" && isText(schema)) {
      expect(kept).toBe(value);
    } else if (!isDimension(path) && !isObject) expect(kept).toBeUndefined();
    expect(changed(model, path, null)).toEqual(changed(original, path, null));
  });
});

/**
 * What is needed as much as an amount: the rows of a page, without which a listing would end early, and what a row's
 * amounts are of.
 */
const isNeeded = (name: string, path: Path): boolean =>
  (name === "BillableMetricEventPage" && path.join() === "events") ||
  (name === "CostSummary" && path.join() === "groups,0,dimensions") ||
  (name === "BillableMetricMeter" && path.join() === "groupedValues,0,groupBy");
const isText = (schema: Json): boolean => [schema["type"]].flat().includes("string");
/** The value of a dimension becomes text where it has one. */
const isDimension = (path: Path): boolean => /^(?:dimensions|groupBy)$/.test(String(path.at(-2)));
