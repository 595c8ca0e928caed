import { uniqueText } from "../engine/event-values.ts";
import { defineMember, parseJson } from "../values/lossless-json.ts";

/** A text in which the escapes of JSON are still to be read, behind its mark. */
const textOf = (marked: string): string => JSON.parse(`"${marked.slice(1)}"`);

/** The tree that marked JSON stands for: texts behind `s`, numbers behind `n`. */
function unmarked(value: unknown): unknown {
  if (typeof value === "string") {
    return value.startsWith("n") ? parseJson(value.slice(1)) : textOf(value);
  }
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return value;
  const object = {};
  for (const [name, member] of Object.entries(value)) {
    defineMember(object, textOf(name), unmarked(member));
  }
  return object;
}

/** The text by which UNIQUE_COUNT tells a value of marked JSON from others. */
export function uniqueTextOfMarked(json: string): string | undefined {
  return uniqueText(unmarked(JSON.parse(json)));
}
