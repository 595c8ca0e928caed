import { existsSync } from "node:fs";
import type { Command } from "commander";
import { type EventFile, openEventFile } from "metered-costs/files";
import type { CostEvent, InvalidEventError } from "metered-costs/summary";
import { globSync } from "tinyglobby";
import { CommandError } from "./failure.ts";
import { printable } from "./output.ts";

export interface InputOptions {
  readonly map?: Readonly<Record<string, string>>;
  readonly utc?: boolean;
  readonly skipInvalid?: boolean;
}

/** How many invalid events are named one by one. */
const MAX_NAMED = 10;

/** `type=event,data.tokens=usage.total`; a comma inside single quotes belongs to the text. */
function readMap(text: string): Record<string, string> {
  const map: Record<string, string> = {};
  for (const [pair] of text.matchAll(/(?:[^,']|'[^']*')+/g)) {
    const at = pair.indexOf("=");
    if (at < 1) throw new CommandError(`--map: expected FIELD=SOURCE, not ${JSON.stringify(pair)}`);
    map[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return map;
}

export function addInputOptions(command: Command, { canSkip = true } = {}): Command {
  command
    .option(
      "--map <fields>",
      "rename the fields of a foreign log: type=event,data.tokens=usage.total; a text in single quotes is a constant",
      readMap,
    )
    .option("--utc", "read timestamps that name no zone as UTC");
  return canSkip
    ? command.option(
        "--skip-invalid",
        "go on after invalid events, and report them on standard error",
      )
    : command;
}

/** The files that arguments name: `-` is standard input, and what is no file may be a pattern such as `logs/*.gz`. */
function expand(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (name === "-" || existsSync(name) || !/[*?[{]/.test(name)) return [name];
    const found = globSync(name, {
      expandDirectories: false,
      absolute: name.startsWith("/"),
    }).sort();
    if (found.length === 0) throw new CommandError(`no file matches ${name}`);
    return found;
  });
}

/** Progress on standard error, when that is a terminal. */
class Progress {
  readonly #started = performance.now();
  #shown = 0;
  #isShown = false;

  show(name: string, bytes: number, size: number | undefined): void {
    const now = performance.now();
    if (process.stderr.isTTY !== true || now - this.#shown < 200) return;
    this.#shown = now;
    this.#isShown = true;
    const seconds = (now - this.#started) / 1_000;
    const rate = bytes / 1e6 / seconds;
    const left = size === undefined ? "" : `, ${Math.ceil((size - bytes) / 1e6 / rate)} s left`;
    const text = `${name}: ${(bytes / 1e6).toFixed(1)} MB, ${rate.toFixed(1)} MB/s${left}`;
    process.stderr.write(`\r${printable(text)}\u001b[K`);
  }

  clear(): void {
    if (this.#isShown) process.stderr.write("\r\u001b[K");
    this.#isShown = false;
  }
}

/** The events of all the files, in order. */
export class EventInputs {
  readonly #names: readonly string[];
  readonly #options: InputOptions;
  readonly #progress = new Progress();
  #file = "";
  #invalid = 0;

  constructor(names: readonly string[], options: InputOptions) {
    this.#names = expand(names);
    this.#options = options;
  }

  /** To be given to what reads the events, too; undefined unless invalid events are to be skipped. */
  get onInvalidEvent(): ((error: InvalidEventError) => void) | undefined {
    if (this.#options.skipInvalid !== true) return undefined;
    return (error) => {
      this.#invalid++;
      if (this.#invalid > MAX_NAMED) return;
      this.#progress.clear();
      process.stderr.write(`${printable(`${this.#file}: ${error.message}`)}\n`);
    };
  }

  /** Hands on each file, one after the other; what fails in one names it. */
  async each(
    use: (file: EventFile) => Promise<void>,
    onInvalidEvent = this.onInvalidEvent,
  ): Promise<void> {
    for (const name of this.#names) {
      this.#file = name === "-" ? "standard input" : name;
      const { map, utc } = this.#options;
      let size: number | undefined;
      const file = await openEventFile(name === "-" ? process.stdin : name, {
        map,
        utc,
        onInvalidEvent,
        onProgress: ({ bytes }) => this.#progress.show(this.#file, bytes, size),
      });
      size = file.size;
      try {
        await use(file);
      } catch (error) {
        if (!(error instanceof Error) || error.message.startsWith(this.#file)) throw error;
        error.message = `${this.#file}: ${error.message}`;
        throw error;
      } finally {
        this.#progress.clear();
        file.close();
      }
    }
    if (this.#invalid > 0) {
      const events =
        this.#invalid === 1 ? "1 invalid event was" : `${this.#invalid} invalid events were`;
      process.stderr.write(`${events} left out\n`);
    }
  }

  /** Whether the bytes of a file are the lines of events as they are. */
  areLines(file: EventFile): boolean {
    const { map, utc } = this.#options;
    return file.format === "ndjson" && map === undefined && utc !== true;
  }

  /** All the events, in memory. */
  async all(): Promise<CostEvent[]> {
    const events: CostEvent[] = [];
    await this.each(async (file) => {
      for await (const event of file.events()) events.push(event);
    });
    return events;
  }
}
