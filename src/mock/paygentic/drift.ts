import { Decimal } from "../../values/decimal.ts";
import type { DriftKind } from "../faults.ts";

type Body = Readonly<Record<string, unknown>>;

/** The number that a dollar has in ISO 4217. */
const CURRENCY_NUMBER = 840;

/** What an answer is about; a cost and its summary both say `object: "cost"`. */
function subjectOf(body: Body): "cost" | "list" | "summary" | "report" | "receipt" | "error" {
  switch (body["object"]) {
    case "list":
      return "data" in body ? "list" : "receipt";
    case "cost_report":
      return "report";
    case "event":
      return "receipt";
    case "cost":
      return "unitCost" in body ? "cost" : "summary";
    default:
      return typeof body["object"] === "string" ? "receipt" : "error";
  }
}

function unknownMember(body: Body): Body {
  switch (subjectOf(body)) {
    case "cost":
      return { aggregation: "MEDIAN" };
    case "summary":
      return { type: "tiered" };
    case "report":
    case "receipt":
      return { object: `${body["object"]}_2` };
    case "error":
      return { error: "moved_on" };
    case "list":
      return {};
  }
}

function numberForString(body: Body): Body {
  switch (subjectOf(body)) {
    case "cost":
      return { unitCost: new Decimal(String(body["unitCost"])) };
    case "summary":
    case "report":
      return { currency: CURRENCY_NUMBER };
    case "receipt":
      return { id: 1 };
    case "error":
      return { message: 1 };
    case "list":
      return {};
  }
}

const CHANGES: Readonly<Record<DriftKind, (body: Body) => Body>> = {
  "unknown-field": () => ({ addedLater: true }),
  "unknown-member": unknownMember,
  "number-for-string": numberForString,
};

/** The fields of an answer's body as an API would give them that has moved on from the contract. */
export const drifted = (body: Body, drift: DriftKind): object => CHANGES[drift](body);
