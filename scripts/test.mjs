// Runs the tests and says what was skipped. `node scripts/test.mjs conformance` runs the conformance kits only.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readReport } from './test-report.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const report = join(root, '.test-report', 'vitest.json')
mkdirSync(dirname(report), { recursive: true })
rmSync(report, { force: true })

const filters = process.argv.slice(2)
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...filters,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  { cwd: root, stdio: 'inherit' },
)

const { passed, failed, skipped, skippedNames } = readReport(report)
for (const name of skippedNames) console.log(`skipped: ${name}`)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exit(status ?? 1)
