/**
 * Prints "N passed, N failed" for the reports that `npm test` left in a folder (JOBYARD_TEST_REPORTS).
 *
 * A file that could not be loaded, or a report that is missing, counts as one failure. What failed is named once
 * more before that, where nobody has to look for it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const folder = process.argv[2];
if (!folder) {
  console.error("error: which folder? node scripts/count-tests.mjs <folder>");
  process.exit(2);
}
const counts = [count("vitest", vitest), count("playwright", playwright)];
const passed = counts.reduce((sum, one) => sum + one.passed, 0);
const failed = counts.reduce((sum, one) => sum + one.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function count(name, read) {
  const file = join(folder, `${name}.json`);
  if (existsSync(file)) return read(JSON.parse(readFileSync(file, "utf8")));
  console.error(`${name} wrote no report: it did not run to its end`);
  return { passed: 0, failed: 1 };
}

function vitest(report) {
  for (const file of report.testResults)
    for (const test of file.assertionResults)
      if (test.status === "failed") console.log(`failed: ${relative(process.cwd(), file.name)} > ${test.fullName}`);
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  for (const file of broken) console.log(`failed: ${relative(process.cwd(), file.name)}`);
  const failed = report.numFailedTests + broken.length;
  return { passed: report.numPassedTests, failed: report.success ? failed : Math.max(failed, 1) };
}

function playwright({ stats, errors }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length };
}
