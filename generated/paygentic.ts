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
        /** What a cost came to in a range of time */
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
         * @description An idempotency key sent again is accepted, and counted once.
         */
        post: operations["ingestEvent"];
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
             * @description The first instant of the window.
             */
            windowStart: Date | string;
            /**
             * Format: date-time
             * @description The first instant after it.
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
                 * @description The first instant of the report.
                 */
                from: Date | string;
                /**
                 * Format: date-time
                 * @description The first instant after it.
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
             * @description The first instant of the window.
             */
            windowStart: Date | string;
            /**
             * Format: date-time
             * @description The first instant after it.
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
            /** @description A URI that names the sender. */
            source: string;
            /** @description What was used; `valueProperty` and the dimensions' paths point into it. */
            data: {
                [key: string]: unknown;
            };
            /** @description The customer's id; wins over `externalSubject`. */
            subject?: string;
            /** @description Your own id of the customer. */
            externalSubject?: components["schemas"]["ExternalId"];
            /** @description The organization the event belongs to. */
            namespace?: components["schemas"]["MerchantId"];
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
        Error: {
            /** @description For people; never to be parsed. */
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
        /** @description There is no such cost. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description No metric or cost is configured for the event's type. */
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
        /** @description The first instant that counts. */
        From: Date | string;
        /** @description The first instant that counts no more. */
        To: Date | string;
        /** @description Only the events of this customer; without it, all of the merchant's. */
        Subject: string;
        /** @description The most costs in one answer. */
        ListLimit: number;
        /** @description How many rows to pass over. */
        Offset: number;
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
                /** @description The most costs in one answer. */
                limit?: components["parameters"]["ListLimit"];
                /** @description How many rows to pass over. */
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
                /** @description The first instant that counts. */
                from: components["parameters"]["From"];
                /** @description The first instant that counts no more. */
                to: components["parameters"]["To"];
                /** @description `cost`, `customer`, or a dimension of the one cost named by `costId`. */
                groupBy: string;
                /** @description Only the costs of this merchant. */
                merchantId?: components["schemas"]["MerchantId"];
                /** @description Only these costs; repeat the parameter for several. */
                costId?: components["schemas"]["CostId"][];
                /** @description Only the events of this customer; without it, all of the merchant's. */
                subject?: components["parameters"]["Subject"];
                /** @description A JSON object from dimension to value; at most 4,096 characters and 5 keys. */
                filterGroupBy?: string;
                /** @description How many groups to name; the rest is folded into `__other__`. */
                topN?: number;
                /** @description Whether to compare each group with the period before. */
                comparePriorPeriod?: boolean;
                /** @description The length of a window of the time series. */
                windowSize?: components["schemas"]["ReportWindow"];
                /** @description What the groups are ranked by. */
                sort?: "totalCost" | "totalQuantity";
                /** @description In which direction the rows are sorted. */
                sortDir?: "asc" | "desc";
                /** @description How many rows to pass over. */
                offset?: components["parameters"]["Offset"];
                /** @description The most groups in one answer. */
                limit?: number;
                /** @description Only the costs in this currency (ISO 4217). */
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
                /** @description The first instant that counts. */
                from: components["parameters"]["From"];
                /** @description The first instant that counts no more. */
                to: components["parameters"]["To"];
                /** @description Only the events of this customer; without it, all of the merchant's. */
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
}
