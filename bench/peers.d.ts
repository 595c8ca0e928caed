/** The peers are not there when the types are checked: they are installed for a whole run only. */
declare module "@clickhouse/client" {
  export interface ClickHouseClient {
    command(params: { readonly query: string }): Promise<unknown>;
    query(params: {
      readonly query: string;
      readonly query_params?: Record<string, unknown>;
      readonly query_id?: string;
      readonly format: string;
    }): Promise<{ json(): Promise<unknown> }>;
    close(): Promise<void>;
  }
  export function createClient(options: {
    readonly url: string;
    readonly database?: string;
    readonly request_timeout?: number;
    readonly clickhouse_settings?: Record<string, unknown>;
  }): ClickHouseClient;
}
declare module "@duckdb/node-api";
declare module "arquero";
declare module "chdb";
declare module "openai";
