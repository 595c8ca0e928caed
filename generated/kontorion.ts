// Made from kontorion.openapi.json by `npm run generate`; never edited by hand.
export interface paths {
    "/costs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the organization's active costs
         * @description The path is published, the method is inferred.
         */
        get: operations["listCosts"];
        put?: never;
        /**
         * Create a cost of the organization
         * @description The path is published, the method and the status are inferred. Version 1 is published at once.
         */
        post: operations["createCost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products/{productId}/costs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the active costs of a product
         * @description The request line is inferred.
         */
        get: operations["listProductCosts"];
        put?: never;
        /**
         * Create a cost of a product
         * @description The request line is inferred. The route decides that the cost belongs to the product.
         */
        post: operations["createProductCost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products/{productId}/costs/{costId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a cost
         * @description The path parameters are published, the rest of the request line is inferred.
         */
        get: operations["getCost"];
        /**
         * Change a cost, which publishes a version
         * @description The path parameters and the fields are published; the method is inferred from sibling objects. Answers the cost and not the version. Members that are left out stay as they are.
         */
        put: operations["updateCost"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products/{productId}/costs/{costId}/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Copy a cost into a new active one
         * @description The path parameters are published, the rest of the request line is inferred. No body is published.
         */
        post: operations["copyCost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/costs/{costId}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions of a cost
         * @description The parameters are published, the request line is inferred.
         */
        get: operations["listCostVersions"];
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
        /** Format: uuid */
        Uuid: string;
        /** @enum {string} */
        Scope: "ORG" | "PRODUCT";
        CostCreateParams: {
            /** @description The name by which formulas refer to the cost. */
            key: string;
            description?: string;
        };
        CostUpdateParams: {
            description?: string;
            /**
             * Format: date-time
             * @description When the new version takes effect; now when absent.
             */
            effective_at?: Date | string;
            /** @description Takes effect at once and makes no version; absent leaves it as it is. */
            requires_continuous_coverage?: boolean;
            /**
             * @description Keeps the new version as a draft.
             * @constant
             */
            save_as_draft?: true;
        };
        Cost: {
            id: components["schemas"]["Uuid"];
            organization_id?: string | null;
            product_id?: string | null;
            key?: string | null;
            description?: string | null;
            /** @description ORG or PRODUCT. */
            scope?: string | null;
            /** @description active or archived, in any case. */
            status?: string | null;
            /** @description The number of the version in force. */
            version?: number | null;
            head_version_id?: string | null;
            requires_continuous_coverage?: boolean | null;
            /**
             * Format: date-time
             * @description When it was archived.
             */
            archived_at?: Date | string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at?: Date | string | null;
            /**
             * Format: date-time
             * @description When it was changed last.
             */
            updated_at?: Date | string | null;
        };
        CostVersion: {
            id?: string | null;
            /** @description The number of the version, from 1: its identity. */
            version?: number | null;
            /** @description active, scheduled, draft or archived, in any case. */
            status?: string | null;
            /**
             * Format: date-time
             * @description Start, inclusive.
             */
            effective_from?: Date | string | null;
            /**
             * Format: date-time
             * @description End, exclusive; null or absent: open-ended.
             */
            effective_to?: Date | string | null;
            /**
             * Format: date-time
             * @description When it was published.
             */
            published_at?: Date | string | null;
            /** @description Its meaning and type are not published. */
            usage_count?: unknown;
            /** @description Its meaning and type are not published. */
            archived_reason?: unknown;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at?: Date | string | null;
            /** @description Its meaning and type are not published. */
            created_by?: unknown;
        };
        /** @description A cost, in an envelope or by itself. */
        CostEnvelope: {
            data: components["schemas"]["Cost"];
        } | components["schemas"]["Cost"];
        /** @description Its members are not published. */
        Pagination: {
            [key: string]: unknown;
        } | null;
        CostPage: {
            data: components["schemas"]["Cost"][];
            pagination?: components["schemas"]["Pagination"];
        };
        /** @description The versions, in an envelope or by themselves. */
        VersionPage: {
            data: components["schemas"]["CostVersion"][];
            pagination?: components["schemas"]["Pagination"];
        } | components["schemas"]["CostVersion"][];
        /** @description RFC 9457, with Kontorion's own members. */
        Problem: {
            type?: string;
            title?: string;
            status?: number;
            detail?: string;
            instance?: string;
            /** @description The field to switch on, in upper snake case. */
            code?: string;
            request_id?: string;
            entity_type?: string;
            entity_id?: string;
            expected_version?: number;
            current_version?: number;
            /** @description Of a validation error; its members are not published. */
            fields?: unknown[];
        };
    };
    responses: {
        /** @description Bad JSON, a required field missing, or an unknown enum value. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The key is missing, unknown or revoked. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The key lacks the permission, or its allowlist the address. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not there, or of another organization. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A duplicate, a version conflict, or an invalid transition. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Well formed, but against a business rule. */
        Unprocessable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The organization's rate limit. */
        RateLimited: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description An internal error, or something behind it is down. */
        ServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        ProductId: components["schemas"]["Uuid"];
        CostId: components["schemas"]["Uuid"];
        /** @description The size of a page; its bounds and default are not published. */
        Limit: number;
        /** @description Where the page begins; from the page before. */
        Cursor: string;
        /** @description Only costs of this scope. */
        Scope: components["schemas"]["Scope"];
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
                /** @description The size of a page; its bounds and default are not published. */
                limit?: components["parameters"]["Limit"];
                /** @description Where the page begins; from the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only costs of this scope. */
                scope?: components["parameters"]["Scope"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of active costs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostPage"];
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
                    "application/json": components["schemas"]["CostEnvelope"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    listProductCosts: {
        parameters: {
            query?: {
                /** @description The size of a page; its bounds and default are not published. */
                limit?: components["parameters"]["Limit"];
                /** @description Where the page begins; from the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only costs of this scope. */
                scope?: components["parameters"]["Scope"];
            };
            header?: never;
            path: {
                productId: components["parameters"]["ProductId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of active costs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostPage"];
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
    createProductCost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                productId: components["parameters"]["ProductId"];
            };
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
                    "application/json": components["schemas"]["CostEnvelope"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    getCost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                productId: components["parameters"]["ProductId"];
                costId: components["parameters"]["CostId"];
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
                    "application/json": components["schemas"]["CostEnvelope"];
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
    updateCost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                productId: components["parameters"]["ProductId"];
                costId: components["parameters"]["CostId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CostUpdateParams"];
            };
        };
        responses: {
            /** @description The cost. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostEnvelope"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    copyCost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                productId: components["parameters"]["ProductId"];
                costId: components["parameters"]["CostId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The copy. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostEnvelope"];
                };
            };
            /** @description The copy. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostEnvelope"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["RateLimited"];
            "5XX": components["responses"]["ServerError"];
        };
    };
    listCostVersions: {
        parameters: {
            query?: {
                /** @description Only versions of this lifecycle status; repeat it for several. */
                status?: string[];
            };
            header?: never;
            path: {
                costId: components["parameters"]["CostId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The versions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionPage"];
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
}
