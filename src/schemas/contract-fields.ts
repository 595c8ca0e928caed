/** Readers of the fields that are sent and answered alike. */
import { AGGREGATIONS, COST_ID, CURRENCY, JSON_PATH, MERCHANT_ID, PRODUCT_ID } from "./contract.ts";
import { matching, oneOf } from "./reading.ts";

export const costId = matching(COST_ID, "cst_1");
export const productId = matching(PRODUCT_ID, "prod_1");
export const merchantId = matching(MERCHANT_ID, "org_1");
export const currency = matching(CURRENCY, "USD");
export const jsonPath = matching(JSON_PATH, "$.usage.tokens");
export const metered = oneOf(["metered"]);
export const aggregation = oneOf(AGGREGATIONS);
