import { type Command, Option } from "commander";
import type { PaygenticOptions } from "metered-costs";

/** Which server is asked. */
export interface ServerOptions {
  readonly baseUrl?: string;
  readonly environment?: "production" | "sandbox";
}

export function addServerOptions(command: Command): Command {
  return command
    .option(
      "--base-url <url>",
      "another server than Paygentic's, such as a mock: the key in PAYGENTIC_API_KEY is sent to it",
    )
    .addOption(
      new Option("--environment <name>", "which of Paygentic's servers").choices([
        "production",
        "sandbox",
      ]),
    );
}

/** The options of a client; its key comes from PAYGENTIC_API_KEY, never from the command line, which others can read. */
export function clientOptions({ baseUrl, environment }: ServerOptions): PaygenticOptions {
  const apiKey = process.env["PAYGENTIC_API_KEY"];
  return {
    // A client sends the key of the environment to Paygentic alone; here another server was named on purpose.
    ...(baseUrl !== undefined && { baseUrl, ...(apiKey && { apiKey }) }),
    ...(environment !== undefined && { environment }),
  };
}
