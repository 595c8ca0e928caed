import { expect, test } from "vitest";
import { counted } from "../../src/values/counted.ts";

test.each([
  [0, "0 events"],
  [1, "1 event"],
  [2, "2 events"],
  ["1", "1 event"],
  ["12345678901234567890", "12345678901234567890 events"],
])("%s is written as %s", (count, text) => {
  expect(counted(count, "event")).toBe(text);
});

test("what is called otherwise than with an s is given", () => {
  expect(counted(1, "event was", "events were")).toBe("1 event was");
  expect(counted(2, "event was", "events were")).toBe("2 events were");
});
