import { expect, test, vi } from "vitest";
import { describeLines } from "./lines.ts";

// As where the host lets no code be made of bytes. It is tried once in a process, so that this is a file of its own.
const refused = vi.fn(function Module() {
  throw new Error("no code of bytes here");
});
vi.stubGlobal("WebAssembly", { Module: refused });

describeLines();

test("it was tried once, and then no more", () => {
  expect(refused).toHaveBeenCalledOnce();
});
