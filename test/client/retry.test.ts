import { afterEach, describe, expect, test, vi } from "vitest";
import { readRetryAfter } from "../../src/http/retry.ts";
import { onAbort, startIdleTimer, wait } from "../../src/http/waiting.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("what Retry-After asks for", () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 7);

  test("may have a fraction of any length", () => {
    expect(readRetryAfter("1.25", now)).toBe(1.25);
    expect(readRetryAfter("0.0625", now)).toBe(0.0625);
  });

  test("keeps the offset that a date names, though HTTP knows none", () => {
    expect(readRetryAfter("Sun, 06 Nov 1994 07:49:37 -0100", now)).toBe(30);
  });

  test("may have spaces around it, which HTTP allows and Node keeps at its end", () => {
    expect(readRetryAfter(" 30\t ", now)).toBe(30);
    expect(readRetryAfter("Sun Nov  6 08:49:37 1994 ", now)).toBe(30);
  });

  test("may be longer than anybody waits", () => {
    expect(readRetryAfter("9".repeat(20), now)).toBe(1e20);
    expect(readRetryAfter("9".repeat(400), now)).toBe(Number.MAX_VALUE);
  });

  test("is nothing where words come before the date", () => {
    expect(readRetryAfter("about Sun, 06 Nov 1994 08:49:37 GMT", now)).toBeUndefined();
  });
});

describe("those that listen to a signal", () => {
  test("are all told at once, by one listener of the signal", () => {
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, "addEventListener");
    const listeners = [vi.fn(), vi.fn(), vi.fn()];
    for (const listener of listeners) onAbort(controller.signal, listener);
    expect(add).toHaveBeenCalledTimes(1);
    controller.abort();
    for (const listener of listeners) expect(listener).toHaveBeenCalledTimes(1);
  });

  test("are told of nothing when they were called off, and the others are", () => {
    const controller = new AbortController();
    const [first, second] = [vi.fn(), vi.fn()];
    const callOff = onAbort(controller.signal, first);
    onAbort(controller.signal, second);
    callOff();
    callOff();
    controller.abort();
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  test("leave the signal its other listeners, and come back after the last was called off", () => {
    const controller = new AbortController();
    const { signal } = controller;
    const remove = vi.spyOn(signal, "removeEventListener");
    onAbort(signal, vi.fn())();
    expect(remove).toHaveBeenCalledTimes(1);
    expect(remove).toHaveBeenCalledWith("abort", expect.any(Function));
    const again = vi.fn();
    onAbort(signal, again);
    controller.abort();
    expect(again).toHaveBeenCalledTimes(1);
  });
});

describe("a wait", () => {
  test("on a signal that has aborted rejects with its reason, and starts no timer", async () => {
    const startTimer = vi.fn(setTimeout);
    const reason = new Error("over");
    await expect(wait(0, AbortSignal.abort(reason), startTimer)).rejects.toBe(reason);
    expect(startTimer).not.toHaveBeenCalled();
  });

  test("ends at an abort with the signal's reason, and stops its timer", async () => {
    const controller = new AbortController();
    const stop = vi.spyOn(globalThis, "clearTimeout");
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const waiting = wait(3_600_000, controller.signal);
    const reason = new Error("over");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(stop).toHaveBeenCalledTimes(1);
    expect(remove).toHaveBeenCalledTimes(1);
  });

  test.each([2 ** 31, 1e12, Number.POSITIVE_INFINITY])(
    "of %s ms starts no timer, which would ring at once, and ends with an abort",
    async (milliseconds) => {
      const startTimer = vi.fn(setTimeout);
      const controller = new AbortController();
      const waiting = wait(milliseconds, controller.signal, startTimer);
      expect(startTimer).not.toHaveBeenCalled();
      controller.abort("over");
      await expect(waiting).rejects.toBe("over");
    },
  );
});

describe("an idle timer", () => {
  test("rings, and keeps no process alive", async () => {
    await new Promise<void>((resolve) => {
      const timer = startIdleTimer(resolve, 1);
      expect(timer.hasRef()).toBe(false);
      // Else nothing else might keep this one alive.
      timer.ref();
    });
  });

  test("is a number in browsers, and is given back as it is", () => {
    const start = vi.fn(() => 7);
    vi.stubGlobal("setTimeout", start);
    const ring = (): void => undefined;
    expect(startIdleTimer(ring, 5)).toBe(7);
    expect(start).toHaveBeenCalledExactlyOnceWith(ring, 5);
  });
});

test("a Retry-After that begins with no day of the week is no date", () => {
  expect(readRetryAfter("someday, 21 Oct 2026 07:28:00 GMT", 0)).toBeUndefined();
  expect(readRetryAfter("Wed, 21 Oct 2026 07:28:00 GMT", 0)).toBe(1_792_567_680);
});
