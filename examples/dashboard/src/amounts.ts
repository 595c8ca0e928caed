import { Decimal } from "metered-costs";

/** The sum, exact. */
export const sum = (amounts: Iterable<Decimal>): Decimal => {
  let total = new Decimal(0);
  for (const amount of amounts) total = total.plus(amount);
  return total;
};

const SIGNS: Readonly<Record<string, string>> = { USD: "$", EUR: "€", GBP: "£" };

/** An amount in two parts: what is read at a glance, and the digits beyond cents. */
export interface AmountText {
  readonly cents: string;
  readonly beyond: string;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Every digit of a quantity, such as `1,234,567.5`. */
export function quantityText(quantity: Decimal): string {
  const [whole = "", fraction] = quantity.toString().split(".");
  return fraction === undefined ? grouped(whole) : `${grouped(whole)}.${fraction}`;
}

/** Every digit of an amount of money, such as `$1,234.50` and `075`. */
export function amountText(amount: Decimal, currency: string): AmountText {
  const [whole = "", fraction = ""] = amount.abs().toString().split(".");
  const sign = amount.isNegative() ? "−" : "";
  const unit = SIGNS[currency] ?? `${currency} `;
  return {
    cents: `${sign}${unit}${grouped(whole)}.${fraction.slice(0, 2).padEnd(2, "0")}`,
    beyond: fraction.slice(2),
  };
}

/** The whole amount as one text. */
export function wholeAmount(amount: Decimal, currency: string): string {
  const { cents, beyond } = amountText(amount, currency);
  return cents + beyond;
}

/** How much of the whole, rounded to show: `12.5 %`. */
export function shareText(part: Decimal, whole: Decimal): string {
  return whole.isZero() ? "–" : `${part.times(100).dividedBy(whole).toFixed(1)} %`;
}

/** How an amount changed, rounded to show: `+12.5 %`; `new` where there was nothing before. */
export function changeText(now: Decimal, before: Decimal): string {
  if (before.isZero()) return now.isZero() ? "–" : "new";
  const percent = now.minus(before).times(100).dividedBy(before);
  return `${percent.isNegative() ? "−" : "+"}${percent.abs().toFixed(1)} %`;
}
