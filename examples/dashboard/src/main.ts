import "@fontsource-variable/inter/wght.css";
import "./style.css";
import { Paygentic } from "metered-costs";
import { readMonth } from "./month.ts";
import { showBusy, showError, showMonth } from "./page.ts";

/** No key: the proxy of this page's own host adds it. */
const paygentic = new Paygentic({ baseUrl: "/api/paygentic" });

const form = document.querySelector<HTMLFormElement>("#choices");
const asked = new URLSearchParams(location.search);
let month = asked.get("month") ?? new Date().toISOString().slice(0, 7);
let customer = asked.get("customer") ?? undefined;
let reading = new AbortController();

/** Reads and shows what is chosen; whatever was on its way is called off. */
async function refresh(): Promise<void> {
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  showBusy();
  try {
    const costs = await readMonth(paygentic, month, customer, signal);
    if (!signal.aborted) showMonth(costs, customer);
  } catch (error) {
    if (!signal.aborted) showError(error);
  }
}

form?.addEventListener("change", () => {
  const chosen = new FormData(form);
  month = String(chosen.get("month")) || month;
  customer = String(chosen.get("customer")) || undefined;
  const address = new URLSearchParams({ month, ...(customer && { customer }) });
  history.replaceState(null, "", `?${address}`);
  refresh();
});
document.querySelector("#notice button")?.addEventListener("click", refresh);
const monthInput = document.querySelector<HTMLInputElement>("[name=month]");
if (monthInput !== null) monthInput.value = month;
refresh();
