import { ApiError, InvalidResponseError } from "metered-costs";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "./operations.ts";
import { COST } from "./samples.ts";
import { errorOf, KEY, scene } from "./scene.ts";
import { empty, json } from "./scripted-server.ts";

const { server, client } = scene();

describe("withResponse", () => {
  test.each(OPERATIONS)("tells of the response: $operation", async (each) => {
    server.answer(each.success, each.success);
    const plain = await each.call(client());
    const promise = each.call(client()) as ReturnType<ReturnType<typeof client>["costs"]["get"]>;
    const { data, response, requestId, attempts } = await promise.withResponse();
    expect(data).toEqual(plain);
    expect({ status: response?.status, requestId, attempts }).toEqual({
      status: each.status,
      requestId: undefined,
      attempts: 1,
    });
  });

  test("has the last response, its request id, and no secret", async () => {
    server.answer(
      empty(503, { "retry-after": "0", "x-request-id": "req_1" }),
      json(COST, 200, { "x-request-id": "req_2", "x-echo": `Bearer ${KEY}` }),
    );
    const { data, response, requestId, attempts } = await client()
      .costs.get("cst_1")
      .withResponse();
    expect(data.id).toBe("cst_1");
    expect({ requestId, attempts }).toEqual({ requestId: "req_2", attempts: 2 });
    expect(response?.headers.get("x-echo")).toBe("Bearer [redacted]");
  });

  test("rejects as the call does", async () => {
    server.answer(json({ message: "no" }, 404));
    await errorOf(ApiError, client().costs.get("cst_1").withResponse());
  });

  test("is gone from what then gives", async () => {
    server.answer(json(COST));
    const next = client()
      .costs.get("cst_1")
      .then(({ id }) => id);
    expect(next).not.toHaveProperty("withResponse");
    expect(await next).toBe("cst_1");
  });
});

describe("costs.listAll from a server that ignores the offset", () => {
  const page = (ids: readonly string[]) =>
    json({
      object: "list",
      data: ids.map((id) => ({ ...COST, id })),
      pagination: { limit: 100, offset: 0, total: ids.length },
    });
  const idsUntilError = async (): Promise<{ ids: string[]; error: unknown }> => {
    const ids: string[] = [];
    let error: unknown;
    try {
      for await (const { id } of client().costs.listAll()) ids.push(id);
    } catch (thrown) {
      error = thrown;
    }
    return { ids, error };
  };

  test("throws when the page repeats", async () => {
    server.otherwise(page(["cst_1", "cst_2"]));
    const { ids, error } = await idsUntilError();
    expect(ids).toEqual(["cst_1", "cst_2"]);
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect(error).toMatchObject({ operation: "listCosts", status: 200, attempts: 1 });
    expect(String(error)).toContain("the server ignores the offset");
    expect(server.requests).toHaveLength(2);
  });

  test("throws when pages repeat in turn", async () => {
    server.answer(page(["cst_1"]), page(["cst_2"]), page(["cst_1"]));
    const { ids, error } = await idsUntilError();
    expect(ids).toEqual(["cst_1", "cst_2"]);
    expect(error).toBeInstanceOf(InvalidResponseError);
  });

  test("goes on when a page overlaps the one before, and gives no cost twice", async () => {
    server.answer(page(["cst_1", "cst_2"]), page(["cst_2", "cst_3"]), page([]));
    expect(await idsUntilError()).toEqual({
      ids: ["cst_1", "cst_2", "cst_3"],
      error: undefined,
    });
  });
});
