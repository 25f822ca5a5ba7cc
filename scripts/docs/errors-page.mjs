// docs/errors.md is made of the table of codes in core and its comments.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** With `check` the page is compared; otherwise written. Returns what is wrong. */
export async function writeErrorsPage(root, { check }) {
  const file = join(root, 'docs', 'errors.md')
  const text = await errorsPage(root)
  if (!check) {
    writeFileSync(file, text)
    return []
  }
  return readFileSync(file, 'utf8') === text ? [] : ['docs/errors.md is stale: node scripts/docs.mjs --check --write']
}

async function errorsPage(root) {
  const core = join(root, 'packages', 'core')
  const { ERROR_CODES } = await import(pathToFileURL(join(core, 'dist', 'index.js')).href)
  const source = readFileSync(join(core, 'src', 'errors.ts'), 'utf8')
  const rows = Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => {
    const [, comment = ''] = new RegExp(`/\\*\\* ((?:(?!\\*/)[\\s\\S])*?) \\*/\\n  ${code}:`).exec(source) ?? []
    if (comment === '') throw new Error(`${code} has no comment in errors.ts`)
    const meaning = comment.replaceAll(/\s*\n\s*\* ?/g, ' ').replaceAll('|', '\\|')
    return `| \`${code}\` | ${meaning} | ${status} | ${retryable ? 'yes' : 'no'} |`
  })
  const codes = refusals(readFileSync(join(core, 'src', 'controller', 'refusals', 'refusal-codes.ts'), 'utf8'))
  return `# Errors

<!-- Made by node scripts/docs.mjs --check --write. -->

Every error that crosses a contract is a \`PlatformError\` with one of these codes. \`isPlatformError(error, code)\` recognises it,
also across several copies of core. The cause, such as the error of a driver, is in \`cause\`.

<!-- prettier-ignore -->
| Code | Meaning | HTTP status, when it reaches a caller | The same call may succeed later |
| --- | --- | --- | --- |
${rows.join('\n')}

The message says what was wrong and what to do. \`ERR_CONFIG\` names the option; \`ERR_UNAVAILABLE\` says who did not answer.

## What the API refuses

Clients get OpenWhisk's texts and an error object, \`{ "error": "…", "code": "…" }\`; \`code\` is the id of the transaction, by
which the log is searched. Inside, each refusal has a code of the domain: ${codes.map((code) => `\`${code}\``).join(', ')}.

## Exit codes of the command

<!-- prettier-ignore -->
| Code | When |
| --- | --- |
| 0 | done, or stopped by a signal after everything was finished |
| 1 | it did not start, or the command failed; one line on standard error says why |
| 2 | \`stemcell admin\`: a name, key or limit that cannot be |
`
}

function refusals(source) {
  const [, body = ''] = /export interface RefusalDetails \{\n([\s\S]*?)\n\}/.exec(source) ?? []
  const codes = [...body.matchAll(/^ {2}'?([a-z-]+)'?:/gm)].map(([, code]) => code)
  if (codes.length < 20) throw new Error('the refusals of core were not found')
  return codes
}
