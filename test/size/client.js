import { Paygentic } from "../../dist/browser/index.js";

const paygentic = new Paygentic({ baseUrl: "/api/paygentic" });
const cost = await paygentic.costs.create(globalThis.definition);
globalThis.shown = await paygentic.costs.summary(cost, globalThis.query);
