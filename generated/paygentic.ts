// Made from openapi.json by `npm run generate`; never edited by hand.
import type { DecimalInput } from "../src/values/decimal.ts";
export interface paths {
    "/v0/costs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List costs, one page at a time */
        get: operations["listCosts"];
        put?: never;
        /** Create a metered cost */
        post: operations["createCost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/costs/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Report on many costs at once
         * @description Limited to 600 requests a minute.
         */
        get: operations["getCostReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/costs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The cost's id. */
                id: components["schemas"]["CostId"];
            };
            cookie?: never;
        };
        /** Read a cost */
        get: operations["getCost"];
        put?: never;
        post?: never;
        /**
         * Delete a cost
         * @description A soft delete: what was metered stays.
         */
        delete: operations["deleteCost"];
        options?: never;
        head?: never;
        /**
         * Change a cost
         * @description Type, product and merchant cannot change.
         */
        patch: operations["updateCost"];
        trace?: never;
    };
    "/v0/costs/{id}/summary": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The cost's id. */
                id: components["schemas"]["CostId"];
            };
            cookie?: never;
        };
        /** Summarize a cost over a time range */
        get: operations["getCostSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a usage event
         * @description An idempotency key that is sent again is accepted and counted once. The type is checked first: a known key does not excuse an unknown type.
         */
        post: operations["ingestEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/profitability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare revenue and cost of each customer
         * @description Customers are ranked by profit, highest first. Costs of subjects that are no customer of the merchant are left out, so the total cost can be lower than a report's.
         */
        get: operations["getProfitability"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/revenue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Summarize revenue over a time range
         * @description At least one of `merchantId`, `customerId` and `subscriptionIds` is required.
         */
        get: operations["getRevenue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/billableMetrics/{id}/meter": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The billable metric's id. */
                id: components["schemas"]["BillableMetricId"];
            };
            cookie?: never;
        };
        /** Measure the usage of a billable metric */
        get: operations["getBillableMetricMeter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v0/billableMetrics/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The billable metric's id. */
                id: components["schemas"]["BillableMetricId"];
            };
            cookie?: never;
        };
        /** List the events stored for a billable metric, newest first */
        get: operations["listBillableMetricEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        CostId: string;
        ProductId: string;
        MerchantId: string;
        BillableMetricId: string;
        ExternalId: string;
        /** @description A path of plain names into an event's `data`, such as `$.usage.tokens`. */
        JsonPath: string;
        /** @description An ISO 4217 code. */
        Currency: string;
        /** @enum {string} */
        Aggregation: "SUM" | "COUNT" | "AVG" | "MIN" | "MAX" | "UNIQUE_COUNT" | "LATEST";
        /** @enum {string} */
        SummaryWindow: "MINUTE" | "HOUR" | "DAY";
        /** @enum {string} */
        ReportWindow: "HOUR" | "DAY" | "MONTH";
        /** @enum {string} */
        MeterWindow: "MINUTE" | "HOUR" | "DAY" | "MONTH";
        /** @enum {string} */
        BucketWidth: "hour" | "day" | "week";
        SummaryFilter: {
            [key: string]: string;
        };
        ReportFilter: {
            [key: string]: string;
        };
        /** @description Dimension names, each with the path of its value. */
        Dimensions: {
            [key: string]: components["schemas"]["JsonPath"];
        };
        CostCreateParams: {
            /** @constant */
            type: "metered";
            name: string;
            /**
             * Format: decimal
             * @description The cost of one unit; multiplied by the measured quantity.
             */
            unitCost: DecimalInput;
            currency: components["schemas"]["Currency"];
            productId: components["schemas"]["ProductId"];
            /** @description The CloudEvents type of the events to meter. */
            eventType: string;
            aggregation: components["schemas"]["Aggregation"];
            valueProperty?: components["schemas"]["JsonPath"];
            groupBy?: components["schemas"]["Dimensions"];
            /** @description A label such as `token`. */
            unit?: string;
            /** @description The API key's own merchant when absent. */
            merchantId?: components["schemas"]["MerchantId"];
        };
        CostUpdateParams: {
            name?: string;
            /**
             * Format: decimal
             * @description The cost of one unit.
             */
            unitCost?: DecimalInput;
            currency?: components["schemas"]["Currency"];
            unit?: string | null;
            /** @enum {string|null} */
            aggregation?: "SUM" | "COUNT" | "AVG" | "MIN" | "MAX" | "UNIQUE_COUNT" | "LATEST" | null;
            eventType?: string | null;
            valueProperty?: string | null;
            groupBy?: {
                [key: string]: components["schemas"]["JsonPath"];
            } | null;
        };
        Cost: {
            id: components["schemas"]["CostId"];
            /** @constant */
            object: "cost";
            /** @constant */
            type: "metered";
            name: string;
            currency: components["schemas"]["Currency"];
            /**
             * Format: decimal
             * @description The cost of one unit, as decimal text.
             */
            unitCost: DecimalInput;
            productId: components["schemas"]["ProductId"];
            merchantId: components["schemas"]["MerchantId"];
            unit?: string | null;
            /** @enum {string|null} */
            aggregation?: "SUM" | "COUNT" | "AVG" | "MIN" | "MAX" | "UNIQUE_COUNT" | "LATEST" | null;
            eventType?: string | null;
            valueProperty?: string | null;
            groupBy?: {
                [key: string]: components["schemas"]["JsonPath"];
            } | null;
            /**
             * Format: date-time
             * @description When the cost was created.
             */
            createdAt: Date | string;
            /**
             * Format: date-time
             * @description When the cost was last changed.
             */
            updatedAt: Date | string;
            /**
             * Format: date-time
             * @description When the cost was deleted; null while it is active.
             */
            deletedAt?: Date | string | null;
        };
        Pagination: {
            limit: number;
            offset: number;
            total: number;
        };
        CostPage: {
            /** @constant */
            object: "list";
            data: components["schemas"]["Cost"][];
            pagination: components["schemas"]["Pagination"];
        };
        CostSummary: {
            /** @constant */
            object: "cost";
            id: components["schemas"]["CostId"];
            name: string;
            /** @constant */
            type: "metered";
            currency: components["schemas"]["Currency"];
            eventType?: string;
            /**
             * Format: decimal
             * @description Null when usage could not be computed.
             */
            totalCost: DecimalInput | null;
            /** Format: decimal */
            totalQuantity?: DecimalInput | null;
            /** @description With `groupBy` only. */
            groups?: components["schemas"]["CostSummaryGroup"][];
            /** @description With `window` only. */
            timeSeries?: components["schemas"]["CostSummaryWindow"][];
        };
        CostSummaryGroup: {
            dimensions: {
                [key: string]: string;
            };
            /**
             * Format: decimal
             * @description The group's quantity.
             */
            quantity: DecimalInput;
            /**
             * Format: decimal
             * @description The group's cost.
             */
            cost: DecimalInput;
        };
        CostSummaryWindow: {
            /**
             * Format: date-time
             * @description The inclusive start of the window.
             */
            windowStart: Date | string;
            /**
             * Format: date-time
             * @description The exclusive end of the window.
             */
            windowEnd: Date | string;
            /**
             * Format: decimal
             * @description The window's quantity.
             */
            quantity: DecimalInput;
            /**
             * Format: decimal
             * @description The window's cost.
             */
            cost: DecimalInput;
        };
        CostReport: {
            /** @constant */
            object: "cost_report";
            currency: components["schemas"]["Currency"];
            period: {
                /**
                 * Format: date-time
                 * @description The inclusive start of the report.
                 */
                from: Date | string;
                /**
                 * Format: date-time
                 * @description The exclusive end of the report.
                 */
                to: Date | string;
            };
            groupBy: string;
            /**
             * Format: decimal
             * @description Over all groups, not only the top.
             */
            totalCost: DecimalInput;
            /**
             * Format: decimal
             * @description Over all groups.
             */
            totalQuantity: DecimalInput;
            groups: components["schemas"]["CostReportGroup"][];
            timeSeries: components["schemas"]["CostReportWindow"][];
            availableDimensions: string[];
            pagination: components["schemas"]["Pagination"];
            warnings?: string[];
        };
        CostReportGroup: {
            /** @description A cost's id, a customer's id, a dimension's value, or `__other__`. */
            key: string;
            label: string;
            /**
             * Format: decimal
             * @description The group's cost.
             */
            totalCost: DecimalInput;
            /**
             * Format: decimal
             * @description The group's quantity.
             */
            totalQuantity: DecimalInput;
            /**
             * Format: decimal
             * @description The group's share of the total cost, 0 to 100.
             */
            percentOfTotal: DecimalInput;
            isOther: boolean;
            unit?: string | null;
            priorPeriod?: {
                /**
                 * Format: decimal
                 * @description The cost in the period before.
                 */
                cost: DecimalInput;
                /** Format: decimal */
                changePercent: DecimalInput | null;
            } | null;
        };
        CostReportWindow: {
            /**
             * Format: date-time
             * @description The inclusive start of the window.
             */
            windowStart: Date | string;
            /**
             * Format: date-time
             * @description The exclusive end of the window.
             */
            windowEnd: Date | string;
            /** @description Group key to cost. */
            groups: {
                [key: string]: DecimalInput;
            };
        };
        EventIngestParams: components["schemas"]["EventFields"] & ({
            subject: string;
        } | {
            externalSubject: components["schemas"]["ExternalId"];
        });
        EventFields: {
            /** @description The CloudEvents type. */
            type: string;
            /** @description The sender: a URI or a plain name such as `gateway`. */
            source: string;
            /** @description What was used; `valueProperty` and the dimensions' paths point into it. */
            data: {
                [key: string]: unknown;
            };
            /** @description The customer's id; wins over `externalSubject`. */
            subject?: string;
            /** @description Your own id of the customer. */
            externalSubject?: components["schemas"]["ExternalId"];
            /** @description The organization that the event belongs to; the API key's own when absent. */
            namespace?: string;
            /**
             * Format: date-time
             * @description When it was used; the server's time when absent.
             */
            timestamp?: Date | string;
            /** @description The same key is counted once; one is generated when absent. */
            idempotencyKey?: string;
            externalId?: components["schemas"]["ExternalId"];
        };
        EventReceipt: {
            id?: string;
            /** @constant */
            object?: "event";
            type?: string;
            source?: string;
            subject?: string;
            externalSubject?: string;
            namespace?: string;
            /**
             * Format: date-time
             * @description The event's time.
             */
            timestamp?: Date | string;
            idempotencyKey?: string;
            externalId?: string;
        };
        ProfitabilitySummary: {
            /** @constant */
            object: "profitability_summary";
            currency: components["schemas"]["Currency"];
            /** @description Ranked by profit, highest first; the row of the other customers is last. */
            rows: components["schemas"]["ProfitabilityRow"][];
            /** @description Costs that could not be queried. */
            warnings?: string[];
        };
        ProfitabilityRow: {
            /** @description The customer's id, or `other` for all customers that are not listed. */
            customerId: string;
            customerName: string;
            /**
             * Format: decimal
             * @description Paid and outstanding revenue, with two decimals.
             */
            netRevenue: DecimalInput;
            /**
             * Format: decimal
             * @description What the customer cost, with two decimals.
             */
            totalCost: DecimalInput;
            /**
             * Format: decimal
             * @description Revenue minus cost, with two decimals; may be negative.
             */
            profit: DecimalInput;
            /**
             * Format: decimal
             * @description The profit in percent of the revenue; null without revenue.
             */
            marginPct: DecimalInput | null;
            /** @description The revenue over time. */
            trend: {
                values: DecimalInput[];
                /**
                 * Format: decimal
                 * @description The change over the time range, in percent.
                 */
                periodChange: DecimalInput | null;
            } | null;
        };
        RevenueSummary: {
            /** @constant */
            object: "revenue_summary";
            /**
             * Format: decimal
             * @description Paid invoices and completed payments minus refunds.
             */
            netRevenue?: DecimalInput;
            /**
             * Format: decimal
             * @description The refunded amount.
             */
            totalRefunds?: DecimalInput;
            refundCount?: number;
            /**
             * Format: decimal
             * @description The rebated amount.
             */
            totalRebates?: DecimalInput;
            rebateCount?: number;
            invoices?: components["schemas"]["RevenueInvoices"];
            payments?: components["schemas"]["RevenuePayments"];
            trend?: components["schemas"]["RevenueBucket"][];
            /** @description With `groupBy` of `plan` or `customer` only. */
            groupBreakdown?: components["schemas"]["RevenueGroup"][];
            /** @description With `groupBy` of `currency` only. */
            currencyBreakdown?: components["schemas"]["RevenueCurrency"][];
        };
        RevenueTotal: {
            count?: number;
            /**
             * Format: decimal
             * @description In currency units.
             */
            amount?: DecimalInput;
        };
        RevenueInvoices: {
            issued?: components["schemas"]["RevenueTotal"];
            outstanding?: components["schemas"]["RevenueTotal"];
            paid?: components["schemas"]["RevenueTotal"];
            writtenOff?: components["schemas"]["RevenueTotal"];
        };
        RevenuePayments: {
            completedCount?: number;
            /**
             * Format: decimal
             * @description In currency units.
             */
            completedAmount?: DecimalInput;
            pendingCount?: number;
            /**
             * Format: decimal
             * @description In currency units.
             */
            pendingAmount?: DecimalInput;
            expiredCount?: number;
            /**
             * Format: decimal
             * @description In currency units.
             */
            expiredAmount?: DecimalInput;
        };
        RevenueBucket: {
            /**
             * Format: date-time
             * @description The start of the bucket.
             */
            timestamp?: Date | string;
            /**
             * Format: decimal
             * @description Invoices issued in the bucket.
             */
            issuedInvoices?: DecimalInput;
            /**
             * Format: decimal
             * @description Invoices written off in the bucket.
             */
            writtenOffInvoices?: DecimalInput;
            /**
             * Format: decimal
             * @description Payments completed in the bucket.
             */
            completedPayments?: DecimalInput;
            groupBreakdown?: components["schemas"]["RevenueBucketGroup"][];
        };
        RevenueBucketGroup: {
            groupKey?: string;
            groupLabel?: string;
            /**
             * Format: decimal
             * @description Invoices issued to the group in the bucket.
             */
            issuedInvoices?: DecimalInput;
        };
        RevenueGroup: {
            groupKey?: string;
            groupLabel?: string;
            outstanding?: components["schemas"]["RevenueTotal"];
            paid?: components["schemas"]["RevenueTotal"];
            writtenOff?: components["schemas"]["RevenueTotal"];
        };
        RevenueCurrency: {
            currency?: components["schemas"]["Currency"];
            /**
             * Format: decimal
             * @description Paid invoices and completed payments minus refunds.
             */
            netRevenue?: DecimalInput;
            invoices?: components["schemas"]["RevenueInvoices"];
            payments?: components["schemas"]["RevenuePayments"];
        };
        BillableMetricMeter: {
            /** @constant */
            object: "meter";
            billableMetricId: components["schemas"]["BillableMetricId"];
            /**
             * Format: decimal
             * @description The value over the whole time range; null when there is nothing to aggregate.
             */
            totalValue: DecimalInput | null;
            /** @description With `windowSize` only. */
            windowedValues?: components["schemas"]["BillableMetricMeterWindow"][];
            /** @description With `groupBy` only. */
            groupedValues?: components["schemas"]["BillableMetricMeterGroup"][];
            /** @description The number of groups before `groupLimit` and `groupOffset`. */
            groupCount?: number;
        };
        BillableMetricMeterWindow: {
            /**
             * Format: date-time
             * @description The inclusive start of the window.
             */
            windowStart: Date | string;
            /**
             * Format: date-time
             * @description The exclusive end of the window.
             */
            windowEnd: Date | string;
            /**
             * Format: decimal
             * @description The window's value.
             */
            value: DecimalInput;
        };
        BillableMetricMeterGroup: {
            groupBy: {
                [key: string]: string;
            };
            /**
             * Format: decimal
             * @description The group's value.
             */
            value: DecimalInput;
            eventCount?: number;
        };
        BillableMetricEventPage: {
            /** @constant */
            object: "list";
            billableMetricId: components["schemas"]["BillableMetricId"];
            events: components["schemas"]["BillableMetricEvent"][];
            pagination: components["schemas"]["Pagination"];
        };
        BillableMetricEvent: {
            id: string;
            /** @constant */
            object: "meterEvent";
            type: string;
            source: string;
            /** @description The customer's id; empty while the event is matched to no customer. */
            subject: string;
            /**
             * Format: date-time
             * @description When the usage happened.
             */
            time: Date | string;
            idempotencyKey: string;
            /** @description As it was sent. */
            data: {
                [key: string]: unknown;
            };
            externalId?: string;
            externalSubject?: string;
        };
        Error: {
            /** @description For people; do not parse it. */
            message: string;
            /** @description A coarse category such as `bad_request`. */
            error?: string;
            /** @description The business code to branch on, such as `TAX_NOT_ENABLED`. */
            code?: string;
            details?: {
                [key: string]: unknown;
            };
        };
        FieldError: {
            field: string;
            message: string;
            code?: string;
        };
        ValidationError: {
            message: string;
            errors: components["schemas"]["FieldError"][];
            /** @constant */
            error?: "validation_error";
        };
    };
    responses: {
        /** @description The request is wrong: either a plain error, or one with the fields that are wrong. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ValidationError"] | components["schemas"]["Error"];
            };
        };
        /** @description The API key is missing or not valid. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The API key may not do this. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description No such cost. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description No metric or cost is configured for the event's type (`error: "invalid_event_type"`). */
        UnprocessableEntity: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Too many requests; try again later. */
        RateLimited: {
            headers: {
                /** @description When to try again: seconds, or an HTTP date. May be absent. */
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The server failed. The body may be absent or no JSON. */
        ServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: {
        /** @description The inclusive start of the time range. */
        From: Date | string;
        /** @description The exclusive end of the time range. */
        To: Date | string;
        /** @description Only the events of this customer; all of the merchant's when absent. */
        Subject: string;
        /** @description The maximum number of costs in one response. */
        ListLimit: number;
        /** @description How many rows to skip. */
        Offset: number;
        /** @description The length of a bucket of the trend; chosen by the server when absent. */
        BucketWidth: components["schemas"]["BucketWidth"];
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listCosts: {
        parameters: {
            query?: {
                /** @description Only the costs of this merchant. */
                merchantId?: components["schemas"]["MerchantId"];
                /** @description Only the costs of this product. */
                productId?: components["schemas"]["ProductId"];
                /** @description The maximum number of costs in one response. */
                limit?: components["parameters"]["ListLimit"];
                /** @description How many rows to skip. */
                offset?: components["parameters"]["Offset"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of costs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostPage"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    createCost: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CostCreateParams"];
            };
        };
        responses: {
            /** @description The cost as created. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cost"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    getCostReport: {
        parameters: {
            query: {
                /** @description The inclusive start of the time range. */
                from: components["parameters"]["From"];
                /** @description The exclusive end of the time range. */
                to: components["parameters"]["To"];
                /** @description `cost`, `customer`, or a dimension of the one cost named by `costId`. */
                groupBy: string;
                /** @description Only the costs of this merchant; the API key's own when absent. */
                merchantId?: string;
                /** @description Only these costs; repeat the parameter for several. */
                costId?: string[];
                /** @description Only the events of this customer; all of the merchant's when absent. */
                subject?: components["parameters"]["Subject"];
                /** @description A JSON object from dimension to value; at most 4,096 characters and 5 keys. */
                filterGroupBy?: string;
                /** @description How many groups to return by name; the others are combined into `__other__`. */
                topN?: number;
                /** @description Whether to compare each group with the period before. */
                comparePriorPeriod?: boolean;
                /** @description The length of a window of the time series. */
                windowSize?: components["schemas"]["ReportWindow"];
                /** @description What the groups are ranked by. */
                sort?: "totalCost" | "totalQuantity";
                /** @description In which direction the rows are sorted. */
                sortDir?: "asc" | "desc";
                /** @description How many rows to skip. */
                offset?: components["parameters"]["Offset"];
                /** @description The maximum number of groups in one response. */
                limit?: number;
                /** @description Only the costs in this currency (ISO 4217); the merchant's primary currency when absent. */
                currency?: components["schemas"]["Currency"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    getCost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The cost's id. */
                id: components["schemas"]["CostId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cost. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cost"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    deleteCost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The cost's id. */
                id: components["schemas"]["CostId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted; no body. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    updateCost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The cost's id. */
                id: components["schemas"]["CostId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CostUpdateParams"];
            };
        };
        responses: {
            /** @description The cost as changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cost"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    getCostSummary: {
        parameters: {
            query: {
                /** @description The inclusive start of the time range. */
                from: components["parameters"]["From"];
                /** @description The exclusive end of the time range. */
                to: components["parameters"]["To"];
                /** @description Only the events of this customer; all of the merchant's when absent. */
                subject?: components["parameters"]["Subject"];
                /** @description Dimension names, separated by commas. */
                groupBy?: string;
                /** @description The length of a window of the time series, aligned to UTC. */
                window?: components["schemas"]["SummaryWindow"];
                /** @description A JSON object from dimension to value; every dimension must be one of the cost's. */
                filterGroupBy?: string;
            };
            header?: never;
            path: {
                /** @description The cost's id. */
                id: components["schemas"]["CostId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The summary. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostSummary"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    ingestEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventIngestParams"];
            };
        };
        responses: {
            /** @description The event was accepted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventReceipt"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    getProfitability: {
        parameters: {
            query: {
                /** @description The merchant whose customers to compare. */
                merchantId: components["schemas"]["MerchantId"];
                /** @description The inclusive start of the time range. */
                from: components["parameters"]["From"];
                /** @description The exclusive end of the time range. */
                to: components["parameters"]["To"];
                /** @description How many customers to return by name; the others are combined into one row with the id `other`. */
                topN?: number;
                /** @description The currency of the amounts (ISO 4217); the merchant's primary currency when absent. */
                currency?: components["schemas"]["Currency"];
                /** @description The length of a bucket of the trend; chosen by the server when absent. */
                bucketWidth?: components["parameters"]["BucketWidth"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customers and their profit. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProfitabilitySummary"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    getRevenue: {
        parameters: {
            query: {
                /** @description The inclusive start of the time range. */
                startTime: Date | string;
                /** @description The exclusive end of the time range. */
                endTime: Date | string;
                /** @description Only the revenue of this merchant. */
                merchantId?: components["schemas"]["MerchantId"];
                /** @description Only the revenue from this customer. */
                customerId?: string;
                /** @description Only the revenue from these subscriptions; repeat the parameter for several. */
                subscriptionIds?: string[];
                /** @description The length of a bucket of the trend. */
                bucketWidth?: components["schemas"]["BucketWidth"];
                /** @description Only the revenue in this currency (ISO 4217); all currencies when absent. */
                currency?: components["schemas"]["Currency"];
                /** @description What to break the amounts down by. With `currency`, the amounts are in `currencyBreakdown` only. */
                groupBy?: "plan" | "customer" | "currency";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The revenue. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevenueSummary"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    getBillableMetricMeter: {
        parameters: {
            query: {
                /** @description The inclusive start of the time range. */
                from: components["parameters"]["From"];
                /** @description The exclusive end of the time range. */
                to: components["parameters"]["To"];
                /** @description Only the events of this customer; all of the merchant's when absent. */
                subject?: components["parameters"]["Subject"];
                /** @description The length of a window of `windowedValues`. */
                windowSize?: components["schemas"]["MeterWindow"];
                /** @description A JSON object from dimension to value; every dimension must be one of the metric's. */
                filterGroupBy?: string;
                /** @description Dimension names, separated by commas: `subject`, and those that the metric defines. */
                groupBy?: string;
                /** @description The maximum number of groups in one response. */
                groupLimit?: number;
                /** @description How many groups to skip; needs `groupLimit`. */
                groupOffset?: number;
            };
            header?: never;
            path: {
                /** @description The billable metric's id. */
                id: components["schemas"]["BillableMetricId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The measured usage. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillableMetricMeter"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    listBillableMetricEvents: {
        parameters: {
            query: {
                /** @description The inclusive start of the time range. */
                from: components["parameters"]["From"];
                /** @description The exclusive end of the time range. */
                to: components["parameters"]["To"];
                /** @description Only the events of this customer; all of the merchant's when absent. */
                subject?: components["parameters"]["Subject"];
                /** @description Only the events with this id of the customer in your own system. */
                externalSubject?: components["schemas"]["ExternalId"];
                /** @description Only the event with this external id. */
                externalId?: components["schemas"]["ExternalId"];
                /** @description The maximum number of events in one response. */
                limit?: number;
                /** @description How many rows to skip. */
                offset?: components["parameters"]["Offset"];
            };
            header?: never;
            path: {
                /** @description The billable metric's id. */
                id: components["schemas"]["BillableMetricId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillableMetricEventPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
}
