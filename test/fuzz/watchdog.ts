import { Worker } from "node:worker_threads";

/** Seconds in which a case has to come to an end, without those in which the machine sleeps: far more than any takes. */
const PATIENCE = 120;

/** Ends the process when no case has ended for long: code that hangs cannot be stopped from its own thread. */
export class Watchdog {
  readonly #beats = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;

  constructor(names: readonly string[]) {
    this.#worker = new Worker(
      `const { workerData: { beats, names, patience } } = require("node:worker_threads");
      let last = -1, idle = 0;
      setInterval(() => {
        if (beats[0] !== last) { last = beats[0]; idle = 0; return; }
        if (++idle < patience) return;
        require("node:fs").writeSync(2, "\\nNo end for " + patience + " s: " + names[beats[1]] + "\\n");
        process.kill(process.pid, "SIGKILL");
      }, 1000);`,
      { eval: true, workerData: { beats: this.#beats, names, patience: PATIENCE } },
    );
    this.#worker.unref();
  }

  /** A case of the `name`-th function has ended. */
  beat(name: number): void {
    this.#beats[1] = name;
    this.#beats[0] = (this.#beats[0] ?? 0) + 1;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
