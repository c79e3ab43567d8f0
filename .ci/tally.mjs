// Prints "PASSED FAILED" for one of vitest's JSON reports, and on stderr a line for each failure: a skipped test counts as
// a failed one, and so does a file that failed before its first test.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let passed = 0;
let failed = 0;
for (const { name, status, message, assertionResults } of testResults) {
  for (const test of assertionResults) {
    if (test.status === 'passed') passed += 1;
    else failed += 1;
    if (test.status !== 'passed') say(name, `${test.status}: ${test.fullName}: ${whyOf(test)}`);
  }
  if (status !== 'passed' && assertionResults.every((test) => test.status === 'passed')) {
    failed += 1;
    say(name, `${status}: ${message}`);
  }
}
console.log(passed, failed);

/** What vitest keeps of a test that ran out of time is only where it began. */
function whyOf({ failureMessages: [message = ''] = [] }) {
  return message.includes('STACK_TRACE_ERROR') ? 'it did not end in its time' : message;
}

function say(file, text) {
  console.error(`${relative('.', file)}: ${text.split('\n').slice(0, 3).join(' ')}`);
}
