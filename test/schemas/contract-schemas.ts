/** A part of a JSON document. */
export type Json = Readonly<Record<string, unknown>>;

const METHODS = new Set(["get", "put", "post", "patch", "delete"]);

/** What follows a reference inside of the document; anything else is itself. */
export function resolved(document: Json, value: unknown): Json {
  const { $ref } = value as { $ref?: unknown };
  if (typeof $ref !== "string") return value as Json;
  const steps = $ref.replace(/^#\//, "").split("/");
  const target = steps.reduce<unknown>((part, step) => (part as Json)[step], document);
  return resolved(document, target);
}

const jsonSchema = (part: Json): Json | undefined =>
  (part["content"] as { "application/json"?: { schema: Json } } | undefined)?.["application/json"]
    ?.schema;

/** Parameters as one object: each value as it is before it becomes text of a URL. */
function objectOf(parameters: readonly Json[]): Json {
  const properties = parameters.map((parameter) => [
    parameter["name"],
    parameter["schema"] ?? jsonSchema(parameter),
  ]);
  const required = parameters.filter(({ required }) => required).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    required,
    additionalProperties: false,
  };
}

/**
 * The schemas of everything that an OpenAPI document says is sent or answered with success, each by a name:
 * `createCost body`, `listCosts query`, `getCost id`, and an answer by the name of its schema (`Cost`), or by its
 * operation and status when it has none.
 */
export function contractSchemas(document: Json): ReadonlyMap<string, Json> {
  const schemas = new Map<string, Json>();
  for (const path of Object.values(document["paths"] as Record<string, Json>)) {
    const shared = (path["parameters"] ?? []) as readonly Json[];
    for (const [method, value] of Object.entries(path)) {
      if (!METHODS.has(method)) continue;
      const operation = value as Json;
      const name = String(operation["operationId"]);
      const own = (operation["parameters"] ?? []) as readonly Json[];
      const parameters = [...shared, ...own].map((parameter) => resolved(document, parameter));
      for (const place of ["query", "header", "cookie"]) {
        const here = parameters.filter((parameter) => parameter["in"] === place);
        if (here.length > 0) schemas.set(`${name} ${place}`, objectOf(here));
      }
      for (const parameter of parameters.filter((parameter) => parameter["in"] === "path")) {
        schemas.set(`${name} ${parameter["name"]}`, parameter["schema"] as Json);
      }
      const body = operation["requestBody"];
      const sent = body === undefined ? undefined : jsonSchema(resolved(document, body));
      if (sent !== undefined) schemas.set(`${name} body`, sent);
      for (const [status, answer] of Object.entries(operation["responses"] as Json)) {
        const answered = /^[23]/.test(status) ? jsonSchema(resolved(document, answer)) : undefined;
        if (answered === undefined) continue;
        const reference = answered["$ref"];
        const known = typeof reference === "string" ? reference.split("/").at(-1) : undefined;
        schemas.set(known ?? `${name} ${status}`, answered);
      }
    }
  }
  return schemas;
}

/** The names of all operations of an OpenAPI document. */
export function operationsOf(document: Json): string[] {
  return Object.values(document["paths"] as Record<string, Json>).flatMap((path) =>
    Object.entries(path).flatMap(([method, operation]) =>
      METHODS.has(method) ? [String((operation as Json)["operationId"])] : [],
    ),
  );
}
