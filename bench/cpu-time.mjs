import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Whether the system tells how long processes ran (Linux). */
export const HAS_CPU_TIME = existsSync('/proc/self/schedstat')

/** Nanoseconds that a process ran until now, in all its threads; 0 when it is gone. */
export function cpuNs(pid) {
  let ns = 0
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      ns += Number.parseInt(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1'), 10)
    }
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error
  }
  return ns
}

/** The process and all that descend from it. */
export function familyOf(pid) {
  const children = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = parentOf(name)
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const family = [pid]
  for (const member of family) family.push(...(children.get(member) ?? []))
  return family
}

/** What each of some processes ran from here on: `read()` gives nanoseconds by pid. */
export function meterOf(pids) {
  const before = new Map(pids.map((pid) => [pid, cpuNs(pid)]))
  return { read: () => new Map(pids.map((pid) => [pid, Math.max(0, cpuNs(pid) - before.get(pid))])) }
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(error.code)) return undefined
    throw error
  }
}
