/**
 * A store in a SQLite file, for queues whose events outlive the process.
 *
 * @module metered-costs/sqlite
 */

export type { EventStore, KeptEvent } from "../event-store.ts";
export { type SqliteStoreOptions, sqliteStore } from "./sqlite-store.ts";
