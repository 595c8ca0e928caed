import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

// The golden cases are kept beside this repository; `test/cases` holds a copy, so that it needs nothing but itself.
const original = "../shared/cases";
const copy = "test/cases";

test("the golden cases are those that are kept", () => {
  const files = readdirSync(original).sort();
  expect(files.length).toBeGreaterThan(40);
  expect(readdirSync(copy).sort()).toEqual(files);
  for (const file of files) {
    expect(readFileSync(`${copy}/${file}`, "utf8")).toBe(
      readFileSync(`${original}/${file}`, "utf8"),
    );
  }
});
