import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Operation } from "../../src/errors.ts";
import { parseTimestamp } from "../../src/values/timestamp.ts";

/** What openapi.json says, to hold the mock against. */

// biome-ignore lint/suspicious/noExplicitAny: tests look into the contract freely
type Part = any;

export const contract: Part = JSON.parse(
  readFileSync(new URL("../../openapi.json", import.meta.url), "utf8"),
);
export const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat("decimal", true);
ajv.addFormat("date-time", (text: string) => !Number.isNaN(parseTimestamp(text)));
ajv.addSchema(contract, "contract");

/** The check of a named schema. */
export const schema = (name: string): ValidateFunction =>
  ajv.compile({ $ref: `contract#/components/schemas/${name}` });

/** The check of a schema as it stands in the contract, its references resolved. */
export const schemaOf = (local: object): ValidateFunction =>
  ajv.compile(JSON.parse(JSON.stringify(local).replaceAll('"#/', '"contract#/')));

const resolved = (part: Part): Part =>
  part.$ref === undefined
    ? part
    : part.$ref
        .slice(2)
        .split("/")
        .reduce((at: Part, step: string) => at[step], contract);

/** A parameter of an operation, and whether a text that is sent for it is valid. */
export interface ContractParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly isRequired: boolean;
  readonly accepts: (texts: readonly string[]) => boolean;
}

/** One operation as the contract has it. */
export interface ContractOperation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly ContractParameter[];
  readonly acceptsBody: ((body: unknown) => boolean) | undefined;
  /** Whether an answer is one that the contract has, its status included. */
  readonly answers: (status: number, json: unknown, text: string) => boolean;
}

function parameterOf(given: Part): ContractParameter {
  const { name, in: place, required, schema: plain, content } = resolved(given);
  const local = resolved(plain ?? content["application/json"].schema);
  const isValid = schemaOf(local);
  const meaning = (text: string): unknown => {
    if (content === undefined && local.type === "string") return text;
    // Exponents and outer spaces are JSON, but of no integer literal.
    if (local.type === "integer" && !/^-?\d+$/.test(text)) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  return {
    name,
    in: place,
    isRequired: required === true,
    accepts: (texts) =>
      local.type === "array"
        ? isValid(texts)
        : texts.length === 1 && isValid(meaning(texts[0] ?? "")),
  };
}

function answersOf(responses: Part): ContractOperation["answers"] {
  const checks = new Map<string, ValidateFunction | undefined>(
    Object.entries(responses).map(([status, response]) => {
      const local = resolved(response).content?.["application/json"].schema;
      return [status, local === undefined ? undefined : schemaOf(local)];
    }),
  );
  return (status, json, text) => {
    const key = checks.has(String(status)) ? String(status) : `${Math.floor(status / 100)}XX`;
    if (!checks.has(key)) return false;
    const isValid = checks.get(key);
    return isValid === undefined ? text === "" : isValid(json);
  };
}

/** Whether a body is one of those that a 400 has. */
export const isBadRequest: ValidateFunction = schemaOf(
  contract.components.responses.BadRequest.content["application/json"].schema,
);

/** Every operation of the contract by its name. */
export const CONTRACT = Object.fromEntries(
  Object.entries<Record<string, never>>(contract.paths).flatMap(
    ([path, { parameters: shared = [], ...methods }]: [string, Part]) =>
      Object.entries<Part>(methods).map(([method, operation]) => [
        operation.operationId,
        {
          method: method.toUpperCase(),
          path,
          parameters: [...shared, ...(operation.parameters ?? [])].map(parameterOf),
          acceptsBody:
            operation.requestBody &&
            schemaOf(operation.requestBody.content["application/json"].schema),
          answers: answersOf(operation.responses),
        },
      ]),
  ),
) as Readonly<Record<Operation, ContractOperation>>;
