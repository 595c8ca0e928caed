import { afterAll, expect } from "vitest";

/** Code made from text by the built entries. The test runner's own is not counted: the stack tells. */
const calls: string[] = [];

function trap<T extends (...args: never[]) => unknown>(original: T): T {
  const note = (): void => {
    const { stack = "" } = new Error("code from text");
    if (stack.includes("/dist/") && !stack.includes("node_modules/vite")) calls.push(stack);
  };
  return new Proxy(original, {
    apply(target, self, args) {
      note();
      return Reflect.apply(target, self, args);
    },
    construct(target, args) {
      note();
      return Reflect.construct(target, args);
    },
  });
}

globalThis.Function = trap(globalThis.Function as never);
// biome-ignore lint/security/noGlobalEval: it is trapped, not used
globalThis.eval = trap(globalThis.eval);

afterAll(() => {
  expect(calls).toEqual([]);
});
