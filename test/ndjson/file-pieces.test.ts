import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { piecesOf } from "../../examples/file-pieces.ts";

const MEGABYTE = 1 << 20;
const bytes = Buffer.alloc(3 * MEGABYTE + 5);
for (let at = 0; at < bytes.length; at++) bytes[at] = at % 251;
let folder = "";
let path = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pieces-"));
  path = join(folder, "file");
  await writeFile(path, bytes);
});
afterAll(() => rm(folder, { recursive: true }));

async function all(range?: { start?: number; end?: number }): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of piecesOf(path, range)) {
    pieces.push(Buffer.from(piece));
    await new Promise(setImmediate); // the next is read meanwhile
  }
  return Buffer.concat(pieces);
}

test.each([
  [undefined, undefined],
  [0, 1],
  [5, 5],
  [7, 2 * MEGABYTE],
  [MEGABYTE, 2 * MEGABYTE],
  [MEGABYTE - 1, bytes.length - 1],
  [bytes.length - 1, undefined],
  [bytes.length, undefined],
  [3, bytes.length + 10],
])("the pieces of a file from %s to %s are its bytes there", async (start, end) => {
  const range = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
  expect((await all(range)).equals(bytes.subarray(start, end))).toBe(true);
});

test("a file that is not there is said so, and one that is left early is closed", async () => {
  await expect(piecesOf(join(folder, "none")).next()).rejects.toMatchObject({ code: "ENOENT" });
  await expect(piecesOf(folder).next()).rejects.toMatchObject({ code: "EISDIR" });
  for await (const piece of piecesOf(path)) {
    expect(piece.length).toBe(MEGABYTE);
    break;
  }
});
