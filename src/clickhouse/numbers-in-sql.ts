/**
 * SQL that reads decimals from text. `text` is the SQL of a text: a column or a variable, as it is repeated.
 * Patterns are constants of ours; nothing of a caller's is in them.
 */

/** The most digits before and after the point of a number in ClickHouse: `Decimal(76, 38)`. */
export const PLACES = 38;

/** Nearly all numbers. Without alternatives, ClickHouse matches a pattern in a quarter of the time. */
const COMMON = "'^[+-]?[0-9]+(?:[.][0-9]*)?$'";
const USABLE = "'^[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?$'";
const DECIMAL = `Nullable(Decimal(76, ${PLACES}))`;

/** `body` with `name` standing for `value`, which is computed once. */
export function letIn(name: string, value: string, body: string): string {
  return `arrayMap(${name} -> ${body}, [${value}])[1]`;
}

/** Whether a text is a usable number: semantics' plain decimal, of whatever size. */
export function isUsable(text: string): string {
  return `match(${text}, ${USABLE})`;
}

/**
 * `body` of a usable number, with names for its parts. `sign` is its sign, and `digits` are its digits without zeros around
 * them, none for zero. `power` is the power of ten of the last digit: NULL where the text's own exceeds an Int64.
 *
 * One lambda and few functions: with four lambdas, one in the other, queries took a quarter longer to plan.
 */
function ofParts(text: string, body: string): string {
  const mantissa = `extract(${text}, '^[+-]?([0-9.]+)')`;
  const head = `replaceRegexpOne(replaceOne(${mantissa}, '.', ''), '0+$', '')`;
  // Behind the sign of the exponent a 0, which is all there is where the text has none.
  const exponent = `toInt64OrNull(replaceRegexpOne(${text}, '^[^eE]*[eE]?([+-]?)', '\\\\10'))`;
  const beforePoint = `length(extract(${text}, '^[+-]?([0-9]*)'))`;
  return `arrayMap((sign, digits, power) -> ${body},
      [if(startsWith(${text}, '-'), '-', '')],
      [replaceRegexpOne(${head}, '^0+', '')],
      [${exponent} + toInt64(${beforePoint}) - toInt64(length(${head}))])[1]`;
}

/** Of any usable number, what `Decimal(76, 38)` holds exactly. */
function carefulNumber(text: string): string {
  return ofParts(
    text,
    `multiIf(
      digits = '', CAST('0', '${DECIMAL}'),
      power >= -${PLACES} AND power <= ${PLACES} - toInt64(length(digits)), toDecimal256OrNull(concat(sign, digits, 'e', toString(power)), ${PLACES}),
      CAST(NULL, '${DECIMAL}'))`,
  );
}

/** The number that a text is: NULL where it is not usable, and where it is more than `Decimal(76, 38)` holds exactly. */
export function numberOf(text: string): string {
  return `multiIf(
    length(${text}) <= ${PLACES} AND match(${text}, ${COMMON}), toDecimal256OrNull(${text}, ${PLACES}),
    ${isUsable(text)}, ${carefulNumber(text)},
    CAST(NULL, '${DECIMAL}'))`;
}

/** The text of a JSON number as ECMAScript lays out digits, all of them kept; NULL for a power beyond an Int64. */
export function numberTextOf(literal: string): string {
  const point = "(length(digits) + power)";
  const mantissa =
    "if(length(digits) = 1, digits, concat(substring(digits, 1, 1), '.', substring(digits, 2)))";
  return ofParts(
    literal,
    `multiIf(
      digits = '', CAST('0', 'Nullable(String)'),
      isNull(power), CAST(NULL, 'Nullable(String)'),
      power >= 0 AND ${point} <= 21, concat(sign, digits, repeat('0', least(greatest(power, 0), 21))),
      ${point} > 0 AND ${point} <= 21, concat(sign, substring(digits, 1, greatest(${point}, 0)), '.', substring(digits, greatest(${point}, 0) + 1)),
      ${point} > -6 AND ${point} <= 0, concat(sign, '0.', repeat('0', least(greatest(-${point}, 0), 6)), digits),
      concat(sign, ${mantissa}, 'e', if(${point} - 1 < 0, '-', '+'), toString(abs(${point} - 1))))`,
  );
}
