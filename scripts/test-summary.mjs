// The last line of a CI run: counts from the test runner's own report of the run before.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readReport } from './test-report.mjs'

const { passed, failed, skipped } = readReport(
  join(dirname(fileURLToPath(import.meta.url)), '..', '.test-report', 'vitest.json'),
)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
