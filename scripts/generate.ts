// Makes generated/paygentic.ts from openapi.json; with --check, fails when the two have drifted apart.
import { readFile, writeFile } from "node:fs/promises";
import openapiTypescript, { astToString } from "openapi-typescript";
import ts from "typescript";

const source = new URL("../openapi.json", import.meta.url);
const target = new URL("../generated/paygentic.ts", import.meta.url);

const reference = (name: string): ts.TypeNode =>
  ts.factory.createTypeReferenceNode(ts.factory.createIdentifier(name));
const orNull = (type: ts.TypeNode, schemaType: unknown): ts.TypeNode =>
  Array.isArray(schemaType) && schemaType.includes("null")
    ? ts.factory.createUnionTypeNode([
        type,
        ts.factory.createLiteralTypeNode(ts.factory.createNull()),
      ])
    : type;

const types = await openapiTypescript(source, {
  inject: 'import type { DecimalInput } from "../src/values/decimal.ts";\n',
  transform(schema) {
    if (schema.format === "decimal") return orNull(reference("DecimalInput"), schema.type);
    if (schema.format === "date-time") return orNull(reference("Date | string"), schema.type);
    return undefined;
  },
});
const text = `// Made from openapi.json by \`npm run generate\`; never edited by hand.\n${astToString(types)}`;

if (process.argv.includes("--check")) {
  if ((await readFile(target, "utf8").catch(() => "")) !== text) {
    console.error("generated/paygentic.ts is not what openapi.json says: run `npm run generate`.");
    process.exit(1);
  }
  console.log("generated/paygentic.ts is what openapi.json says.");
} else {
  await writeFile(target, text);
}
