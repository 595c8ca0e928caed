/** The peers are not there when the types are checked: they are installed for a whole run only. */
declare module "@duckdb/node-api";
declare module "arquero";
declare module "chdb";
declare module "openai";
