import { buildZip } from './build-zip.mjs'

const KIND = 'nodejs:20'
const TIMEOUT_MS = 500
const LOST = 'The action did not produce a valid response and exited unexpectedly.'
const INIT_LOST = 'The action did not initialize and exited unexpectedly.'
const LOG_CUT = 'Logs were truncated because the total bytes size exceeds the limit of 1048576 bytes.'
const OUT_OF_MEMORY = 'The action exhausted its memory and was aborted.'

/** `status` and `error` are what the record must say; `check` says what is wrong with a record, if anything. */
const succeeds = (check) => ({ status: 'success', check })
const fails = (status, error) => ({ status, error })

const echoes = ({ response }, { token }) => response.result?.token !== token && 'the result is of another activation'

/** Every line is of this activation, and there are as many as it wrote. */
const logs = (count) => (record, args) => {
  const own = record.logs.filter((line) => line.endsWith(`stdout: ${args.token}`))
  return (
    echoes(record, args) ||
    (own.length !== count && `${own.length} of ${count} lines`) ||
    (record.logs.length !== count && `a line that is not its own: ${record.logs.find((line) => !own.includes(line))}`)
  )
}

const js = (code, limits = {}) => ({ exec: { kind: KIND, code }, limits })

/**
 * What is invoked: the action, whether it is one of the faults, how often it comes among its like, and what its record
 * must say. `own` gives each caller an action of its own: its container ends behind its back between two calls.
 */
export const ACTIONS = [
  {
    name: 'plain',
    weight: 40,
    action: js('function main({ token }) { return { token } }'),
    expected: succeeds(echoes),
  },
  {
    name: 'concurrent',
    weight: 20,
    action: js(
      `async function main({ token, ms }) {
         for (let i = 0; i < 3; i++) { console.log(token); await new Promise((resolve) => setTimeout(resolve, ms)) }
         return { token }
       }`,
      { concurrency: 8 },
    ),
    args: (random) => ({ ms: random.below(20) }),
    expected: succeeds(logs(3)),
  },
  {
    name: 'zip',
    weight: 10,
    action: {
      exec: {
        kind: KIND,
        binary: true,
        code: buildZip({
          'package.json': '{"main":"lib/index.js"}',
          'lib/index.js': "const { echo } = require('./echo.js'); exports.main = ({ token }) => echo(token)",
          'lib/echo.js': 'exports.echo = (token) => ({ token })',
        }).toString('base64'),
      },
    },
    expected: succeeds(echoes),
  },
  {
    name: 'long',
    weight: 4,
    action: js(
      'function main({ token, ms }) { return new Promise((resolve) => setTimeout(() => resolve({ token }), ms)) }',
    ),
    args: (random) => ({ ms: 500 + random.below(2_500) }),
    expected: succeeds(echoes),
  },
  {
    name: 'logs',
    weight: 15,
    action: js(
      'function main({ token, lines }) { for (let i = 0; i < lines; i++) console.log(token); return { token } }',
    ),
    args: () => ({ lines: 200 }),
    expected: succeeds(logs(200)),
  },
  {
    name: 'big',
    weight: 6,
    action: js("function main({ token, length }) { return { token, text: 'x'.repeat(length) } }"),
    args: (random) => ({ length: 100_000 + random.below(800_000) }),
    expected: succeeds(
      (record, args) => echoes(record, args) || (record.response.result.text.length !== args.length && 'cut'),
    ),
  },
  {
    name: 'error',
    weight: 5,
    action: js('function main({ token }) { return { error: token } }'),
    expected: { status: 'application error', check: ({ response }, { token }) => response.result.error !== token },
  },

  {
    name: 'crash',
    isFault: true,
    weight: 1,
    action: js('function main() { process.exit(3) }'),
    expected: fails('action developer error', LOST),
  },
  {
    name: 'exit-after',
    isFault: true,
    weight: 1,
    own: true,
    action: js('function main({ token }) { setTimeout(() => process.exit(4), 5); return { token } }'),
    expected: succeeds(echoes),
  },
  {
    name: 'memory',
    isFault: true,
    weight: 1,
    action: js('function main() { const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1)) }', { memory: 128 }),
    expected: fails('action developer error', OUT_OF_MEMORY),
  },
  {
    name: 'hangs',
    isFault: true,
    weight: 1,
    action: js('function main() { for (;;); }', { timeout: TIMEOUT_MS }),
    expected: fails('action developer error', `The action exceeded its time limits of ${TIMEOUT_MS} milliseconds.`),
    // A container that is slow to come up on a busy host may use the time up before the run begins.
    orError: `The action exceeded its time limits of ${TIMEOUT_MS} milliseconds during initialization.`,
  },
  {
    name: 'init-fails',
    isFault: true,
    weight: 1,
    action: js('this is no JavaScript'),
    expected: {
      status: 'action developer error',
      check: ({ response }) => !/SyntaxError/.test(response.result.error) && response.result.error,
    },
  },
  {
    name: 'init-exits',
    isFault: true,
    weight: 1,
    action: js('process.exit(7); function main() {}'),
    expected: fails('action developer error', INIT_LOST),
  },
  {
    name: 'flood',
    isFault: true,
    weight: 1,
    action: js(
      "function main({ token }) { for (let i = 0; i < 30; i++) console.log('x'.repeat(100_000)); return { token } }",
      { logs: 1 },
    ),
    expected: succeeds(
      (record, args) => echoes(record, args) || (!record.logs.at(-1).endsWith(LOG_CUT) && 'the log was not cut'),
    ),
  },
]

/** What is wrong with a record; undefined when it says what it must. */
export function complaint({ expected, orError }, record, args) {
  const { status, result } = record.response
  const error = result?.error
  if (status !== expected.status) return `${status} instead of ${expected.status}: ${JSON.stringify(error ?? null)}`
  if (expected.error !== undefined && error !== expected.error && error !== orError) return `says ${error}`
  return expected.check?.(record, args) || undefined
}
