import { randomUUID } from "node:crypto";
import type { EventStore, KeptEvent } from "metered-costs";

/** The part of a pool of `pg` that the store needs. */
interface Pool {
  connect(): Promise<Client>;
}
interface Client {
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: unknown[]; rowCount: number | null }>;
  release(): void;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS usage_queues (id uuid PRIMARY KEY, lease_until timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS usage_events (
    queue uuid NOT NULL REFERENCES usage_queues, id bigint NOT NULL, added_at bigint NOT NULL, body text NOT NULL,
    PRIMARY KEY (queue, id));`;
/** Any number that nothing else in the database uses: two processes must not create the tables at the same time. */
const TABLES_LOCK = 7_310_589;

/**
 * A store for `events.queue` in Postgres, for any number of processes: each has a lease, which it renews. A process that
 * opens the store takes over the events of all processes whose lease has ended. A process that was frozen for longer than
 * its lease may send an event that another one has taken over: under the same key, so it is counted once.
 */
export class PostgresStore implements EventStore {
  readonly #pool: Pool;
  readonly #lease: string;
  readonly #leaseMilliseconds: number;
  #queue = "";
  #renewal: ReturnType<typeof setInterval> | undefined;

  constructor(pool: Pool, leaseMilliseconds = 30_000) {
    this.#pool = pool;
    this.#leaseMilliseconds = leaseMilliseconds;
    this.#lease = `${leaseMilliseconds} milliseconds`;
  }

  async open(): Promise<{ size: number; lastId: number }> {
    this.#queue = randomUUID();
    const size = await this.#transact(async (client) => {
      await client.query("SELECT pg_advisory_xact_lock($1)", [TABLES_LOCK]);
      await client.query(TABLES);
      await client.query("INSERT INTO usage_queues VALUES ($1, now() + $2::interval)", [
        this.#queue,
        this.#lease,
      ]);
      const { rows } = await client.query(
        "SELECT id FROM usage_queues WHERE lease_until < now() FOR UPDATE SKIP LOCKED",
      );
      const ended = (rows as { id: string }[]).map(({ id }) => id);
      const { rowCount } = await client.query(
        `WITH taken AS (DELETE FROM usage_events WHERE queue = ANY($2::uuid[]) RETURNING *)
         INSERT INTO usage_events
         SELECT $1, row_number() OVER (ORDER BY added_at, queue, id), added_at, body FROM taken`,
        [this.#queue, ended],
      );
      await client.query("DELETE FROM usage_queues WHERE id = ANY($1::uuid[])", [ended]);
      return rowCount ?? 0;
    });
    this.#renewal = setInterval(() => {
      // A renewal that fails is made up for by the next one, or the events go to another process.
      this.#query("UPDATE usage_queues SET lease_until = now() + $2::interval WHERE id = $1", [
        this.#queue,
        this.#lease,
      ]).catch(() => undefined);
    }, this.#leaseMilliseconds / 3);
    this.#renewal.unref();
    return { size, lastId: size };
  }

  /** Rejects when another process has taken over the events: the queue is no longer in `usage_queues`. */
  async put({ id, addedAt, body }: KeptEvent): Promise<void> {
    await this.#query("INSERT INTO usage_events VALUES ($1, $2, $3, $4)", [
      this.#queue,
      id,
      addedAt,
      body,
    ]);
  }

  async read(after: number, count: number): Promise<KeptEvent[]> {
    const { rows } = await this.#query(
      `SELECT id, added_at AS "addedAt", body FROM usage_events
       WHERE queue = $1 AND id > $2 ORDER BY id LIMIT $3`,
      [this.#queue, after, count],
    );
    // A bigint of Postgres is text.
    return (rows as { id: string; addedAt: string; body: string }[]).map((row) => ({
      id: Number(row.id),
      addedAt: Number(row.addedAt),
      body: row.body,
    }));
  }

  async remove(id: number): Promise<void> {
    await this.#query("DELETE FROM usage_events WHERE queue = $1 AND id = $2", [this.#queue, id]);
  }

  /** Ends the lease: what is left goes to the next process that opens the store. */
  async close(): Promise<void> {
    clearInterval(this.#renewal);
    await this.#query("UPDATE usage_queues SET lease_until = '-infinity' WHERE id = $1", [
      this.#queue,
    ]);
  }

  async #query(text: string, values: readonly unknown[]) {
    const client = await this.#pool.connect();
    try {
      return await client.query(text, values);
    } finally {
      client.release();
    }
  }

  async #transact<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    } finally {
      client.release();
    }
  }
}
