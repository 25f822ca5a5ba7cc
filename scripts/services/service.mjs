// What every service file in this folder builds on: a state folder, a detached process, and waiting by asking.
import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where services keep their data, logs and state: `.services/NAME` in the project's root. */
export const servicesRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.services')

/**
 * @typedef {object} ServiceState
 * @property {number} [pid] the process that `up` started; absent when somebody else's is used
 * @property {string} [startTime] of that process, so that a recycled pid is not mistaken for it
 * @property {Record<string, string>} env how tests find the service
 *
 * @typedef {object} Service
 * @property {string} name
 * @property {(folder: string) => Promise<ServiceState>} up starts it and resolves once it answers
 * @property {(state: ServiceState, folder: string) => Promise<void>} [refresh] what `up` does when it is up already
 * @property {(state: ServiceState, folder: string) => Promise<boolean>} answers whether it is usable right now
 * @property {(state: ServiceState | undefined, folder: string) => Promise<void>} [down] beyond ending the process: what it left
 *   behind
 * @property {(folder: string) => boolean} [remains] whether an `up` that did not come to its end left something outside of its
 *   folder, which `down` removes without a state
 */

export function folderOf(name) {
  const folder = join(servicesRoot, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

const stateFile = (name) => join(servicesRoot, name, 'state.json')

/** @returns {ServiceState | undefined} */
export function readState(name) {
  if (!existsSync(stateFile(name))) return undefined
  return JSON.parse(readFileSync(stateFile(name), 'utf8'))
}

export function writeState(name, state) {
  folderOf(name)
  writeFileSync(stateFile(name), JSON.stringify(state, undefined, 2) + '\n')
}

export function forget(name) {
  rmSync(join(servicesRoot, name), { recursive: true, force: true })
}

/** Runs `command` in a session of its own, its output in `FOLDER/output.log`; it outlives this program. */
export function startDetached(folder, command, args, options = {}) {
  const log = openSync(join(folder, 'output.log'), 'a')
  const child = spawn(command, args, { cwd: folder, ...options, detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  child.once('error', (err) => console.error(`cannot run ${command}: ${err.message}`))
  if (child.pid === undefined) throw new Error(`cannot run ${command}`)
  child.unref()
  return { pid: child.pid, startTime: startTimeOf(child.pid) }
}

/** The kernel's start time of a process (ticks since boot); undefined when it is gone or this is not Linux. */
export function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : rest[18]
  } catch (err) {
    if (err.code === 'ENOENT' || err.code === 'ESRCH') return undefined
    throw err
  }
}

export function isRunning({ pid, startTime }) {
  if (pid === undefined) return false
  if (process.platform === 'linux') return startTime !== undefined && startTimeOf(pid) === startTime
  return spawnSync('kill', ['-0', String(pid)]).status === 0
}

/** Asks until `probe` says true. Rejects after `timeoutMs` with what the service last printed. */
export async function until(what, probe, { timeoutMs = 60_000, everyMs = 100, folder, state } = {}) {
  const deadline = Date.now() + timeoutMs
  while (!(await probe())) {
    const ended = state?.pid !== undefined && !isRunning(state)
    if (ended || Date.now() > deadline) {
      const said = folder && existsSync(join(folder, 'output.log')) ? tail(join(folder, 'output.log')) : ''
      throw new Error(`${what}: ${ended ? 'the process ended' : `not within ${timeoutMs} ms`}${said && `\n${said}`}`)
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

const tail = (file) => readFileSync(file, 'utf8').split('\n').slice(-20).join('\n')

/** Ends the process of `state` that `up` started: SIGTERM, and SIGKILL when it has not gone after `graceMs`. */
export async function stop(state, graceMs = 20_000) {
  if (!isRunning(state)) return
  process.kill(state.pid, 'SIGTERM')
  try {
    await until(`end of process ${state.pid}`, () => !isRunning(state), { timeoutMs: graceMs })
  } catch {
    process.kill(state.pid, 'SIGKILL')
    await until(`end of process ${state.pid}`, () => !isRunning(state))
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** The path of `program`, from Debian's `packages` when it is absent and this user may install them. */
export function requireProgram(program, packages) {
  return requireInstalled(program, packages, () => which(program))
}

/** What `find` says of `what`, from Debian's `packages` when it finds nothing and this user may install them. */
export function requireInstalled(what, packages, find) {
  const found = find()
  if (found) return found
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (!which('apt-get') || process.getuid?.() !== 0)
    throw new Error(`${what} is not installed; on Debian: sudo ${install}`)
  console.log(`${what} is not installed: ${install}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = (line) => spawnSync('sh', ['-c', line], { env, encoding: 'utf8' })
  let outcome = run(install)
  if (outcome.status !== 0) {
    run('apt-get update')
    outcome = run(install)
  }
  const installed = find()
  if (!installed) throw new Error(`${install} failed:\n${outcome.stdout}${outcome.stderr}`)
  return installed
}

export function which(program) {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']) {
    if (folder && existsSync(join(folder, program))) return join(folder, program)
  }
  return undefined
}

/**
 * Lets programs that look for a service at its usual path find ours, if nobody else's is there and this user may say so.
 */
export function offerAt(usualPath, socket) {
  if (existsSync(usualPath) || process.getuid?.() !== 0) return
  mkdirSync(dirname(usualPath), { recursive: true })
  // What is left is a link to a socket that is gone.
  rmSync(usualPath, { force: true })
  symlinkSync(socket, usualPath)
}

/** Takes that back. */
export function withdrawFrom(usualPath, socket) {
  const link = lstatSync(usualPath, { throwIfNoEntry: false })
  if (link?.isSymbolicLink() && readlinkSync(usualPath) === socket) rmSync(usualPath)
}
