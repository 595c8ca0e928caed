import { type Command, Option } from "commander";
import type { Paygentic, PaygenticOptions } from "metered-costs";

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
function clientOptions({ baseUrl, environment }: ServerOptions): PaygenticOptions {
  return {
    ...namedServer("PAYGENTIC_API_KEY", baseUrl),
    ...(environment !== undefined && { environment }),
  };
}

/** A client of the server that the options name. The library of it is loaded only here. */
export async function clientOf(options: ServerOptions): Promise<Paygentic> {
  const library = await import("metered-costs");
  return new library.Paygentic(clientOptions(options));
}

/**
 * The options for a server that was named on purpose, if one was: its key is in the environment variable `keyVariable`.
 * Without them a client sends that key to its API's own server alone.
 */
export function namedServer(
  keyVariable: string,
  baseUrl: string | undefined,
): { readonly baseUrl?: string; readonly apiKey?: string } {
  const apiKey = process.env[keyVariable];
  return baseUrl === undefined ? {} : { baseUrl, ...(apiKey && { apiKey }) };
}
