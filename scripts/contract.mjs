// Runs the REST contract on any server that claims to speak it. Credentials come from the environment:
// STEMCELL_AUTH=UUID:KEY, and STEMCELL_AUTH_OTHER=UUID:KEY for the rows about a second caller.
import { parseArgs } from 'node:util'
import { REST_CONTRACT, RestSuite, sendRequest } from '@stemcell/conformance/rest'

const USAGE = `STEMCELL_AUTH=UUID:KEY npm run test:contract -- --url http://127.0.0.1:3233 [--filter TEXT] [--parallel N] [--without KIND] [--openwhisk]
  --filter TEXT   only rows whose section, area or name has this text, such as §7 or "a rule"
  --parallel N    rows at once, default 4
  --without KIND  leave out the rows about a kind that the server lists but its host cannot run, e.g. python:3
  --openwhisk     the server is OpenWhisk: leave out the rows about what Stemcell does otherwise on purpose
  STEMCELL_AUTH_OTHER=UUID:KEY gives the rows about two callers their second one`

function usage(message) {
  console.error(`${message}\n${USAGE}`)
  process.exit(2)
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: 'string' },
        filter: { type: 'string' },
        parallel: { type: 'string', default: '4' },
        without: { type: 'string', multiple: true, default: [] },
        openwhisk: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    return usage(error.message)
  }
}

const { url, filter = '', parallel, without, openwhisk } = options()
if (!url || !URL.canParse(url)) usage('--url is missing or no address')
if (!/^[1-9]\d*$/.test(parallel)) usage('--parallel wants a number')
const { STEMCELL_AUTH: auth, STEMCELL_AUTH_OTHER: otherAuth } = process.env
if (!auth) usage('STEMCELL_AUTH is not set')

async function caller(variable, credentials) {
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  const { status, text } = await sendRequest(url, {
    method: 'GET',
    path: '/api/v1/namespaces',
    headers: { authorization },
  })
  if (status !== 200) usage(`${variable} is refused by ${url}: ${status} ${text}`)
  return { namespace: JSON.parse(text)[0], auth: credentials }
}

async function connect() {
  try {
    const target = {
      baseUrl: url,
      without,
      openwhisk,
      owner: await caller('STEMCELL_AUTH', auth),
      ...(otherAuth ? { other: await caller('STEMCELL_AUTH_OTHER', otherAuth) } : {}),
    }
    return await RestSuite.connect(target)
  } catch (error) {
    return usage(`${url} does not answer: ${error.message}`)
  }
}

const suite = await connect()
const rows = REST_CONTRACT.flatMap(({ section, name, rows: all }) =>
  all.map((row) => ({ row, title: `§${section} ${name}: ${row.name}` })),
).filter(({ title }) => title.includes(filter))
const count = { passed: 0, failed: 0, skipped: 0 }
const waiting = rows.values()

async function work() {
  for (const { row, title } of waiting) {
    const reason = suite.skipReason(row)
    if (reason !== undefined) {
      count.skipped++
      console.log(`skipped ${title}: ${reason}`)
      continue
    }
    try {
      await suite.run(row)
      count.passed++
    } catch (error) {
      count.failed++
      console.log(`FAILED ${title}\n  ${error.message.trim().replaceAll('\n', '\n  ')}`)
    }
  }
}

await Promise.all(Array.from({ length: Number(parallel) }, work))
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exit(count.failed > 0 || rows.length === 0 ? 1 : 0)
