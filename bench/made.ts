import { Decimal } from "decimal.js";
import { DAY, dayName, FROM, groupName, type Question, TO, TOTAL, UNIT_COST } from "./question.ts";
import type { Reference } from "./reference.ts";

/** Of the events that ClickHouse makes: number `n` has the value `n * STEP % VALUES` thousandths, and these dimensions. */
export const VALUES = 1_000_000;
export const STEP = 7_919;
export const MODELS = 7;
export const REGIONS = 5;
/** The last of so many is a copy of one so many before it, where there are copies. */
export const COPIES_EVERY = 500;
export const COPIES_AFTER = 250;

/** The right sums of so many made events, without their copies, by model or by model and region. */
export function madeReference(
  count: number,
  { groupBy }: Pick<Question, "groupBy">,
  hasCopies: boolean,
): Reference {
  const days = new Array<number>((TO - FROM) / DAY).fill(0);
  const regions = groupBy.includes("region") ? REGIONS : 1;
  const groups = new Array<number>(MODELS * regions).fill(0);
  for (let number = 0; number < count; number++) {
    if (hasCopies && number % COPIES_EVERY === COPIES_EVERY - 1) continue;
    const day = Math.floor((number * days.length) / count);
    const group = number % groups.length;
    const thousandths = (number * STEP) % VALUES;
    days[day] = (days[day] ?? 0) + thousandths;
    groups[group] = (groups[group] ?? 0) + thousandths;
  }
  const row = (name: string, thousandths: number) => {
    const sum = new Decimal(thousandths).div(1_000);
    return [name, [sum.toFixed(), sum.times(UNIT_COST).toFixed()]] as const;
  };
  // The two numbers of dimensions have no common divisor: the rest of their product is one pair of them.
  const names = (group: number) => [
    `model-${group % MODELS}`,
    ...(regions > 1 ? [`region-${group % REGIONS}`] : []),
  ];
  return new Map([
    row(
      TOTAL,
      groups.reduce((a, b) => a + b),
    ),
    ...groups.map((sum, group) => row(groupName(names(group)), sum)),
    ...days.map((sum, day) => row(dayName(FROM / DAY + day), sum)),
  ]);
}
