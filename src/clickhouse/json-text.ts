import type { Path } from "../engine/event-values.ts";
import { literal } from "./literal.ts";
import { letIn, numberTextOf } from "./numbers-in-sql.ts";
import type { Parameters } from "./parameters.ts";
import type { Needs, Reading } from "./row-reading.ts";
import { EVENT, quoted } from "./source.ts";

/**
 * Reads the members of JSON text. ClickHouse's own functions pass fractions through a double and take the first of
 * repeated names where JSON.parse takes the last. They return nothing for a document with one number or escape that they
 * cannot read. So a document is read with them only where none of that can matter. The slow way marks every string with
 * `s`, quotes every number after an `n`, and doubles all escapes, so that the engine interprets nothing.
 */
type Role = "number" | "dimension" | "unique";
interface Used {
  readonly path: Path;
  readonly role: Role;
}

const TOKEN =
  '"(?:[^"\\\\\\x00-\\x1f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"' +
  "|-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?" +
  '|[^"0-9-]+|["-]';
const BACKSLASH = literal("\\");

/** The document with its strings and numbers marked. */
function marked(tokens: string): string {
  const escaped = ["\\", '"'].reduce(
    (text, character) => `replaceAll(${text}, ${literal(character)}, ${literal(`\\${character}`)})`,
    "substring(t, 2, length(t) - 2)",
  );
  const mark = `multiIf(
    length(t) > 1 AND startsWith(t, '"'), concat('"s', ${escaped}, '"'),
    match(t, '^-?[0-9]'), concat('"n', t, '"'),
    t)`;
  return `arrayStringConcat(arrayMap(t -> ${mark}, ${tokens}))`;
}

const isEscaped = (text: string): string => `position(${text}, ${BACKSLASH}) > 0`;
const asList = (text: string): string => `concat('["', ${text}, '"]')`;
/** What a JSON string means whose escapes are still in it. */
const unescaped = (text: string): string =>
  `if(${isEscaped(text)}, JSONExtractString(${asList(text)}, 1), ${text})`;

/** The value at each path as the engine lays out marked JSON; empty where there is none. */
function walks(document: string, paths: readonly Path[], parameters: Parameters) {
  const member = `arrayLast(m -> ${unescaped("substring(m.1, 2)")} = name, JSONExtractKeysAndValuesRaw(object)).2`;
  const names = paths.map((path) => `[${path.map((name) => parameters.text(name)).join(", ")}]`);
  return `arrayMap(path -> arrayFold((object, name) -> ${member}, path, ${document}), [${names.join(", ")}])`;
}

const NO_TEXT = "CAST(NULL, 'Nullable(String)')";
const LITERAL_OF_RAW = "substring(raw, 3, length(raw) - 3)";
/** The text of a marked string, in which `s` stands for what is still escaped; NULL where it is half a surrogate pair. */
function textOfMarked(body: string): string {
  return letIn(
    "s",
    "substring(JSONExtractString(concat('[', raw, ']'), 1), 2)",
    `if(${isEscaped("s")} AND NOT isValidJSON(${asList("s")}), ${NO_TEXT}, ${body})`,
  );
}

/** The value of `raw` in its role. */
function slowValue(role: Role): string {
  const isNumber = `startsWith(raw, '"n')`;
  const isText = `startsWith(raw, '"s')`;
  const isBoolean = "raw IN ('true', 'false')";
  switch (role) {
    case "number":
      return `multiIf(${isNumber}, ${LITERAL_OF_RAW}, ${isText}, ${textOfMarked(unescaped("s"))}, ${NO_TEXT})`;
    case "dimension":
      return `multiIf(
        ${isNumber}, ${numberTextOf(LITERAL_OF_RAW)},
        ${isText}, ${textOfMarked(unescaped("s"))},
        ${isBoolean} OR raw = 'null', raw,
        '')`;
    case "unique":
      // Texts that look like trees are told apart from trees outside, with them.
      return `multiIf(
        ${isNumber}, ${numberTextOf(LITERAL_OF_RAW)},
        ${isText}, ${textOfMarked(letIn("u", unescaped("s"), `if(${looksLikeTree("u")}, ${NO_TEXT}, u)`))},
        ${isBoolean}, raw,
        ${NO_TEXT})`;
  }
}

