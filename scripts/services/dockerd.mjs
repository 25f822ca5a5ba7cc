// A Docker Engine of one's own: nothing of it is shared with another engine on this machine but the kernel.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { requireProgram, startDetached, stop, until } from './service.mjs'

/** What the address of a unix socket may have, and what the longest of the engine's has behind the folder's name. */
const MAX_SOCKET_BYTES = 107
const LONGEST_NAME = '/exec/containerd/containerd.sock.ttrpc'

/** Where the engine's sockets are: in the folder, or where its path is too long for them, at a short one of its own. */
function socketsOf(folder) {
  if (Buffer.byteLength(folder + LONGEST_NAME) <= MAX_SOCKET_BYTES) return folder
  return `/run/stemcell-docker-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`
}

/** Starts an engine with all it has below `folder`; `more` are further arguments. Needs root. */
export async function startDockerd(folder, more = []) {
  const program = requireProgram('dockerd', ['docker.io', 'iptables'])
  if (process.getuid?.() !== 0) throw new Error('no Docker Engine is running, and only root can start one')
  const sockets = socketsOf(folder)
  mkdirSync(sockets, { recursive: true, mode: 0o700 })
  const socket = join(sockets, 'docker.sock')
  const place = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(sockets, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ]
  // Two engines must not both use the bridge docker0; networks are made when they are asked for.
  const state = startDetached(folder, program, ['--host', `unix://${socket}`, '--bridge', 'none', ...place, ...more])
  await until('docker', () => answers(socket), { folder, state })
  return { ...state, socket }
}

export function stopDockerd(state) {
  return stop(state)
}

/** Whether an engine listens on this unix socket. */
export function answers(socketPath) {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.once('timeout', () => ping.destroy())
    ping.once('error', () => resolve(false))
    ping.end()
  })
}

/** After the engine has ended: what it keeps on disk, and what it has left mounted there. */
export function removeDockerd(folder) {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => [folder, socketsOf(folder)].some((place) => path.startsWith(`${place}/`)))
  for (const path of mounted.reverse()) spawnSync('umount', [path])
  for (const name of ['data', 'exec', 'docker.sock', 'pid'])
    rmSync(join(folder, name), { recursive: true, force: true })
  if (socketsOf(folder) !== folder) rmSync(socketsOf(folder), { recursive: true, force: true })
}
