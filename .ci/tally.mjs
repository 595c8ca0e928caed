// Prints "PASSED FAILED" of a vitest report, then a line for each test that did not pass. A run that failed without a
// failed test (lint, types, no report) counts as one failure, and so does a test that was skipped: nothing here may be.
import { readFileSync } from "node:fs";

const [, , file, exitCode] = process.argv;
let passed = 0;
let failed = 0;
let names = [];
try {
  const report = JSON.parse(readFileSync(file, "utf8"));
  passed = report.numPassedTests;
  failed = report.numTotalTests - report.numPassedTests;
  names = report.testResults.flatMap(({ name, message, assertionResults }) => [
    ...(message ? [`${name}: ${message}`] : []),
    ...assertionResults
      .filter(({ status }) => status !== "passed")
      .map(
        ({ fullName, status, failureMessages }) =>
          `${status}: ${fullName}\n${(failureMessages ?? []).join("\n")}`,
      ),
  ]);
} catch {
  // No report: the command failed before any test ran.
}
if ((exitCode !== "0" || passed === 0) && failed === 0) failed = 1;
console.log(passed, failed);
for (const name of names) console.log(name.slice(0, 2000));
