import { Decimal } from "decimal.js";
import { DAY, dayName, FROM, groupName, TO, TOTAL, UNIT_COST } from "./question.ts";
import type { Reference } from "./reference.ts";

/** Of the events that ClickHouse makes: number `n` has the value `n % VALUES`, and the model `n % MODELS`. */
export const VALUES = 1_000;
export const MODELS = 7;
/** The last of so many is a copy of one so many before it. */
export const COPIES_EVERY = 500;
export const COPIES_AFTER = 250;

/** The right sums of so many made events, without their copies. */
export function madeReference(count: number): Reference {
  const days = new Array<number>((TO - FROM) / DAY).fill(0);
  const models = new Array<number>(MODELS).fill(0);
  for (let number = 0; number < count; number++) {
    if (number % COPIES_EVERY === COPIES_EVERY - 1) continue;
    const day = Math.floor((number * days.length) / count);
    const model = number % MODELS;
    days[day] = (days[day] ?? 0) + (number % VALUES);
    models[model] = (models[model] ?? 0) + (number % VALUES);
  }
  const row = (name: string, sum: number) =>
    [name, [String(sum), new Decimal(sum).times(UNIT_COST).toFixed()]] as const;
  return new Map([
    row(
      TOTAL,
      models.reduce((a, b) => a + b),
    ),
    ...models.map((sum, model) => row(groupName([`model-${model}`]), sum)),
    ...days.map((sum, day) => row(dayName(FROM / DAY + day), sum)),
  ]);
}
