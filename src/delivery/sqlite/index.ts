export type { EventStore, KeptEvent } from "../event-store.ts";
export { type SqliteStoreOptions, sqliteStore } from "./sqlite-store.ts";
