import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LoadClient } from './load.mjs'

/** `wrk` costs 5–10 µs a request, the client of Node's own ecosystem about 30, on the same cores as what is measured. */
export const GENERATOR = spawnSync('wrk', ['-v']).error === undefined ? 'wrk' : 'undici'

/** Requests per second of `callers` that send `request` for `ms`; with several paths, one after the other in turn. */
export async function throughput({ origin, paths, headers = {}, body }, callers, ms, folder) {
  return GENERATOR === 'wrk'
    ? byWrk({ origin, paths, headers, body }, callers, ms, folder)
    : byClient({ origin, paths, headers, body }, callers, ms)
}

async function byWrk({ origin, paths, headers, body }, callers, ms, folder) {
  const script = join(folder, 'wrk.lua')
  const all = { 'Content-Type': 'application/json', ...headers }
  writeFileSync(
    script,
    `
local paths = { ${paths.map((path) => lua(path)).join(', ')} }
local requests = {}
local at = 0
function init()
  for i, path in ipairs(paths) do
    requests[i] = wrk.format('POST', path, { ${Object.entries(all)
      .map(([name, value]) => `[${lua(name)}] = ${lua(value)}`)
      .join(', ')} }, ${lua(body)})
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary)
  local errors = summary.errors
  io.write(string.format('SUMMARY {"requests":%d,"us":%d,"bad":%d,"broken":%d}\\n', summary.requests, summary.duration,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
`,
  )
  const args = [
    '-t1',
    `-c${callers}`,
    `-d${Math.max(1, Math.round(ms / 1000))}s`,
    '--timeout',
    '60s',
    '-s',
    script,
    origin,
  ]
  const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  const code = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  const summary = /^SUMMARY (.*)$/m.exec(text)?.[1]
  if (code !== 0 || summary === undefined) throw new Error(`wrk ended with ${code}: ${text}`)
  const { requests, us, bad, broken } = JSON.parse(summary)
  if (bad + broken > 0) throw new Error(`wrk had ${bad} answers other than 2xx and 3xx, ${broken} broken connections`)
  return { perSecond: (requests * 1e6) / us, requests }
}

async function byClient({ origin, paths, headers, body }, callers, ms) {
  const clients = paths.map((path) => new LoadClient({ origin, path, headers, body, connections: callers }))
  let requests = 0
  const started = performance.now()
  const until = started + ms
  const caller = async () => {
    while (performance.now() < until) {
      await clients[requests % clients.length].call()
      requests++
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const perSecond = (requests * 1000) / (performance.now() - started)
  await Promise.all(clients.map((client) => client.close()))
  return { perSecond, requests }
}

/** A Lua string of the same bytes. */
function lua(text) {
  return `'${text.replaceAll(/[\\'\n\r]/g, (unsafe) => `\\${unsafe.charCodeAt(0)}`)}'`
}
