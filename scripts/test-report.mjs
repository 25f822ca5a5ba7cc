import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * Counts of a vitest JSON report, the names of what was skipped, and what failed: `file` relative to `root`, the name of the
 * test, and the first lines of its message. Test files that did not load count as failed.
 */
export function readReport(path, root = process.cwd()) {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  const tests = report.testResults.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, file: file.name })),
  )
  const unloaded = report.testResults
    .filter((file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
    .map((file) => ({ file: file.name, fullName: '(the file itself)', failureMessages: [file.message ?? ''] }))
  const isSkipped = ({ status }) => status === 'skipped' || status === 'pending' || status === 'todo'
  const failures = [...tests.filter(({ status }) => status === 'failed'), ...unloaded]
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: failures.length,
    skipped: tests.filter(isSkipped).length,
    skippedNames: tests.filter(isSkipped).map(({ fullName }) => fullName),
    failures: failures.map(({ file, fullName, failureMessages }) => ({
      file: relative(root, file),
      name: fullName,
      message: (failureMessages?.[0] ?? '')
        .split('\n')
        .filter((line) => !line.includes('node_modules/'))
        .slice(0, 12)
        .join('\n'),
    })),
  }
}

/** The failures as text: file and test on one line, the beginning of the message below. */
export function tellFailures(failures, word = 'failed') {
  return failures
    .map(({ file, name, message }) => `${word}: ${file}: ${name}\n${message.replaceAll(/^/gm, '    ')}`)
    .join('\n')
}
