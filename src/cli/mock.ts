import type { Command } from "commander";
import type { MockServerOptions } from "metered-costs/mock/server";
import { readJsonFile, wholeNumber } from "./cost-question.ts";
import { EventInputs } from "./event-inputs.ts";

interface Options {
  readonly port: number;
  readonly seed?: string;
  readonly events?: string;
  readonly faults?: string;
}

async function mock({ port, seed, events, faults }: Options): Promise<void> {
  const { startMockServer } = await import("metered-costs/mock/server");
  const server = await startMockServer({
    port,
    ...(seed !== undefined && { costs: [readJsonFile(seed)].flat() }),
    ...(events !== undefined && { events: await new EventInputs([events], {}).all() }),
    ...(faults !== undefined && { faults: [readJsonFile(faults)].flat() }),
  } as MockServerOptions);
  process.stdout.write(`${server.url}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await server.close();
}

export function addMockCommand(program: Command): void {
  program
    .command("mock")
    .description("serve an in-memory Paygentic on loopback until it is stopped; its URL is printed")
    .option("--port <number>", "the port to listen on; 0 takes a free one", wholeNumber, 4010)
    .option("--seed <file>", "a JSON file with costs that are there from the start")
    .option("--events <file>", "a log of events that were received before")
    .option("--faults <file>", "a JSON file with faults that are planned from the start")
    .addHelpText(
      "after",
      `
Any API key is accepted.

Examples:
  $ metered-costs mock --seed costs.json
  $ metered-costs mock --port 0 --faults faults.json`,
    )
    .action(mock);
}