const looksLikeTree = (text: string): string => `substring(${text}, 1, 1) IN ('{', '[')`;

/** A tuple: whether the document cannot be read, each used value, and what UNIQUE_COUNT leaves to be told apart outside. */
function slowRoad(text: string, used: readonly Used[], parameters: Parameters): string {
  const raws = walks(
    "document",
    used.map(({ path }) => path),
    parameters,
  );
  // One expression for all dimensions: the engine takes its time to understand each.
  const value = used[0]?.role === "dimension" ? undefined : used[0]?.role;
  const dimensions = `arrayMap(raw -> ${slowValue("dimension")}, ${value === undefined ? "raws" : "arraySlice(raws, 2)"})`;
  const read = used.map(({ role }, index) => {
    if (role !== "dimension") return "value";
    return `dimensions[${value === undefined ? index + 1 : index}]`;
  });
  const isLeft = "isNull(value) AND raws[1] != 'null'";
  const problems = [
    `arrayStringConcat(tokens) != ${text}`,
    "NOT isValidJSON(document)",
    "JSONType(document) != 'Object'",
    "arrayExists(text -> isNull(text), dimensions)",
  ];
  const answer = `tuple(toUInt8(${problems.join(" OR ")}), ${read.join(", ")}, ${value === "unique" ? `if(${isLeft}, raws[1], '')` : "''"})`;
  const withDimensions = letIn(
    "dimensions",
    used.some(({ role }) => role === "dimension") ? dimensions : "[]::Array(Nullable(String))",
    answer,
  );
  const withValue =
    value === undefined
      ? withDimensions
      : letIn("value", letIn("raw", "raws[1]", slowValue(value)), withDimensions);
  return letIn(
    "tokens",
    `extractAll(${text}, ${literal(TOKEN)})`,
    letIn("document", marked("tokens"), letIn("raws", raws, withValue)),
  );
}

/**
 * What follows a name whose value is no number, or a number that a double keeps: two patterns, since ClickHouse takes
 * twice as long for one with alternatives.
 */
const SURELY_HELD = ['^\\s*:\\s*["tfn{[]', "^\\s*:\\s*-?[0-9.]{1,15}[,}\\s]"];

/** Whether a member is there more than once: JSON.parse takes the last, ClickHouse the first. */
function isRepeated(document: string, place: Path, parameters: Parameters): string {
  const parents = place.slice(0, -1).map((parent) => `, ${parameters.text(parent)}`);
  const keys = `JSONExtractKeys(${document}${parents.join("")})`;
  return `countEqual(${keys}, ${parameters.text(place.at(-1) ?? "")}) > 1`;
}

