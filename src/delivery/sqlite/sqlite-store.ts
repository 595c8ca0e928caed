import { statSync } from "node:fs";
import { QueueError } from "../../errors.ts";
import { expecting, strictObject } from "../../schemas/fields.ts";
import { readInput } from "../../schemas/input.ts";
import type { EventStore, KeptEvent } from "../event-store.ts";
import { type Database, openDatabase, storeErrorOf, unusable } from "./database.ts";

/** Marks a file as ours, where SQLite has a place for it: "mcev". */
const APPLICATION_ID = 0x6d636576;
const VERSION = 1;

/** Where a store keeps its events. */
export interface SqliteStoreOptions {
  /** The file, on a local disk; made when there is none. SQLite adds one of the same name with `-wal` at its end. */
  readonly path: string;
}

// SQLite would keep some of these in memory, or in a file that it removes; a URI may name one in memory, too.
const filePath = /* @__PURE__ */ expecting<string>(
  "the path of a file, not a URI and not in memory",
  (given) =>
    typeof given === "string" && given !== "" && given !== ":memory:" && !/^file:/i.test(given),
);
const OPTIONS = /* @__PURE__ */ strictObject({ path: filePath });

/** Puts that are made safe together. */
interface Batch {
  readonly events: KeptEvent[];
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class SqliteStore implements EventStore {
  readonly #path: string;
  #isHeld = false;
  #database: Database | undefined;
  /** Which file was opened: its place on the disk. */
  #file: string | undefined;
  #batch: Batch | undefined;
  /** Ids whose event is to be forgotten. */
  #removals: number[] = [];
  #commit: ReturnType<typeof setImmediate> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<{ size: number; lastId: number }> {
    if (this.#isHeld) {
      throw new QueueError(
        `${this.#path} is in use by another queue of this process: give each queue a file of its own`,
        {
          code: "STORE_IN_USE",
        },
      );
    }
    this.#isHeld = true;
    let database: Database | undefined;
    try {
      database = await openDatabase(this.#path);
      prepareFile(database, this.#path);
      const row = database.prepare("SELECT count(*) AS size, max(id) AS lastId FROM events").get();
      const { size, lastId } = row as { size: number; lastId: number | null };
      this.#database = database;
      this.#file = placeOf(this.#path);
      return { size, lastId: lastId ?? 0 };
    } catch (error) {
      database?.close();
      this.#isHeld = false;
      throw storeErrorOf(error, this.#path);
    }
  }

  put(event: KeptEvent): Promise<void> {
    this.#batch ??= newBatch();
    this.#batch.events.push(event);
    this.#commitSoon();
    return this.#batch.done;
  }

  async read(after: number, count: number): Promise<KeptEvent[]> {
    const columns = "SELECT id, added_at AS addedAt, body FROM events";
    try {
      const page = this.#opened.prepare(`${columns} WHERE id > ? ORDER BY id LIMIT ?`);
      try {
        return page.all(after, count) as KeptEvent[];
      } catch {
        // One row that the driver cannot read would hide all others of the page.
        const ids = this.#opened
          .prepare("SELECT id FROM events WHERE id > ? ORDER BY id LIMIT ?")
          .all(after, count) as { readonly id: number }[];
        return ids.map(({ id }) => this.#readRow(`${columns} WHERE id = ?`, id));
      }
    } catch (error) {
      throw storeErrorOf(error, this.#path);
    }
  }

  #readRow(sql: string, id: number): KeptEvent {
    try {
      return this.#opened.prepare(sql).all(id)[0] as KeptEvent;
    } catch {
      return { id, addedAt: Date.now(), body: "" };
    }
  }

  async setAside(id: number): Promise<void> {
    try {
      const database = this.#opened;
      inTransaction(database, "BEGIN", () => {
        database.exec(
          "CREATE TABLE IF NOT EXISTS unreadable_events (id INTEGER, added_at INTEGER, body)",
        );
        database
          .prepare(
            "INSERT INTO unreadable_events SELECT id, added_at, body FROM events WHERE id = ?",
          )
          .run(id);
        database.prepare("DELETE FROM events WHERE id = ?").run(id);
      });
    } catch (error) {
      throw storeErrorOf(error, this.#path);
    }
  }

  /** Forgets with the next commit; one that fails is made up for by the one after. */
  async remove(id: number): Promise<void> {
    this.#removals.push(id);
    this.#commitSoon();
  }

  async close(): Promise<void> {
    if (this.#database === undefined) return;
    try {
      if (this.#commit !== undefined) this.#commitNow();
      if (this.#removals.length > 0) this.#write([], this.#removals);
    } catch (error) {
      throw storeErrorOf(error, this.#path);
    } finally {
      this.#removals = [];
      this.#database.close();
      this.#database = undefined;
      this.#isHeld = false;
    }
  }

  get #opened(): Database {
    if (this.#database !== undefined) return this.#database;
    throw new QueueError(`${this.#path} is not open: call open first`, { code: "STORE_FAILED" });
  }

  /** When all that is at hand now had its say: what it puts is made safe at once. */
  #commitSoon(): void {
    this.#commit ??= setImmediate(() => this.#commitNow());
  }

  #commitNow(): void {
    clearImmediate(this.#commit);
    this.#commit = undefined;
    const batch = this.#batch;
    const removals = this.#removals;
    this.#batch = undefined;
    this.#removals = [];
    try {
      this.#write(batch?.events ?? [], removals);
      batch?.resolve();
    } catch (error) {
      this.#removals = removals;
      batch?.reject(storeErrorOf(error, this.#path));
    }
  }

  #write(events: readonly KeptEvent[], removals: readonly number[]): void {
    if (placeOf(this.#path) !== this.#file) {
      throw new QueueError(
        `${this.#path} was deleted or replaced while the queue had it open: events that are added now would be lost. Close the queue and make a new one`,
        { code: "STORE_FAILED" },
      );
    }
    try {
      this.#transact(events, removals);
    } catch {
      // On a full disk the log is copied into the file, which makes room in the log.
      this.#opened.exec("PRAGMA wal_checkpoint(RESTART)");
      this.#transact(events, removals);
    }
  }

  #transact(events: readonly KeptEvent[], removals: readonly number[]): void {
    const database = this.#opened;
    // What is put waits for the disk; what is forgotten need not: it would be sent again, with its key.
    database.exec(`PRAGMA synchronous = ${events.length > 0 ? "FULL" : "NORMAL"}`);
    inTransaction(database, "BEGIN", () => {
      const insert = database.prepare("INSERT INTO events (id, added_at, body) VALUES (?, ?, ?)");
      for (const { id, addedAt, body } of events) insert.run(id, addedAt, body);
      const remove = database.prepare("DELETE FROM events WHERE id = ?");
      for (const id of removals) remove.run(id);
    });
  }
}

/** Which file is at a path; undefined when there is none. */
function placeOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

function newBatch(): Batch {
  let resolve = (): void => undefined;
  let reject: Batch["reject"] = () => undefined;
  const done = new Promise<void>((resolveDone, rejectDone) => {
    resolve = resolveDone;
    reject = rejectDone;
  });
  return { events: [], done, resolve, reject };
}

/** Does all of the work, or none of it. */
function inTransaction(database: Database, begin: string, work: () => void): void {
  database.exec(begin);
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // Some errors have rolled back already.
    }
    throw error;
  }
}

/** Takes hold of a file for as long as it is open, and makes it a store of ours when it is empty. */
function prepareFile(database: Database, path: string): void {
  // The lock of the file is the operating system's: it ends with the process, however that ends.
  database.exec("PRAGMA busy_timeout = 0");
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  inTransaction(database, "BEGIN EXCLUSIVE", () => {
    const tables = read(database, "SELECT count(*) FROM sqlite_schema");
    const isNew = tables === 0 && read(database, "PRAGMA application_id") === 0;
    if (isNew) {
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${VERSION}`);
      database.exec(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, added_at INTEGER NOT NULL, body TEXT NOT NULL) STRICT",
      );
    } else if (read(database, "PRAGMA application_id") !== APPLICATION_ID) {
      throw unusable(path, "it is a database of something else");
    } else {
      const version = read(database, "PRAGMA user_version");
      if (Number(version) > VERSION) {
        throw unusable(path, "it was made by a later version of metered-costs");
      }
      if (version !== VERSION) throw unusable(path, `its version is unknown: ${version}`);
    }
    if (read(database, "PRAGMA quick_check(1)") !== "ok") throw unusable(path, "it is damaged");
  });
  database.exec("PRAGMA journal_mode = WAL");
}

/** The one value that a statement gives. */
function read(database: Database, sql: string): unknown {
  return Object.values(database.prepare(sql).get() as object)[0];
}

/**
 * A store for `events.queue` in a SQLite file. Once `add` has resolved, the event survives a crash of the process. It also
 * survives a power loss if the disk keeps what it reports as written (SQLite's WAL with `synchronous = FULL`). Events
 * that are added at the same time share one write.
 *
 * It needs `node:sqlite` (Node 22.13 or later, Deno) or else the package better-sqlite3; without both, the queue's
 * methods reject with a `QueueError`, `STORE_DRIVER_MISSING`. A file belongs to one queue at a time, on one host: while a
 * process holds it, another one gets `STORE_IN_USE`; however the process ends, the file is free. A file that is damaged
 * (found by SQLite's `quick_check` when it is opened), or is something else, is `STORE_UNUSABLE`, and is left as it was.
 * An event that cannot be read is moved to the table `unreadable_events` of the same file. When the file is deleted or
 * replaced while it is open, `add` rejects with `STORE_FAILED`.
 *
 * Throws an `InvalidInputError` for something else than the path of a file: `:memory:` and URIs are refused.
 *
 * @example
 * ```ts
 * import { Paygentic } from "metered-costs";
 * import { sqliteStore } from "metered-costs/sqlite";
 *
 * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
 * const queue = paygentic.events.queue({ store: sqliteStore({ path: "usage-events.sqlite" }) });
 * process.once("SIGTERM", () => queue.close());
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): EventStore {
  return new SqliteStore(readInput(OPTIONS, options, "sqliteStore: the store cannot be made").path);
}
