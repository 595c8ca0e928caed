import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const RUNTIMES = [
  ["better-sqlite3", process.execPath],
  ["node:sqlite", join(here, "../runtimes/node_modules/node22/bin/node")],
] as const;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "metered-costs-sqlite-"));
  path = join(folder, "events.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true }));

const PRELUDE = `
  import { sqliteStore } from "metered-costs/sqlite";
  import { isCostsError } from "metered-costs";
  const path = process.env.STORE_PATH;
  const event = (id) => ({ id, addedAt: 1_000 + id, body: JSON.stringify({ id, text: "\\u0000\\ud800'" }) });
  const say = (what) => console.log(JSON.stringify(what));
  const codeOf = (promise) => promise.then(() => "resolved", (e) => (isCostsError(e) ? e.code : String(e)));
`;

describe.each(RUNTIMES)("a store on %s", (driver, runtime) => {
  /** What a program on that runtime says. */
  const run = (program: string): unknown => {
    const { stdout, stderr, status } = spawnSync(
      runtime,
      ["--input-type=module", "-e", PRELUDE + program],
      {
        cwd: here,
        encoding: "utf8",
        env: { ...process.env, STORE_PATH: path, NODE_NO_WARNINGS: "1" },
        timeout: 60_000,
      },
    );
    if (status !== 0) throw new Error(`${status}: ${stderr}`);
    return JSON.parse(stdout);
  };

  test(`is on ${driver}`, () => {
    const program = `say(process.getBuiltinModule?.("node:sqlite") === undefined ? "better-sqlite3" : "node:sqlite")`;
    expect(run(program)).toBe(driver);
  });

  test("gives events back unchanged, in order, in pages, and forgets those it is told to", () => {
    const program = `
      const store = sqliteStore({ path });
      const opened = await store.open();
      await Promise.all([1, 2, 3, 4, 5].map((id) => store.put(event(id))));
      await store.remove(2);
      await store.close();
      const again = await store.open();
      const first = await store.read(0, 2);
      const rest = await store.read(3, 100);
      await store.close();
      say({ opened, again, first, rest, expected: [1, 3, 4, 5].map(event) });`;
    const said = run(program) as Record<string, unknown[]>;
    expect(said).toMatchObject({
      opened: { size: 0, lastId: 0 },
      again: { size: 4, lastId: 5 },
    });
    expect([...(said["first"] ?? []), ...(said["rest"] ?? [])]).toEqual(said["expected"]);
  });

  test("is held by one at a time, in this process and in others, and free when that ends", () => {
    const other = `
      import { spawnSync } from "node:child_process";
      const other = () => spawnSync(process.execPath, ["--input-type=module", "-e", \`
        import { sqliteStore } from "metered-costs/sqlite";
        sqliteStore({ path: process.env.STORE_PATH }).open()
          .then(() => "resolved", (e) => e.code).then((said) => { console.log(said); process.kill(process.pid, "SIGKILL"); });
      \`], { encoding: "utf8" }).stdout.trim();
      const store = sqliteStore({ path });
      await store.open();
      await store.put(event(1));
      const held = [other(), await codeOf(store.open()), await codeOf(sqliteStore({ path }).open())];
      await store.close();
      say([...held, other(), await codeOf(store.open()), await codeOf(store.close())]);`;
    expect(run(other)).toEqual([
      "STORE_IN_USE",
      "STORE_IN_USE",
      "STORE_IN_USE",
      "resolved",
      "resolved",
      "resolved",
    ]);
  });

  test("leaves a file alone that is something else", () => {
    writeFileSync(path, "customers,usage\n".repeat(1_000));
    const before = readFileSync(path);
    expect(run("say(await codeOf(sqliteStore({ path }).open()))")).toBe("STORE_UNUSABLE");
    expect(readFileSync(path)).toEqual(before);
  });

  const withDatabase = (sql: string, then: string): unknown =>
    run(`
      const builtIn = process.getBuiltinModule?.("node:sqlite");
      const Database = builtIn?.DatabaseSync ?? (await import("better-sqlite3")).default;
      const made = sqliteStore({ path });
      if (${sql.includes("events")}) { await made.open(); await made.close(); }
      const database = new Database(path);
      database.exec(${JSON.stringify(sql)});
      database.close();
      ${then}`);

  test("leaves a database alone that is something else", () => {
    const code = withDatabase(
      "CREATE TABLE customers (id)",
      "say(await codeOf(sqliteStore({ path }).open()))",
    );
    expect(code).toBe("STORE_UNUSABLE");
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test("does not touch what a later version has made", () => {
    const code = withDatabase(
      "SELECT 1 FROM events; PRAGMA user_version = 2",
      "say(await codeOf(sqliteStore({ path }).open()))",
    );
    expect(code).toBe("STORE_UNUSABLE");
  });

  test("says that a damaged file is damaged", () => {
    run(`
      const store = sqliteStore({ path });
      await store.open();
      await Promise.all(Array.from({ length: 500 }, (_, at) => store.put(event(at + 1))));
      await store.close();
      say("done");`);
    const file = readFileSync(path);
    file.fill(0xff, 4_096, 8_192);
    writeFileSync(path, file);
    expect(run("say(await codeOf(sqliteStore({ path }).open()))")).toBe("STORE_UNUSABLE");
    expect(readFileSync(path)).toEqual(file);
  });

  test("says when there is no folder, and can be closed all the same", () => {
    const program = `
      const store = sqliteStore({ path: path + "/no/such/folder" });
      say([await codeOf(store.open()), await codeOf(store.read(0, 1)), await codeOf(store.close())]);`;
    expect(run(program)).toEqual(["STORE_FAILED", "STORE_FAILED", "resolved"]);
  });

  test("fails the add on a full disk, and keeps what it had", () => {
    const program = `
      const store = sqliteStore({ path });
      await store.open();
      await store.put(event(1));
      const { execFileSync } = await import("node:child_process");
      // No file of this process may grow beyond a mebibyte any more: SQLite meets an error of the disk.
      process.on("SIGXFSZ", () => undefined);
      execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=1048576"]);
      const long = { id: 2, addedAt: 0, body: "x".repeat(4_000_000) };
      const full = await codeOf(store.put(long));
      const after = await codeOf(store.put(event(3)));
      await store.remove(1);
      await store.close();
      const { size } = await store.open();
      say({ full, after, size, left: (await store.read(0, 9)).map(({ id }) => id) });
      await store.close();`;
    expect(run(program)).toEqual({ full: "STORE_FAILED", after: "resolved", size: 1, left: [3] });
  });

  test("is usable again when a full disk has room", () => {
    const program = `
      const { execFileSync } = await import("node:child_process");
      process.on("SIGXFSZ", () => undefined);
      const limit = (bytes) => execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=" + bytes + ":unlimited"]);
      const store = sqliteStore({ path });
      await store.open();
      for (let id = 1; id <= 50; id++) await store.put(event(id));
      limit(1);
      const full = await codeOf(store.put(event(51)));
      for (let id = 1; id <= 49; id++) await store.remove(id);
      await new Promise((resolve) => setTimeout(resolve, 20));
      limit("unlimited");
      const after = await codeOf(store.put(event(52)));
      const closed = await codeOf(store.close());
      const { size } = await store.open();
      say({ full, after, closed, size, left: (await store.read(0, 99)).map(({ id }) => id) });
      await store.close();`;
    expect(run(program)).toEqual({
      full: "STORE_FAILED",
      after: "resolved",
      closed: "resolved",
      size: 2,
      left: [50, 52],
    });
  });

  test("forgets what was sent although the disk is full", () => {
    const program = `
      const { execFileSync } = await import("node:child_process");
      process.on("SIGXFSZ", () => undefined);
      const store = sqliteStore({ path });
      await store.open();
      for (let id = 1; id <= 300; id++) await store.put(event(id));
      const { statSync } = await import("node:fs");
      // No file may grow any more.
      const bytes = statSync(path + "-wal").size;
      execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=" + bytes + ":unlimited"]);
      for (let id = 1; id <= 299; id++) { await store.remove(id); await new Promise(setImmediate); }
      const closed = await codeOf(store.close());
      execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited:unlimited"]);
      const { size } = await store.open();
      await store.close();
      say({ closed, size });`;
    expect(run(program)).toEqual({ closed: "resolved", size: 1 });
  });

  test.each([
    ["deleted", "rmSync(path)"],
    ["renamed", "renameSync(path, path + '.old')"],
    ["replaced", "renameSync(path, path + '.old'); writeFileSync(path, '')"],
  ])("notices that its file was %s", (_, change) => {
    const program = `
      const { renameSync, rmSync, writeFileSync } = await import("node:fs");
      const store = sqliteStore({ path });
      await store.open();
      await store.put(event(1));
      ${change};
      const code = await codeOf(store.put(event(2)));
      await store.close();
      say(code);`;
    expect(run(program)).toBe("STORE_FAILED");
  });

  test("puts one row aside that cannot be read, and gives the others", () => {
    const said = withDatabase(
      "INSERT INTO events VALUES (1, 1000, '{}'), (2, 9223372036854775807, '{}'), (3, 1000, '{}')",
      `const store = sqliteStore({ path });
      await store.open();
      const read = (await store.read(0, 10)).map(({ id, body }) => [id, body]);
      await store.setAside(2);
      const left = (await store.read(0, 10)).map(({ id }) => id);
      await store.close();
      const again = new Database(path);
      const aside = again.prepare("SELECT id, body FROM unreadable_events").all();
      again.close();
      say({ read, left, aside });`,
    ) as { read: [number, string][]; left: number[]; aside: object[] };
    // better-sqlite3 gives the nearest double; node:sqlite throws.
    expect(said.read.map(([id]) => id)).toEqual([1, 2, 3]);
    expect(said.left).toEqual([1, 3]);
    expect(said.aside).toEqual([{ id: 2, body: "{}" }]);
  });

  test("says of version 0 that it is not ours", () => {
    const said = withDatabase(
      "SELECT 1 FROM events; PRAGMA user_version = 0",
      `say(await sqliteStore({ path }).open().catch(({ code, message }) => ({ code, message })));`,
    ) as { code: string; message: string };
    expect(said.code).toBe("STORE_UNUSABLE");
    expect(said.message).not.toMatch(/later version/);
  });

  test.each([
    "''",
    "':memory:'",
    "undefined",
    "7",
    "'file::memory:'",
    "'FILE::memory:?cache=shared'",
    "'file:events?mode=memory'",
    "'file:events.sqlite'",
  ])("wants the path of a file, not %s", (given) => {
    const program = `try { sqliteStore({ path: ${given} }); } catch (e) { say([e.code, e.issues[0].path]); }`;
    expect(run(program)).toEqual(["INVALID_INPUT", ["path"]]);
  });

  test("knows no other options", () => {
    const program = `try { sqliteStore({ path, wal: true }); } catch (e) { say([e.code, e.issues[0].path]); }`;
    expect(run(program)).toEqual(["INVALID_INPUT", ["wal"]]);
  });
});
