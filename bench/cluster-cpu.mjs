import { HAS_CPU_TIME, meterOf } from './cpu-time.mjs'

/**
 * Microseconds that each group of processes computed per call while `run` made calls, and what it resolved with.
 * `groups` are lists of process ids by name; nothing is measured where the system does not tell.
 */
export async function cpuPerCall(groups, calls, run) {
  if (!HAS_CPU_TIME) return { result: await run(), us: {} }
  const meter = meterOf(Object.values(groups).flat())
  const result = await run()
  const ns = meter.read()
  const us = Object.entries(groups).map(([name, pids]) => [
    name,
    pids.reduce((sum, pid) => sum + ns.get(pid), 0) / calls / 1_000,
  ])
  return { result, us: Object.fromEntries(us) }
}
