import type { Parameters } from "./parameters.ts";
import type { Alias, Needs, Reading } from "./row-reading.ts";
import { EVENT, quoted } from "./source.ts";

/** A double as ECMAScript writes it, of how ClickHouse does. */
const doubleText = (text: string): string =>
  `if(${text} = '-0', '0', replaceRegexpOne(${text}, 'e([0-9])', 'e+\\\\1'))`;
const NO_TEXT = "CAST(NULL, 'Nullable(String)')";
/** Those without a type hint are of 64 bits. */
const INTEGERS = ["", "U"].flatMap((sign) => [8, 16, 32, 64].map((bits) => `'${sign}Int${bits}'`));
const SCALARS = `('String', 'Bool', ${INTEGERS.join(", ")})`;
const KNOWN = `('None', 'String', 'Bool', 'Float64', ${INTEGERS.join(", ")})`;

/** Reads a column of the type JSON; a member with a type hint is cast to what the others are. */
export function readJsonColumn(column: string, needs: Needs, parameters: Parameters): Reading {
  const paths = [...(needs.value === undefined ? [] : [needs.value.path]), ...needs.dimensions];
  const subcolumns = paths.map(
    (path) => `getSubcolumn(${EVENT}.${quoted(column)}, ${parameters.text(path.join("."))})`,
  );
  const members = subcolumns.flatMap((subcolumn, index): Alias[] => [
    [`member_${index}`, `CAST(${subcolumn}, 'Dynamic')`],
    [`kind_${index}`, `dynamicType(member_${index})`],
    [`text_${index}`, `toString(member_${index})`],
  ]);
  const scalarText = (index: number, otherwise: string): string => `multiIf(
    kind_${index} = 'Float64', ${doubleText(`text_${index}`)},
    kind_${index} IN ${SCALARS}, text_${index},
    ${otherwise})`;
  const { value } = needs;
  const isUnique = value?.role === "unique";
  // The text of a Decimal is not always that of the number in ECMAScript.
  const isNumber = (index: number): boolean => index === 0 && value?.role === "number";
  const unknown = paths.map((_, index) => {
    const decimal = isNumber(index) ? ` OR startsWith(kind_${index}, 'Decimal(')` : "";
    return `NOT (kind_${index} IN ${KNOWN} OR startsWith(kind_${index}, 'Array(')${decimal})`;
  });
  // An object has no text here, and ClickHouse cannot say in which order its members stood.
  const trees = isUnique ? ["startsWith(kind_0, 'Array(')", "object_0 != '{}'"] : [];
  const objects: Alias[] = isUnique
    ? [
        [
          "object_0",
          `toString(getSubcolumn(${EVENT}.${quoted(column)}, ${parameters.text(`^${value.path.map(quoted).join(".")}`)}))`,
        ],
      ]
    : [];
  const problems = [...unknown, ...trees];
  return {
    aliases: [...members, ...objects],
    ...(value?.role === "number" && {
      value: {
        kind: "text" as const,
        sql: `if(kind_0 != 'Bool' AND (kind_0 IN ${KNOWN} OR startsWith(kind_0, 'Decimal(')), text_0, ${NO_TEXT})`,
      },
    }),
    ...(isUnique && { value: { kind: "unique" as const, sql: scalarText(0, NO_TEXT) } }),
    dimensions: needs.dimensions.map((_, index) =>
      scalarText(index + (value === undefined ? 0 : 1), "''"),
    ),
    ...(problems.length > 0 && { isUnreadable: problems.join(" OR ") }),
    checks: [
      { sql: `${EVENT}.${quoted(column)}`, column, type: "json" },
      ...subcolumns.map((sql, index) => ({
        sql,
        column: `${column}.${paths[index]?.join(".")}`,
        type: "member" as const,
      })),
    ],
  };
}
