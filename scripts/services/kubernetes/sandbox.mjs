// Namespaces of its own for a cluster: its mounts, interfaces, firewall rules and processes are seen in there alone, and the
// kernel takes them away with its process 1. Outside are one end of a cable, two routes, and control groups, all named after the
// folder, so that they are found again whatever happened.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireProgram, startDetached, startTimeOf, until } from '../service.mjs'
import { groupsExist, makeGroups, ownGroup, removeGroups } from './control-groups.mjs'
import { connect, disconnect } from './network.mjs'

const script = join(dirname(fileURLToPath(import.meta.url)), 'sandbox.sh')
const JOIN = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
const READY = 'sandbox-is-ready'

const idOf = (folder) => createHash('sha256').update(folder).digest('hex').slice(0, 8)
const cableOf = (folder) => namesOf(folder).cable
export const groupOf = (folder) => namesOf(folder).group

/** What of a cluster is on this machine, outside of its folder. */
export function namesOf(folder) {
  return { cable: `kube-${idOf(folder)}`, group: `stemcell-kubernetes-${idOf(folder)}` }
}

/**
 * @typedef {object} Sandbox
 * @property {number} pid of process 1 in there; with it, all end
 * @property {string | undefined} startTime
 * @property {import('./network.mjs').Network} network
 */

/**
 * Makes the namespaces; resolves once programs can be started in them.
 * @returns {Promise<Sandbox>}
 */
export async function startSandbox(folder) {
  const unshare = requireProgram('unshare', ['util-linux'])
  requireProgram('ip', ['iproute2'])
  const group = makeGroups(groupOf(folder))
  rmSync(join(folder, READY), { force: true })
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
  const outer = startDetached(folder, 'sh', ['-c', JOIN, group, unshare, ...namespaces, 'sh', script, folder])
  const ready = () => existsSync(join(folder, READY))
  await until('the namespaces of kubernetes', ready, { folder, state: outer, everyMs: 10 })
  const pid = await childOf(outer, folder)
  return { pid, startTime: startTimeOf(pid), network: connect(folder, cableOf(folder), pid) }
}

/**
 * Runs a program in the namespaces, its output in `FOLDER/NAME/output.log`.
 * @returns {Promise<{ pid: number, startTime: string | undefined }>} of the program itself
 */
export async function startInside(folder, sandbox, name, command, args) {
  const own = join(folder, name)
  mkdirSync(own, { recursive: true })
  const enter = ['nsenter', '--target', `${sandbox.pid}`, '--mount', '--net', '--pid', '--', command, ...args]
  const outer = startDetached(own, 'sh', ['-c', JOIN, ownGroup(groupOf(folder)), ...enter])
  const pid = await childOf(outer, own)
  return { pid, startTime: startTimeOf(pid) }
}

/** Whether a cluster of this folder runs, or left something on this machine. */
export const sandboxRemains = (folder) => groupsExist(groupOf(folder))

/** Ends all that runs in there, and removes what is outside. */
export async function removeSandbox(folder) {
  await removeGroups(groupOf(folder))
  disconnect(folder, cableOf(folder))
}

/** The one child of a process that only waits for it. */
async function childOf(outer, folder) {
  let child = 0
  const found = () => {
    const children = `/proc/${outer.pid}/task/${outer.pid}/children`
    child = existsSync(children) ? Number(readFileSync(children, 'utf8').trim().split(' ')[0]) : 0
    return child > 0
  }
  await until('a process of kubernetes', found, { folder, state: outer, everyMs: 5 })
  return child
}
