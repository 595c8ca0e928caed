import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { type Command, Option } from "commander";
import type { EventIngestParams } from "metered-costs";
import type { EventFile } from "metered-costs/files";
import type { ApiError, CostEvent, InvalidEventError, Issue } from "metered-costs/summary";
import { stringifyJson } from "../values/lossless-json.ts";
import { readJsonFile, wholeNumber } from "./cost-question.ts";
import { addInputOptions, EventInputs, type InputOptions, MAX_NAMED } from "./event-inputs.ts";
import { CommandError, EXIT } from "./failure.ts";
import { addServerOptions, clientOf, type ServerOptions } from "./server.ts";

type EventSchema = typeof import("metered-costs/schemas").EventIngestParamsSchema;

interface Options extends InputOptions, ServerOptions {
  readonly dryRun?: boolean;
  readonly state?: string;
  readonly rejected?: string;
  readonly concurrency: number;
  readonly deadline: number;
  readonly format: "text" | "json";
}

/** How far one file was sent. */
interface FileState {
  readonly records: number;
  /** The SHA-256 of the first `headBytes` of the file: it may grow, and must not be another one. */
  readonly head: string;
  readonly headBytes: number;
}

interface State {
  readonly version: 1;
  /** The server that has the events. */
  readonly server: string;
  accepted: number;
  rejected: number;
  /** The file of rejected events, and how much of it belongs to what is counted here. */
  rejectedFile?: { readonly path: string; readonly bytes: number };
  readonly files: Record<string, FileState>;
}

interface Rejection {
  readonly record: number;
  readonly line?: number | undefined;
  readonly message: string;
  readonly event?: CostEvent;
}

type FileRecord = { readonly event: CostEvent } | { readonly error: InvalidEventError };

/** At least so many events are sent between two writes of the state; after a kill they are sent again, and counted once. */
const MIN_CHUNK = 100;
const HEAD_BYTES = 1 << 16;
const SENT_FIELDS = [
  ...["type", "timestamp", "source", "subject", "externalSubject", "externalId", "namespace"],
  ...["idempotencyKey", "data"],
];
/** Without these an event that is sent again would be another one. */
const FIXED_FIELDS = {
  idempotencyKey:
    "expected a key: an event without one is counted again when it is sent again; --map idempotencyKey=FIELD names a field that is unique",
  timestamp: "expected a time: an event without one would get the time at which it is sent",
} as const;

/** The event as it is sent, and what is wrong with it, where something is. */
function checked(
  event: CostEvent,
  isMapped: boolean,
  schema: EventSchema,
): { readonly event: CostEvent; readonly problem?: string } {
  // What a map does not name is of the foreign log, and no field of an event.
  const sent = isMapped
    ? (Object.fromEntries(
        Object.entries(event).filter(([name]) => SENT_FIELDS.includes(name)),
      ) as unknown as CostEvent)
    : event;
  const missing = (["idempotencyKey", "timestamp"] as const)
    .filter((name) => event[name] === undefined || event[name] === null)
    .map((name): Issue => ({ path: [name], message: FIXED_FIELDS[name] }));
  const { success, error } = schema.safeParse(sent);
  const issues = [...(success ? [] : (error?.issues ?? [])), ...missing];
  if (issues.length === 0) return { event: sent };
  return {
    event: sent,
    problem: issues
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
      .join("; "),
  };
}

function headOf(path: string, upTo: number): Pick<FileState, "head" | "headBytes"> {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(upTo);
    const headBytes = readSync(file, bytes, 0, upTo, 0);
    const head = createHash("sha256").update(bytes.subarray(0, headBytes)).digest("hex");
    return { head, headBytes };
  } finally {
    closeSync(file);
  }
}

function readState(path: string, server: string): State {
  if (!existsSync(path)) return { version: 1, server, accepted: 0, rejected: 0, files: {} };
  const state = readJsonFile(path) as Partial<State>;
  if (state?.version !== 1 || typeof state.files !== "object") {
    throw new CommandError(`${path}: expected the state that an earlier ingest wrote`);
  }
  if (state.server !== server) {
    throw new CommandError(
      `${path} has what was sent to ${state.server}, not to ${server}: use one state file for each server`,
    );
  }
  return state as State;
}

