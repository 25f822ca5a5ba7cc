import { readFileSync } from 'node:fs'

/** Counts of a vitest JSON report, and the names of what was skipped. Test files that did not load count as failed. */
export function readReport(path) {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  const count = (...states) => tests.filter(({ status }) => states.includes(status)).length
  const isSkipped = ({ status }) => status === 'skipped' || status === 'pending' || status === 'todo'
  return {
    passed: count('passed'),
    failed: count('failed') + unloaded.length,
    skipped: tests.filter(isSkipped).length,
    skippedNames: tests.filter(isSkipped).map(({ fullName }) => fullName),
  }
}
