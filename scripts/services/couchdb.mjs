// CouchDB: the server that COUCHDB_URL names, or else a stand-in from npm that speaks its HTTP interface in memory.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, servicesRoot, startDetached, until } from './service.mjs'

const program = join(dirname(fileURLToPath(import.meta.url)), 'couchdb-stand-in.mjs')

/** Kept when the service is down: what is in it was downloaded. */
const cache = join(servicesRoot, 'cache', 'couchdb')

// express 5 breaks express-pouchdb.
const packages = {
  'express-pouchdb': '4.2.0',
  express: '^4.21.0',
  pouchdb: '^9.0.0',
  'pouchdb-adapter-memory': '^9.0.0',
}

/** @type {import('./service.mjs').Service} */
export default {
  name: 'couchdb',
  async up(folder) {
    const outside = process.env.COUCHDB_URL
    if (outside) {
      await until('the server of COUCHDB_URL', () => welcomes(outside), { timeoutMs: 10_000 })
      return { env: {} }
    }
    const { url, ...started } = await startStandIn(folder)
    return { ...started, env: { COUCHDB_URL: url } }
  },
  answers: ({ env }) => welcomes(env.COUCHDB_URL ?? process.env.COUCHDB_URL),
}

/**
 * Starts the stand-in, whose account is that of the environment; resolves once it answers.
 * @param {string} folder
 * @param {{ port?: number, username?: string, password?: string }} [options]
 */
export async function startStandIn(folder, options = {}) {
  const { port = await freePort(), username = 'admin', password = 'password' } = options
  install()
  const env = { ...process.env, COUCHDB_USER: username, COUCHDB_PASSWORD: password }
  const args = ['--unhandled-rejections=warn', program, cache, `${port}`]
  const state = startDetached(folder, process.execPath, args, { env })
  const url = `http://${username}:${password}@127.0.0.1:${port}`
  await until('couchdb', () => welcomes(url), { folder, state })
  return { ...state, url }
}

function install() {
  if (existsSync(join(cache, 'node_modules', 'express-pouchdb'))) return
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), JSON.stringify({ private: true, dependencies: packages }))
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--omit=optional']
  const { status, stderr } = spawnSync('npm', ['install', ...options], { cwd: cache, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm install of the stand-in failed:\n${stderr}`)
}

async function welcomes(address) {
  if (!address) return false
  const { username, password, origin } = new URL(address)
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers = username ? { authorization: `Basic ${Buffer.from(account).toString('base64')}` } : {}
  try {
    const reply = await fetch(`${origin}/_all_dbs`, { headers, signal: AbortSignal.timeout(5000) })
    return reply.ok
  } catch {
    return false
  }
}
