import type { Command } from "commander";
import type { Cost, CostCreateParams, CostUpdateParams, ProfitabilitySummary } from "metered-costs";
import {
  addRangeOptions,
  factsOf,
  type RangeOptions,
  rangeOf,
  readJsonFile,
  wholeNumber,
} from "./cost-question.ts";
import { CommandError, EXIT } from "./failure.ts";
import { addOutputOptions, type OutputOptions, printable, writeResult } from "./output.ts";
import { amount, type Chart, type Result, type Table, text } from "./result.ts";
import { addServerOptions, clientOf, type ServerOptions } from "./server.ts";

interface Options extends ServerOptions, OutputOptions {}
interface ListOptions extends Options {
  readonly merchant?: string;
  readonly product?: string;
}
interface ProfitabilityOptions extends Options, RangeOptions {
  readonly merchant: string;
  readonly top?: number;
  readonly currency?: string;
  readonly minMargin?: string;
}

function costsResult(json: unknown, costs: readonly Cost[]): Result {
  const table: Table = {
    columns: [
      ...[text("id"), text("name"), text("aggregation"), text("eventType"), text("valueProperty")],
      ...[text("dimensions"), amount("unitCost"), text("currency")],
    ],
    rows: costs.map((cost) => [
      ...[
        cost.id,
        cost.name,
        cost.aggregation ?? "",
        cost.eventType ?? "",
        cost.valueProperty ?? "",
      ],
      ...[Object.keys(cost.groupBy ?? {}).join(" "), cost.unitCost.toString(), cost.currency],
    ]),
  };
  return { title: "Costs", json, tables: [table], flat: table };
}

function profitabilityResult(summary: ProfitabilitySummary, facts: readonly string[]): Result {
  const { currency, rows, warnings = [] } = summary;
  const table: Table = {
    columns: [
      ...[
        text("customer"),
        text("name"),
        amount(`revenue, ${currency}`),
        amount(`cost, ${currency}`),
      ],
      ...[amount(`profit, ${currency}`), amount("margin, %")],
    ],
    rows: rows.map(({ customerId, customerName, netRevenue, totalCost, profit, marginPct }) => [
      ...[customerId, customerName, netRevenue.toString(), totalCost.toString(), profit.toString()],
      marginPct?.toString() ?? "none",
    ]),
  };
  const charts = (): readonly Chart[] => [
    {
      title: "Profit by customer",
      kind: "ranking",
      series: [`profit, ${currency}`],
      rows: rows.map(({ customerName, profit }) => ({
        name: customerName,
        values: [profit.toString()],
      })),
    },
  ];
  return {
    ...{ title: "Profitability", facts, charts, json: summary },
    ...{ notes: warnings, tables: [table], flat: table },
  };
}

export function addCostsCommand(program: Command): void {
  const costs = program
    .command("costs")
    .description("list, read, create, change and delete costs; the key is in PAYGENTIC_API_KEY")
    .addHelpText(
      "after",
      `
Examples:
  $ metered-costs costs list --format json
  $ metered-costs costs create cost.json`,
    );
  const add = (usage: string, description: string): Command =>
    addServerOptions(addOutputOptions(costs.command(usage).description(description)));
  add("list", "every cost")
    .option("--merchant <id>", "only the costs of this merchant")
    .option("--product <id>", "only the costs of this product")
    .action(async (options: ListOptions) => {
      const client = await clientOf(options);
      const { merchant, product } = options;
      const all: Cost[] = [];
      for await (const cost of client.costs.listAll({
        ...(merchant !== undefined && { merchantId: merchant }),
        ...(product !== undefined && { productId: product }),
      })) {
        all.push(cost);
      }
      await writeResult(costsResult(all, all), options);
    });
  add("get <id>", "one cost").action(async (id: string, options: Options) => {
    const cost = await (await clientOf(options)).costs.get(id);
    await writeResult(costsResult(cost, [cost]), options);
  });
  add("create <file>", "create the cost of a JSON file").action(
    async (file: string, options: Options) => {
      const params = readJsonFile(file) as CostCreateParams;
      const cost = await (await clientOf(options)).costs.create(params);
      await writeResult(costsResult(cost, [cost]), options);
    },
  );
  add("update <id> <file>", "change the fields of a cost that a JSON file has").action(
    async (id: string, file: string, options: Options) => {
      const params = readJsonFile(file) as CostUpdateParams;
      const cost = await (await clientOf(options)).costs.update(id, params);
      await writeResult(costsResult(cost, [cost]), options);
    },
  );
  addServerOptions(costs.command("delete <id>").description("delete a cost")).action(
    async (id: string, options: ServerOptions) => {
      await (await clientOf(options)).costs.delete(id);
    },
  );
}

export function addProfitabilityCommand(program: Command): void {
  const command = program
    .command("profitability")
    .description(
      "query what each customer of a merchant earns and costs; the key is in PAYGENTIC_API_KEY",
    )
    .requiredOption("--merchant <id>", "whose customers")
    .option(
      "--top <count>",
      "how many customers are named, 1 to 100; the rest is one row",
      wholeNumber,
    )
    .option("--currency <code>", "the merchant's primary currency unless given")
    .option(
      "--min-margin <percent>",
      "name the customers whose margin is lower or who have costs and no revenue, and end with 1",
    );
  addServerOptions(addOutputOptions(addRangeOptions(command)))
    .addHelpText(
      "after",
      `
Examples:
  $ metered-costs profitability --merchant org_1 --month 2026-06
  $ metered-costs profitability --merchant org_1 --from 2026-06-01 --to 2026-06-08 --min-margin 20`,
    )
    .action(async (options: ProfitabilityOptions) => {
      const { merchant, top, currency, minMargin } = options;
      if (minMargin !== undefined && !/^-?\d+(?:\.\d+)?$/.test(minMargin)) {
        throw new CommandError(`--min-margin: expected a number of percent, not ${minMargin}`);
      }
      const range = rangeOf(options);
      const summary = await (await clientOf(options)).profitability.get({
        ...{ merchantId: merchant, ...range },
        ...(top !== undefined && { topN: top }),
        ...(currency !== undefined && { currency }),
      });
      await writeResult(profitabilityResult(summary, factsOf(range, merchant)), options);
      if (minMargin === undefined) return;
      const low = summary.rows.filter(({ marginPct, totalCost }) =>
        marginPct === null ? totalCost.gt(0) : marginPct.lt(minMargin),
      );
      for (const { customerId, customerName, marginPct, totalCost } of low) {
        const margin =
          marginPct === null ? `no revenue, cost ${totalCost}` : `margin ${marginPct} %`;
        process.stderr.write(`${printable(`${customerId} ${customerName}: ${margin}`)}\n`);
      }
      if (low.length > 0) process.exitCode = EXIT.differs;
    });
}
