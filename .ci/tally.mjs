// Prints "PASSED FAILED" for one of vitest's JSON reports, and names on stderr what did not run: a skipped test counts
// as a failed one, and so does a file that failed before its first test.
import { readFileSync } from 'node:fs';

const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let passed = 0;
let failed = 0;
for (const { name, status, assertionResults } of testResults) {
  for (const test of assertionResults) {
    if (test.status === 'passed') passed += 1;
    else failed += 1;
    if (!['passed', 'failed'].includes(test.status)) console.error(`${test.status}: ${test.fullName} (${name})`);
  }
  if (status !== 'passed' && assertionResults.every((test) => test.status === 'passed')) failed += 1;
}
console.log(passed, failed);