/** Whether the engine's own functions might say something else than JSON.parse of a document. */
function isDoubtful(
  document: string,
  used: readonly Used[],
  fast: readonly string[],
  parameters: Parameters,
): string {
  const afterName = (path: Path): string => {
    const name = `"${path.at(-1)}"`;
    const end = `position(${document}, ${parameters.text(name)}) + ${name.length}`;
    return `substring(${document}, ${end})`;
  };
  // A number of more digits than a double keeps, or (as text) written otherwise than ECMAScript writes it.
  const long = used.flatMap(({ path, role }, index) => {
    const text = fast[index] ?? "";
    const name = `"${path.at(-1)}"\\s*:\\s*-?`;
    if (role === "number") {
      // All of the document is looked at only where the name stands in it a second time.
      const pattern = parameters.text(`${name}(?:[0-9.]{16}|[0-9.]+[eE])`);
      const isHeld = SURELY_HELD.map((held) => `match(${afterName(path)}, ${literal(held)})`);
      const again = `position(${afterName(path)}, ${parameters.text(`"${path.at(-1)}"`)}) > 0`;
      return [
        `isNotNull(${text}) AND NOT (${isHeld.join(" OR ")})`,
        `${again} AND (match(${document}, ${pattern}) OR ${isRepeated(document, path, parameters)})`,
      ];
    }
    const pattern = parameters.text(`${name}(?:[0-9]+[.eE]|[0-9]{16})`);
    const looksLikeNumber = `match(substring(ifNull(${text}, ''), 1, 1), '[-0-9]')`;
    return [
      `${looksLikeNumber} AND match(${document}, ${pattern})`,
      `ifNull(${looksLikeTree(text)}, 0)`,
    ];
  });
  const places = new Map<string, Path>();
  for (const { path, role } of used) {
    for (const [depth] of path.entries()) {
      const place = path.slice(0, depth + 1);
      if (role !== "number" || place.length < path.length) places.set(place.join("."), place);
    }
  }
  const repeats = [...places.values()].map((place) => {
    const name = parameters.text(`"${place.at(-1)}"`);
    return `countSubstrings(${document}, ${name}) > 1 AND ${isRepeated(document, place, parameters)}`;
  });
  // By `greatest` and `+`, since behind OR and AND the engine would extract again what it has extracted already.
  const found = fast.map((text) => `isNotNull(${text})`).join(" + ");
  const conditions = [
    `(${found}) = 0 AND NOT isValidJSON(${document})`,
    `NOT startsWith(${document}, '{')`,
    `position(${document}, ${literal("\\u00")}) > 0`,
    ...long,
    ...repeats,
  ];
  return `greatest(${conditions.join(", ")})`;
}

/** Reads the text layout. */
export function readJsonText(column: string, needs: Needs, parameters: Parameters): Reading {
  const used: Used[] = [
    ...(needs.value === undefined ? [] : [{ path: needs.value.path, role: needs.value.role }]),
    ...needs.dimensions.map((path) => ({ path, role: "dimension" as const })),
  ];
  const document = `${EVENT}.${quoted(column)}`;
  const checks = [{ sql: document, column, type: "text" as const }];
  if (used.length === 0) return { aliases: [], dimensions: [], checks };

  // One look at the document for all members of its top; a name below is not looked for in arrays.
  const top = used.filter(({ path }) => path.length === 1).map(({ path }) => path[0] ?? "");
  const shape = [...new Set(top)].map((name) => `\`${name}\` Nullable(String)`).join(", ");
  const topMembers = `JSONExtract(${document}, ${parameters.text(`Tuple(${shape})`)})`;
  const fast = used.map(({ path }) =>
    path.length === 1
      ? `tupleElement(${topMembers}, ${parameters.text(path[0] ?? "")})`
      : `JSONExtract(${document}, ${path.map((name) => parameters.text(name)).join(", ")}, 'Nullable(String)')`,
  );
  const fastValues = used.map(({ path, role }, index) => {
    const text = fast[index] ?? "";
    if (role !== "dimension") return text;
    const keys = path.map((name) => parameters.text(name)).join(", ");
    return `multiIf(isNotNull(${text}), ${text}, JSONHas(${document}, ${keys}), 'null', '')`;
  });
  const fastRoad = `tuple(toUInt8(0), ${fastValues.map((value) => `CAST(${value}, 'Nullable(String)')`).join(", ")}, '')`;
  const isDoubtfulNow = isDoubtful(document, used, fast, parameters);
  const [rest, ...members] = [used.length, ...used.keys()].map(
    (index) => `members_read.${index + 2}`,
  );
  const value = needs.value === undefined ? undefined : members.shift();
  return {
    aliases: [],
    once: [
      "members_read",
      `if(${isDoubtfulNow}, ${slowRoad(document, used, parameters)}, ${fastRoad})`,
    ],
    ...(value !== undefined && {
      value:
        needs.value?.role === "unique"
          ? { kind: "unique", sql: value, ...(rest !== undefined && { rest }) }
          : { kind: "text", sql: value },
    }),
    dimensions: members.map((member) => `assumeNotNull(${member})`),
    isUnreadable: "members_read.1",
    checks,
  };
}
