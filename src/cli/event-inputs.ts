import { existsSync } from "node:fs";
import type { Command } from "commander";
import { type EventFile, openEventFile } from "metered-costs/files";
import type { CostEvent, InvalidEventError } from "metered-costs/summary";
import { globSync } from "tinyglobby";
import { counted } from "../values/counted.ts";
import { CommandError } from "./failure.ts";
import { type OutputOptions, printable, refuseOverwriting } from "./output.ts";
import { areLines } from "./parts.ts";

export interface InputOptions {
  readonly map?: Readonly<Record<string, string>>;
  readonly utc?: boolean;
  readonly skipInvalid?: boolean;
}

/** How many invalid or rejected events are named one by one on standard error. */
export const MAX_NAMED = 10;
/** Said where the files have no events at all. */
export const NO_EVENTS = "no events: the log is empty";

/** `type=event,data.tokens=usage.total`; a comma inside single quotes belongs to the text. */
function readMap(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const map: Record<string, string> = { ...before };
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
      "rename the fields of a foreign log: type=event,data.tokens=usage.total; a text in single quotes is a constant; may be repeated",
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
  #name = "";
  #size: number | undefined;
  #started = 0;
  #bytes = 0;
  #events = 0;
  #shown = Number.NEGATIVE_INFINITY;
  #isShown = false;

  begin(name: string): void {
    this.#name = name;
    this.#size = undefined;
    this.#started = performance.now();
    this.#bytes = 0;
    this.#events = 0;
  }

  /** What is known by now; what is left out is as it was. */
  show({
    bytes,
    events,
    size,
  }: {
    bytes?: number;
    events?: number;
    size?: number | undefined;
  }): void {
    this.#bytes = bytes ?? this.#bytes;
    this.#events = events ?? this.#events;
    this.#size = size ?? this.#size;
    const now = performance.now();
    if (now - this.#shown < 200) return;
    this.#shown = now;
    const seconds = (now - this.#started) / 1_000;
    const megabytes = this.#bytes / 1e6;
    const parts = [`${megabytes.toFixed(1)} MB`, `${(megabytes / seconds).toFixed(1)} MB/s`];
    if (this.#events > 0) {
      parts.push(counted(this.#events, "event"), `${Math.round(this.#events / seconds)} events/s`);
    }
    if (this.#size !== undefined && this.#bytes > 0) {
      const left = ((this.#size - this.#bytes) / this.#bytes) * seconds;
      parts.push(`${Math.ceil(left)} s left`);
    }
    this.tell(`${this.#name}: ${parts.join(", ")}`);
  }

  tell(text: string): void {
    if (process.stderr.isTTY !== true) return;
    this.#isShown = true;
    process.stderr.write(`\r${printable(text)}\u001b[K`);
  }

  clear(): void {
    if (this.#isShown) process.stderr.write("\r\u001b[K");
    this.#isShown = false;
  }
}

/** The events of all the files, in order. */
export class EventInputs {
  /** The files; `-` is standard input. */
  readonly names: readonly string[];
  readonly #options: InputOptions;
  readonly #progress = new Progress();
  #file = "";
  #invalid = 0;

  constructor(names: readonly string[], options: InputOptions & Pick<OutputOptions, "output">) {
    this.names = expand(names);
    refuseOverwriting(options.output, this.names);
    this.#options = options;
  }

  /** To be given to what reads the events, too; undefined unless invalid events are to be skipped. */
  get onInvalidEvent(): ((error: InvalidEventError) => void) | undefined {
    if (this.#options.skipInvalid !== true) return undefined;
    return (error) => {
      this.#invalid++;
      if (this.#invalid > MAX_NAMED) return;
      this.say(`${this.#file}: ${error.message}`);
    };
  }

  /** Tells, beside the progress, how many events of the file at hand were read. */
  count(events: number): void {
    this.#progress.show({ events });
  }

  /** Tells how far the files are read, where it is not by bytes and events. */
  tell(progress: string): void {
    this.#progress.tell(progress);
  }

  clear(): void {
    this.#progress.clear();
  }

  /** Says something on standard error. */
  say(text: string): void {
    this.#progress.clear();
    process.stderr.write(`${printable(text)}\n`);
  }

  /** Hands on each file, one after the other; what fails in one names it. */
  async each(
    use: (file: EventFile) => Promise<void>,
    onInvalidEvent = this.onInvalidEvent,
  ): Promise<void> {
    for (const name of this.names) {
      this.#file = name === "-" ? "standard input" : name;
      const { map, utc } = this.#options;
      this.#progress.begin(this.#file);
      const file = await openEventFile(name === "-" ? process.stdin : name, {
        map,
        utc,
        onInvalidEvent,
        onProgress: ({ bytes }) => this.#progress.show({ bytes }),
      });
      this.#progress.show({ size: file.size });
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
      const events = counted(this.#invalid, "invalid event was", "invalid events were");
      process.stderr.write(`${events} left out\n`);
    }
  }

  async #addTo(events: CostEvent[], file: EventFile): Promise<void> {
    const before = events.length;
    for await (const event of file.events()) {
      events.push(event);
      if (events.length % 1_000 === 0) this.count(events.length - before);
    }
  }

  /** Reads one log of lines with `fromLines`, without its events in memory, and anything else with `fromEvents`. */
  async read<T>(
    fromLines: (
      source: ReturnType<EventFile["bytes"]>,
      onProgress: (progress: { readonly events: number }) => void,
    ) => Promise<T>,
    fromEvents: (events: readonly CostEvent[]) => T,
  ): Promise<T> {
    const events: CostEvent[] = [];
    let result: { readonly value: T } | undefined;
    await this.each(async (file) => {
      if (this.names.length === 1 && areLines(file, this.#options)) {
        const onProgress = ({ events: count }: { readonly events: number }) => this.count(count);
        result = { value: await fromLines(file.bytes(), onProgress) };
      } else {
        await this.#addTo(events, file);
      }
    });
    return result === undefined ? fromEvents(events) : result.value;
  }

  /** All the events, in memory. */
  async all(): Promise<CostEvent[]> {
    const events: CostEvent[] = [];
    await this.each((file) => this.#addTo(events, file));
    return events;
  }
}
