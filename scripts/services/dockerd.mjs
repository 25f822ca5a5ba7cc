// A Docker Engine of one's own: nothing of it is shared with another engine on this machine but the kernel.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { requireProgram, startDetached, stop, until } from './service.mjs'

/** Starts an engine with all it has below `folder`; `more` are further arguments. Needs root. */
export async function startDockerd(folder, more = []) {
  const program = requireProgram('dockerd', ['docker.io', 'iptables'])
  if (process.getuid?.() !== 0) throw new Error('no Docker Engine is running, and only root can start one')
  const socket = join(folder, 'docker.sock')
  const place = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
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
    .filter((path) => path.startsWith(`${folder}/`))
  for (const path of mounted.reverse()) spawnSync('umount', [path])
  for (const name of ['data', 'exec', 'docker.sock', 'pid'])
    rmSync(join(folder, name), { recursive: true, force: true })
}
