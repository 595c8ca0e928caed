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
 * A tuple of a usable number: whether it is negative, its digits without zeros around them (none for zero), and the power
 * of ten of the last digit. The last member says whether that power exceeds an Int64.
 */
function partsOf(text: string): string {
  const digits = "replaceOne(mantissa, '.', '')";
  const fraction = "if(position(mantissa, '.') = 0, 0, length(mantissa) - position(mantissa, '.'))";
  const parts = letIn(
    "mantissa",
    `extract(${text}, '^[+-]?([0-9.]+)')`,
    letIn(
      "power",
      `extract(${text}, '[eE]([+-]?[0-9]+)$')`,
      letIn(
        "head",
        `replaceRegexpOne(${digits}, '0+$', '')`,
        `(startsWith(${text}, '-'),
          replaceRegexpOne(head, '^0+', ''),
          ifNull(toInt64OrNull(power), 0) - ${fraction} + toInt64(length(${digits})) - toInt64(length(head)),
          power != '' AND isNull(toInt64OrNull(power)))`,
      ),
    ),
  );
  return parts;
}

/** Of any usable number, what `Decimal(76, 38)` holds exactly. */
function carefulNumber(text: string): string {
  const isHeld = `NOT n.4 AND n.3 >= -${PLACES} AND n.3 <= ${PLACES} AND n.3 + length(n.2) <= ${PLACES}`;
  return letIn(
    "n",
    partsOf(text),
    `multiIf(
      n.2 = '', CAST('0', '${DECIMAL}'),
      ${isHeld}, toDecimal256OrNull(concat(if(n.1, '-', ''), n.2, 'e', toString(n.3)), ${PLACES}),
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
  const sign = "if(n.1, '-', '')";
  const point = "(length(n.2) + n.3)";
  const mantissa = "if(length(n.2) = 1, n.2, concat(substring(n.2, 1, 1), '.', substring(n.2, 2)))";
  return letIn(
    "n",
    partsOf(literal),
    `multiIf(
      n.2 = '', CAST('0', 'Nullable(String)'),
      n.4, CAST(NULL, 'Nullable(String)'),
      n.3 >= 0 AND ${point} <= 21, concat(${sign}, n.2, repeat('0', least(greatest(n.3, 0), 21))),
      ${point} > 0 AND ${point} <= 21, concat(${sign}, substring(n.2, 1, greatest(${point}, 0)), '.', substring(n.2, greatest(${point}, 0) + 1)),
      ${point} > -6 AND ${point} <= 0, concat(${sign}, '0.', repeat('0', least(greatest(-${point}, 0), 6)), n.2),
      concat(${sign}, ${mantissa}, 'e', if(${point} - 1 < 0, '-', '+'), toString(abs(${point} - 1))))`,
  );
}
