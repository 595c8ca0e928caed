import { isCostsError } from "metered-costs";
import { amountText, changeText, quantityText, shareText, sum, wholeAmount } from "./amounts.ts";
import { drawDays, drawModels } from "./charts.ts";
import type { MonthCosts } from "./month.ts";

function element<T extends HTMLElement>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** An element with text or elements in it: never with HTML, whatever a customer calls itself. */
function make(tag: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...content);
  return made;
}

function amount(...[value, currency]: Parameters<typeof amountText>): HTMLElement {
  const { cents, beyond } = amountText(value, currency);
  return make("span", "amount", cents, make("span", "beyond", beyond));
}

const main = element("main");
const notice = element("#notice");
const costs = element("#costs");

function show(section: HTMLElement): void {
  notice.hidden = section !== notice;
  costs.hidden = section !== costs;
  main.ariaBusy = "false";
}

function say(title: string, text: string, kind: "error" | "empty"): void {
  element("#notice h2").textContent = title;
  element("#notice p").textContent = text;
  element("#notice button").hidden = kind === "empty";
  notice.className = `card ${kind}`;
  show(notice);
}

/** What is seen while a month is read: what was there before, faded. */
export function showBusy(): void {
  main.ariaBusy = "true";
}

/** What went wrong, in words that its reader can pass on. */
export function showError(error: unknown): void {
  const code = isCostsError(error) ? error.code : "UNEXPECTED";
  const id = isCostsError(error) && "requestId" in error ? error.requestId : undefined;
  const text =
    code === "FORBIDDEN"
      ? "You are not signed in, or may not see costs."
      : "Nothing is lost: the costs are kept, only this page could not read them.";
  const facts = id === undefined ? String(code) : `${code}, request ${id}`;
  say("The costs could not be read", `${text} (${facts})`, "error");
}

function total(name: string, value: string | Node, note: string): HTMLElement {
  return make("div", "", make("dt", "", name), make("dd", "", value), make("dd", "note", note));
}

function showTotals(month: MonthCosts, customer: string | undefined): void {
  const { total: cost, totalBefore, currency, days, models, customers } = month;
  const [top] = models;
  const all = sum(customers.map((each) => each.cost));
  element(".totals").replaceChildren(
    total("Total cost", amount(cost, currency), `${days.length} days, UTC`),
    total(
      `Against the ${days.length} days before`,
      changeText(cost, totalBefore),
      totalBefore.isZero() ? "Nothing before" : wholeAmount(totalBefore, currency),
    ),
    total(
      "Highest model",
      top?.model ?? "–",
      top === undefined ? "" : `${shareText(top.cost, cost)} of the total`,
    ),
    customer === undefined
      ? total(
          "Customers with usage",
          String(customers.filter((each) => !each.cost.isZero()).length),
          "In this month",
        )
      : total("Share of all customers", shareText(cost, all), wholeAmount(all, currency)),
  );
}

function row(cells: readonly (string | Node)[], tag = "td"): HTMLElement {
  return make("tr", "", ...cells.map((cell, column) => make(column === 0 ? "th" : tag, "", cell)));
}

function showModels({ currency, costs: metered, models, total: cost }: MonthCosts): void {
  const units = metered.map(({ name, unitCost }) =>
    make("span", "", name, make("small", "", `at ${wholeAmount(unitCost, currency)}`)),
  );
  element("#models").replaceChildren(
    make("thead", "", row(["Model", ...units, "Cost", "Share", "Change"], "th")),
    make(
      "tbody",
      "",
      ...models.map((model) =>
        row([
          model.model,
          ...metered.map(({ id }) => {
            const quantity = model.quantities.get(id);
            return quantity === undefined ? "–" : quantityText(quantity);
          }),
          amount(model.cost, currency),
          shareText(model.cost, cost),
          changeText(model.cost, model.costBefore),
        ]),
      ),
    ),
    make(
      "tfoot",
      "",
      row(["Total", ...metered.map(() => ""), amount(cost, currency), shareText(cost, cost), ""]),
    ),
  );
}

function showCustomers({ currency, customers }: MonthCosts, chosen: string | undefined): void {
  const highest = customers[0]?.cost;
  const rows = customers.map(({ customer, cost }) => {
    const bar = document.createElement("meter");
    bar.max = highest?.toNumber() || 1;
    bar.value = cost.toNumber();
    const made = row([customer, bar, amount(cost, currency)]);
    if (customer === chosen) made.className = "chosen";
    return made;
  });
  element("#customers").replaceChildren(make("tbody", "", ...rows));
}

/** Fills the list of customers, and keeps the one that is chosen. */
function showChoices({ customers }: MonthCosts, chosen: string | undefined): void {
  const names = customers.map(({ customer }) => customer).filter((name) => name !== "__other__");
  if (chosen !== undefined && !names.includes(chosen)) names.push(chosen);
  const option = (value: string, text: string): HTMLOptionElement => {
    const made = new Option(text, value);
    made.selected = value === (chosen ?? "");
    return made;
  };
  element<HTMLSelectElement>("[name=customer]").replaceChildren(
    option("", "All customers"),
    ...names.sort().map((name) => option(name, name)),
  );
}

/** Shows a month, of one customer or of all. */
export function showMonth(month: MonthCosts, customer: string | undefined): void {
  showChoices(month, customer);
  if (month.models.every(({ cost }) => cost.isZero())) {
    const whose = customer === undefined ? "" : ` of ${customer}`;
    say("Nothing was used", `There is no usage${whose} in this month.`, "empty");
    return;
  }
  show(costs);
  showTotals(month, customer);
  showModels(month);
  showCustomers(month, customer);
  drawDays(element("#by-day"), month);
  drawModels(element("#by-model"), month);
}
