import type { Parameters } from "./parameters.ts";
import type { Alias, Needs, Reading } from "./reading.ts";
import { quoted } from "./source.ts";

/** A double as ECMAScript writes it, of how ClickHouse does. */
const doubleText = (text: string): string =>
  `if(${text} = '-0', '0', replaceRegexpOne(${text}, 'e([0-9])', 'e+\\\\1'))`;
const NO_TEXT = "CAST(NULL, 'Nullable(String)')";
const NUMBERS = "('Int64', 'UInt64', 'Float64')";
const KNOWN = "('None', 'Bool', 'String', 'Int64', 'UInt64', 'Float64')";

/** Reads a column of the type JSON. */
export function readJsonColumn(column: string, needs: Needs, parameters: Parameters): Reading {
  const paths = [...(needs.value === undefined ? [] : [needs.value.path]), ...needs.dimensions];
  const members = paths.flatMap((path, index): Alias[] => [
    [
      `member_${index}`,
      `getSubcolumn(event.${quoted(column)}, ${parameters.text(path.join("."))})`,
    ],
    [`kind_${index}`, `dynamicType(member_${index})`],
    [`text_${index}`, `toString(member_${index})`],
  ]);
  const scalarText = (index: number, otherwise: string): string => `multiIf(
    kind_${index} = 'Float64', ${doubleText(`text_${index}`)},
    kind_${index} IN ('String', 'Bool', 'Int64', 'UInt64'), text_${index},
    ${otherwise})`;
  const unknown = paths.map(
    (_, index) => `NOT (kind_${index} IN ${KNOWN} OR startsWith(kind_${index}, 'Array('))`,
  );
  const { value } = needs;
  const isUnique = value?.role === "unique";
  // An object has no text here, and ClickHouse cannot say in which order its members stood.
  const trees = isUnique ? ["startsWith(kind_0, 'Array(')", "object_0 != '{}'"] : [];
  const objects: Alias[] = isUnique
    ? [
        [
          "object_0",
          `toString(getSubcolumn(event.${quoted(column)}, ${parameters.text(`^${value.path.map(quoted).join(".")}`)}))`,
        ],
      ]
    : [];
  const problems = [...unknown, ...trees];
  return {
    aliases: [...members, ...objects],
    ...(value?.role === "number" && {
      value: {
        kind: "text" as const,
        sql: `if(kind_0 = 'String' OR kind_0 IN ${NUMBERS}, text_0, ${NO_TEXT})`,
      },
    }),
    ...(isUnique && { value: { kind: "unique" as const, sql: scalarText(0, NO_TEXT) } }),
    dimensions: needs.dimensions.map((_, index) =>
      scalarText(index + (value === undefined ? 0 : 1), "''"),
    ),
    ...(problems.length > 0 && { isUnreadable: problems.join(" OR ") }),
    checks: [{ sql: `event.${quoted(column)}`, column, type: "json" }],
  };
}
