// Makes the types in generated/ from the contracts; with --check, fails when the two have drifted apart.
import { readFile, writeFile } from "node:fs/promises";
import openapiTypescript, { astToString } from "openapi-typescript";
import ts from "typescript";

const CONTRACTS = [
  { contract: "openapi.json", types: "generated/paygentic.ts" },
  { contract: "kontorion.openapi.json", types: "generated/kontorion.ts" },
] as const;
const inProject = (path: string): URL => new URL(`../${path}`, import.meta.url);

const reference = (name: string): ts.TypeNode =>
  ts.factory.createTypeReferenceNode(ts.factory.createIdentifier(name));
const orNull = (type: ts.TypeNode, schemaType: unknown): ts.TypeNode =>
  Array.isArray(schemaType) && schemaType.includes("null")
    ? ts.factory.createUnionTypeNode([
        type,
        ts.factory.createLiteralTypeNode(ts.factory.createNull()),
      ])
    : type;

async function typesOf(contract: string): Promise<string> {
  const source = inProject(contract);
  const usesDecimals = (await readFile(source, "utf8")).includes('"format": "decimal"');
  const types = await openapiTypescript(source, {
    ...(usesDecimals && {
      inject: 'import type { DecimalInput } from "../src/values/decimal.ts";\n',
    }),
    transform(schema) {
      if (schema.format === "decimal") return orNull(reference("DecimalInput"), schema.type);
      if (schema.format === "date-time") return orNull(reference("Date | string"), schema.type);
      return undefined;
    },
  });
  return `// Made from ${contract} by \`npm run generate\`; never edited by hand.\n${astToString(types)}`;
}

for (const { contract, types } of CONTRACTS) {
  const text = await typesOf(contract);
  if (!process.argv.includes("--check")) {
    await writeFile(inProject(types), text);
  } else if ((await readFile(inProject(types), "utf8").catch(() => "")) === text) {
    console.log(`${types} is what ${contract} says.`);
  } else {
    console.error(`${types} is not what ${contract} says: run \`npm run generate\`.`);
    process.exitCode = 1;
  }
}
