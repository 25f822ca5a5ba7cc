// The control groups of a cluster: one below the root of every hierarchy, and in it one for the cluster's own processes.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { until } from '../service.mjs'

const ROOT = '/sys/fs/cgroup'

/** Where hierarchies are mounted: one for all (version 2), or one for each controller (version 1), and often one without any. */
function hierarchies() {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return [ROOT]
  const mounted = existsSync(ROOT) ? readdirSync(ROOT) : []
  const version1 = mounted.filter((name) => existsSync(join(ROOT, name, 'cgroup.procs')))
  return [...new Set(version1.map((name) => realpathSync(join(ROOT, name))))]
}

/** Why there can be none on this machine; undefined when there can. */
export function whyNoGroups() {
  const file = join(ROOT, 'cgroup.controllers')
  const there = existsSync(file)
    ? readFileSync(file, 'utf8').trim().split(' ')
    : existsSync(ROOT)
      ? readdirSync(ROOT)
      : []
  const missing = ['cpu', 'memory', 'pids'].filter((name) => !there.includes(name))
  if (missing.length > 0) return `there are no control groups for ${missing.join(', ')} in ${ROOT}`
  return hierarchies().every(isWritable) ? undefined : `the control groups in ${ROOT} are read-only`
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch (err) {
    if (['EROFS', 'EACCES'].includes(err.code)) return false
    throw err
  }
}

/** Makes the groups; processes that join the one that is returned are found by `endProcesses`. */
export function makeGroups(name) {
  for (const hierarchy of hierarchies()) {
    const group = join(hierarchy, name)
    mkdirSync(group, { recursive: true })
    // A new group of version 1 has no processor and no memory node until it is told, one of version 2 no controllers below it.
    for (const file of ['cpuset.cpus', 'cpuset.mems'])
      if (hierarchy !== ROOT && existsSync(join(group, file)))
        writeFileSync(join(group, file), readFileSync(join(hierarchy, file)))
    if (hierarchy !== ROOT) continue
    for (const place of [ROOT, group]) {
      const controllers = readFileSync(join(place, 'cgroup.controllers'), 'utf8').trim().split(' ')
      writeFileSync(join(place, 'cgroup.subtree_control'), controllers.map((each) => `+${each}`).join(' '))
    }
  }
  const own = join(ownGroup(name))
  mkdirSync(own, { recursive: true })
  return own
}

/** The group of the cluster's own processes. */
export function ownGroup(name) {
  const places = hierarchies()
  return join(places.find((place) => place.endsWith('/pids')) ?? places[0], name, 'system')
}

/** Whether something is left of them. */
export function groupsExist(name) {
  return hierarchies().some((hierarchy) => existsSync(join(hierarchy, name)))
}

/** Ends every process in the groups, with force, and removes them. */
export async function removeGroups(name) {
  const groups = () => hierarchies().flatMap((hierarchy) => groupsBelow(join(hierarchy, name)))
  await until(`the end of the processes in ${name}`, () => {
    const processes = new Set(groups().flatMap(processesIn))
    for (const pid of processes) kill(pid)
    return processes.size === 0
  })
  await until(`the removal of the control groups ${name}`, () => groups().every(removed))
}

/** The group and all below it, the deepest first. */
function groupsBelow(group) {
  if (!existsSync(group)) return []
  const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [...below.flatMap((entry) => groupsBelow(join(group, entry.name))), group]
}

function processesIn(group) {
  const file = join(group, 'cgroup.procs')
  const pids = ifThere(() => readFileSync(file, 'utf8').split('\n').filter(Boolean)) ?? []
  return pids.map(Number).filter((pid) => pid > 0)
}

function kill(pid) {
  ifThere(() => process.kill(pid, 'SIGKILL'))
}

function removed(group) {
  try {
    rmdirSync(group)
    return true
  } catch (err) {
    if (err.code === 'ENOENT') return true
    if (err.code === 'EBUSY') return false
    throw err
  }
}

function ifThere(ask) {
  try {
    return ask()
  } catch (err) {
    if (['ENOENT', 'ESRCH', 'ENODEV'].includes(err.code)) return undefined
    throw err
  }
}