/** Writes the whole of the new state or leaves the old one, whenever the process is killed. */
function writeState(path: string, state: State): void {
  const next = `${path}.next`;
  const file = openSync(next, "w");
  writeSync(file, `${JSON.stringify(state, null, 2)}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(next, path);
}

/** The records of a file, the invalid ones included, in order. */
async function* recordsOf(
  file: EventFile,
  invalid: InvalidEventError[],
): AsyncGenerator<FileRecord, void, undefined> {
  function* before(): Generator<FileRecord> {
    for (const error of invalid.splice(0)) yield { error };
  }
  for await (const event of file.events()) {
    yield* before();
    yield { event };
  }
  yield* before();
}

/** The rejected events as lines of JSON: `event` is the event, to be mended and sent again. */
class RejectedFile {
  readonly #path: string;
  readonly #file: number;
  #bytes: number;

  constructor(path: string, earlier: State["rejectedFile"]) {
    this.#path = path;
    this.#file = openSync(path, "a");
    this.#bytes = fstatSync(this.#file).size;
    // What was written after the last state belongs to events that are sent again.
    if (earlier?.path !== path || earlier.bytes >= this.#bytes) return;
    this.#bytes = earlier.bytes;
    ftruncateSync(this.#file, this.#bytes);
  }

  write(name: string, rejections: readonly Rejection[]): NonNullable<State["rejectedFile"]> {
    for (const rejection of rejections) {
      const line = Buffer.from(`${stringifyJson({ file: name, ...rejection })}\n`);
      writeSync(this.#file, line);
      this.#bytes += line.length;
    }
    if (rejections.length > 0) fsyncSync(this.#file);
    return { path: this.#path, bytes: this.#bytes };
  }

  close(): void {
    closeSync(this.#file);
  }
}

const readOnce = (name: string): CommandError =>
  new CommandError(`--state: ${name} cannot be read again; pass files`);

async function ingest(files: readonly string[], options: Options): Promise<void> {
  const { dryRun = false, state: statePath, rejected, concurrency, deadline, format } = options;
  if (statePath !== undefined && files.includes("-")) {
    throw readOnce("standard input");
  }
  const server = options.baseUrl ?? options.environment ?? "production";
  const state = readState(statePath ?? "", server);
  // Only here: it loads the user's zod, many files, for which no other command is to wait.
  const { EventIngestParamsSchema: schema } = await import("metered-costs/schemas");
  const client = dryRun ? undefined : await clientOf(options);
  const rejectedFile =
    rejected === undefined || dryRun ? undefined : new RejectedFile(rejected, state.rejectedFile);
  const stopping = new AbortController();
  const stopped = new Promise<"stopped">((resolve) => {
    stopping.signal.addEventListener("abort", () => resolve("stopped"));
  });
  // The first time what is on its way is waited for; the second time the process ends.
  const stop = (): void => {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    stopping.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const invalid: InvalidEventError[] = [];
  const inputs = new EventInputs(files, options);
  const counts = { accepted: 0, rejected: 0 };
  // Between two chunks fewer requests than that are on their way: it must not happen often.
  const chunkSize = Math.max(MIN_CHUNK, 10 * concurrency);
  const failure: { error?: unknown } = {};
  let named = 0;

  const send = async (file: EventFile): Promise<void> => {
    if (stopping.signal.aborted || "error" in failure) return;
    const isPipe = file.size === undefined;
    if (isPipe && statePath !== undefined) {
      throw readOnce(file.name);
    }
    const earlier = isPipe ? undefined : state.files[file.name];
    const head = isPipe
      ? { head: "", headBytes: 0 }
      : headOf(file.name, earlier?.headBytes ?? HEAD_BYTES);
    if (earlier !== undefined && earlier.head !== head.head) {
      throw new CommandError(
        `${file.name}: it is not the file from which ${earlier.records} events were sent according to ${statePath}; rename it, or use another state file`,
      );
    }
    const done = earlier?.records ?? 0;
    const records = recordsOf(file, invalid);
    let position = 0;
    let isEnd = false;
    while (!isEnd && !stopping.signal.aborted && !("error" in failure)) {
      const begun = position;
      const sent: { readonly record: number; readonly event: CostEvent }[] = [];
      const refused: Rejection[] = [];
      async function* chunk(): AsyncGenerator<EventIngestParams, void, undefined> {
        for (let size = 0; size < chunkSize; ) {
          const next = records.next();
          // What is still being read is never sent.
          next.catch(() => undefined);
          const step = await Promise.race([next, stopped]).catch((error: unknown) => {
            failure.error = error;
            return "stopped" as const;
          });
          if (step === "stopped") return;
          isEnd = step.done === true;
          if (step.done) return;
          const record = ++position;
          inputs.count(record);
          if (record <= done) continue;
          size++;
          if ("error" in step.value) {
            const { line, message } = step.value.error;
            refused.push({ record, line, message });
            continue;
          }
          const { event, problem } = checked(step.value.event, options.map !== undefined, schema);
          if (problem !== undefined) {
            refused.push({ record, message: problem, event });
            continue;
          }
          sent.push({ record, event });
          yield event as EventIngestParams;
        }
      }
      if (client === undefined) for await (const _ of chunk());
      else {
        const pace = { concurrency, deadline: deadline * 1_000 };
        const { outcomes = [] } = await client.events.ingestAll(chunk(), pace);
        const hasStatus = (error: unknown, status: number): boolean =>
          (error as ApiError).status === status;
        // A key that may not send events is refused for each of them; of a single event, 403 may be for its namespace.
        const isForbidden =
          outcomes.length === sent.length &&
          outcomes.every((each) => each.result === "rejected" && hasStatus(each.error, 403));
        for (const outcome of outcomes) {
          if (outcome.result === "accepted") continue;
          const { error, index } = outcome;
          const isForAll = outcome.result === "unknown" || hasStatus(error, 401) || isForbidden;
          // Nothing of this chunk is noted as done: it is sent again, and counted once.
          if (isForAll) throw error;
          const { record, event } = sent[index] as (typeof sent)[number];
          refused.push({ record, message: error.message, event });
        }
      }
      const accepted = position - Math.max(done, begun) - refused.length;
      refused.sort((one, other) => one.record - other.record);
      for (const { record, line, message } of refused) {
        if (named++ >= MAX_NAMED) break;
        inputs.say(`${file.name}: ${line === undefined ? `event ${record}: ` : ""}${message}`);
      }
      counts.accepted += accepted;
      counts.rejected += refused.length;
      state.accepted += accepted;
      state.rejected += refused.length;
      const written = rejectedFile?.write(file.name, refused);
      if (written !== undefined) state.rejectedFile = written;
      if (!isPipe) state.files[file.name] = { ...head, records: Math.max(done, position) };
      if (statePath !== undefined && !dryRun) writeState(statePath, state);
    }
    if ("error" in failure) throw failure.error;
  };
  try {
    await inputs.each(send, (error) => invalid.push(error));
  } finally {
    rejectedFile?.close();
  }
  const verb = dryRun ? "would be sent" : "accepted";
  process.stdout.write(
    format === "json"
      ? `${JSON.stringify(counts)}\n`
      : `${counts.accepted} ${verb}, ${counts.rejected} rejected\n`,
  );
  if (stopping.signal.aborted) {
    const how = statePath === undefined ? "" : " with the same --state";
    process.stderr.write(`stopped; run it again${how} to go on\n`);
    process.exitCode = EXIT.interrupted;
  } else if (counts.rejected > 0) process.exitCode = EXIT.rejected;
}

export function addIngestCommand(program: Command): void {
  const command = program
    .command("ingest")
    .description("send the events of logs; the key is in PAYGENTIC_API_KEY")
    .argument("<file...>", "NDJSON, JSON, CSV or Parquet, also .gz or .zst; - is standard input")
    .option("--dry-run", "check every event and send none")
    .option(
      "--state <file>",
      "note in this file how far the logs were sent; run again with it, the command goes on from there",
    )
    .option(
      "--rejected <file>",
      "append each event that was refused to this file, as JSON with the reason",
    )
    .option("--concurrency <count>", "how many events are on their way at once", wholeNumber, 10)
    .option(
      "--deadline <seconds>",
      "how long an event is tried again while the server fails",
      wholeNumber,
      300,
    );
  addServerOptions(addInputOptions(command, { canSkip: false }))
    .addOption(
      new Option("--format <format>", "how the counts are written")
        .choices(["text", "json"])
        .default("text"),
    )
    .addHelpText(
      "after",
      `
Each event needs an idempotencyKey, a timestamp, a source, and a subject or an externalSubject: sent twice with the same
key it is counted once. With --map, fields that the map does not name are left out. A file may grow between two runs with
the same state.
Exit code: 0 all accepted, 1 some rejected, 3 failed, 130 stopped.

Examples:
  $ metered-costs ingest june.ndjson.gz --environment sandbox --dry-run
  $ metered-costs ingest 'logs/*.csv' --map "type='llm',source='gateway',idempotencyKey=id" \\
      --state ingest.state.json --rejected rejected.ndjson`,
    )
    .action(ingest);
}
