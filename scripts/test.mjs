// Runs the tests and says what was skipped and what failed. `node scripts/test.mjs conformance` runs the conformance kits only.
//
// A run of everything takes a second look at few failures: the files that failed run again, alone. What passes then is told as
// unsteady, and is a fault to mend, but does not fail the run. Tests of what must never be lost get no second look.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readReport, tellFailures } from './test-report.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, '.test-report')
const filesOfSecondLook = 6
const neverForgiven = /conservation|chaos|started-twice/

const filters = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const first = run('vitest.json', filters)
for (const name of first.skippedNames) console.log(`skipped: ${name}`)

const files = [...new Set(first.failures.map(({ file }) => file))]
const worthALook =
  filters.length === 0 &&
  files.length > 0 &&
  files.length <= filesOfSecondLook &&
  !first.failures.some(({ file, name }) => neverForgiven.test(file) || neverForgiven.test(name))
let { passed, failures, status } = first
let unsteady = []
if (worthALook) {
  console.log(tellFailures(failures))
  console.log(`a second look, alone: ${files.join(', ')}`)
  const second = run('second-look.json', [...files, '--maxWorkers=1'])
  const names = new Set(second.failures.map(({ file, name }) => `${file} ${name}`))
  const stillFails = ({ file, name }) => second.passed === 0 || names.has(`${file} ${name}`)
  unsteady = failures.filter((failure) => !stillFails(failure))
  failures = [...failures.filter(stillFails), ...second.failures.filter(isNew)]
  passed += unsteady.length
  status = failures.length > 0 || second.status !== 0 ? 1 : 0
}
const summary = [
  tellFailures(failures),
  tellFailures(unsteady, 'unsteady (failed, then passed alone)'),
  `${passed} passed, ${failures.length} failed, ${first.skipped} skipped${unsteady.length > 0 ? `, ${unsteady.length} unsteady` : ''}`,
].filter((part) => part !== '')
writeFileSync(join(folder, 'summary.txt'), `${summary.join('\n')}\n`)
console.log(summary.join('\n'))
process.exit(status)

function run(name, wanted) {
  const report = join(folder, name)
  rmSync(report, { force: true })
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...wanted,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { cwd: root, stdio: 'inherit' },
  )
  return { ...readReport(report, root), status: status ?? 1 }
}

function isNew({ file, name }) {
  return !first.failures.some((failure) => failure.file === file && failure.name === name)
}
