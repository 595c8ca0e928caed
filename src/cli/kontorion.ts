import type { Command } from "commander";
import type { VersionDates, VersionTimeline } from "metered-costs/kontorion";
import { addOutputOptions, type OutputOptions, writeResult } from "./output.ts";
import { type Result, text } from "./result.ts";
import { namedServer } from "./server.ts";

interface Options extends OutputOptions {
  readonly baseUrl?: string;
  readonly from?: string;
  readonly to?: string;
}

function timelineResult(
  costId: string,
  timeline: VersionTimeline,
  { picture, drawing }: { readonly picture: string; readonly drawing: string },
  { format }: OutputOptions,
): Result {
  const { periods, gaps, overlaps } = timeline;
  const timeOf = (time: Date | null): string => time?.toISOString() ?? "";
  const rows = [
    ...periods.map(({ version, from, to }) => [
      "period",
      String(version),
      timeOf(from),
      timeOf(to),
    ]),
    ...gaps.map(({ from, to }) => ["gap", "", timeOf(from), timeOf(to)]),
    ...overlaps.map(({ versions, from, to }) => [
      ...["overlap", versions.join(" "), timeOf(from), timeOf(to)],
    ]),
  ];
  const columns = ["kind", "version", "from", "to"].map(text);
  return {
    title: "Timeline of a cost's versions",
    facts: [costId],
    drawing,
    json: timeline,
    // The picture of a terminal needs letters of one width.
    text: format === "markdown" ? `\`\`\`text\n${picture}\n\`\`\`` : picture,
    tables: [],
    flat: { columns, rows },
  };
}

export function addKontorionCommand(program: Command): void {
  const kontorion = program
    .command("kontorion")
    .description("look at Kontorion's versioned costs; the key is in KONTORION_API_KEY")
    .addHelpText(
      "after",
      `
Examples:
  $ metered-costs kontorion timeline 0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d
  $ metered-costs kontorion timeline 0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d --from 2026-06-01T00:00:00Z --format json`,
    );
  const timeline = kontorion
    .command("timeline")
    .argument("<cost>", "the cost's id, a UUID")
    .description("draw which version of a cost is in force when, with its gaps and overlaps")
    .option(
      "--from <time>",
      "where the timeline begins, RFC 3339; otherwise with the first version",
    )
    .option("--to <time>", "where the timeline ends, exclusive; otherwise it has no end")
    .option(
      "--base-url <url>",
      "another server than Kontorion's, such as a mock: the key in KONTORION_API_KEY is sent to it",
    );
  addOutputOptions(timeline).action(async (costId: string, options: Options) => {
    const { from, to, baseUrl } = options;
    const library = await import("metered-costs/kontorion");
    const client = new library.Kontorion(namedServer("KONTORION_API_KEY", baseUrl));
    const { data } = await client.costs.versions(costId);
    const computed = library.versionTimeline(data as readonly VersionDates[], {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    });
    const drawn = {
      picture: library.formatTimeline(computed),
      drawing: library.timelineSvg(computed),
    };
    await writeResult(timelineResult(costId, computed, drawn, options), options);
  });
}
