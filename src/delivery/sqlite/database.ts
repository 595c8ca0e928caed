import { QueueError } from "../../errors.ts";
import { messageOf } from "../../values/record.ts";

/** What `node:sqlite` and better-sqlite3 have in common. */
export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: readonly (string | number)[]): unknown;
    get(): unknown;
    all(...values: readonly (string | number)[]): unknown[];
  };
  close(): void;
}
type DatabaseClass = new (path: string) => Database;

/** The first byte of SQLite's result codes that mean something to us. */
const BUSY = 5;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const CODES: Readonly<Record<string, number>> = {
  SQLITE_BUSY: BUSY,
  SQLITE_CORRUPT: CORRUPT,
  SQLITE_NOTADB: NOT_A_DATABASE,
};

/** The result code of an error: `node:sqlite` has it as a number, better-sqlite3 as its name. */
function resultCode(error: unknown): number | undefined {
  const { code, errcode } = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    errcode?: unknown;
  };
  if (typeof errcode === "number") return errcode & 0xff;
  return typeof code === "string" ? CODES[code.split("_").slice(0, 2).join("_")] : undefined;
}

/** What an error of SQLite means to a queue. */
export function storeErrorOf(error: unknown, path: string): QueueError {
  if (error instanceof QueueError) return error;
  switch (resultCode(error)) {
    case BUSY:
      return new QueueError(
        `${path} is in use by another queue: give each queue a file of its own`,
        {
          code: "STORE_IN_USE",
          cause: error,
        },
      );
    case CORRUPT:
    case NOT_A_DATABASE:
      return unusable(path, "it is damaged, or not a SQLite database", error);
    default:
      return new QueueError(`${path}: SQLite failed: ${messageOf(error)}`, {
        code: "STORE_FAILED",
        cause: error,
      });
  }
}

/** The error of a file that is no store of ours. */
export function unusable(path: string, problem: string, cause?: unknown): QueueError {
  return new QueueError(
    `${path} cannot keep events: ${problem}. Nothing in it was changed. Use another path, or restore the file`,
    {
      code: "STORE_UNUSABLE",
      cause,
    },
  );
}

/** The runtime's own SQLite, else better-sqlite3. */
async function loadDatabaseClass(): Promise<DatabaseClass> {
  const builtIn = globalThis.process?.getBuiltinModule?.("node:sqlite") as
    | { readonly DatabaseSync: DatabaseClass }
    | undefined;
  if (builtIn !== undefined) return builtIn.DatabaseSync;
  try {
    // @ts-expect-error an optional peer, whose types need not be there
    const { default: betterSqlite3 } = await import("better-sqlite3");
    return betterSqlite3 as DatabaseClass;
  } catch (error) {
    throw new QueueError(
      "There is no SQLite driver: install better-sqlite3 (npm install better-sqlite3), or use Node 22.13 or later, or Deno, which have node:sqlite",
      { code: "STORE_DRIVER_MISSING", cause: error },
    );
  }
}

/** Opens a database file, made when there is none. */
export async function openDatabase(path: string): Promise<Database> {
  const Database = await loadDatabaseClass();
  return new Database(path);
}
