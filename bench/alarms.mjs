import { alarms as alarmsPackage } from '@stemcell/alarms'
import { adapterContext, SystemClock } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const SCHEDULES = 100_000
const DUE = 5_000
const STRICT = 1_000
const SPREAD_MS = 5_000
const IDLE_MS = 10_000
const MINUTE_MS = 60_000
/** How long before the full minute the measuring begins, ms. */
const LEAD_MS = 3_000
const SLICE_MS = 1_000
const KEY = { uuid: '23bc46b1-71f6-4ed5-8c54-816aa4f8c502', key: 'k'.repeat(64) }

/** A clock that can be set, so that nobody has to wait for a full minute. */
class SetClock extends SystemClock {
  offsetMs = 0

  now() {
    return super.now() + this.offsetMs
  }
}

/** What many schedules cost in memory and at rest, and how late they are when many are due at a full minute. */
export async function alarms({ quick } = {}) {
  const count = quick ? SCHEDULES / 10 : SCHEDULES
  const due = quick ? DUE / 10 : DUE
  const strict = quick ? STRICT / 10 : STRICT
  const dir = mkdtempSync(join(tmpdir(), 'stemcell-bench-'))
  const clock = new SetClock()
  const entityStore = levelStores({ dir }).entityStore.build(adapterContext())
  await entityStore.open()
  try {
    const fullMinute = Math.ceil((clock.now() + MINUTE_MS) / MINUTE_MS) * MINUTE_MS
    await makeSchedules({ clock, entityStore, fullMinute, count, due, strict })

    const fired = []
    const note = (atMs, kind) => {
      fired.push({ atMs, kind })
      return Promise.resolve({ status: 202 })
    }
    const pkg = build({
      clock,
      entityStore,
      fire: () => note(clock.now(), 'strict'),
      invoke: () => note(clock.now(), 'spread'),
    })
    const before = heapBytes()
    const opening = performance.now()
    await pkg.open()
    const openMs = performance.now() - opening
    const bytes = (heapBytes() - before) / count

    const cpu = process.cpuUsage()
    await sleep(quick ? IDLE_MS / 5 : IDLE_MS)
    const { user, system } = process.cpuUsage(cpu)
    const idleShare = (user + system) / 1000 / (quick ? IDLE_MS / 5 : IDLE_MS)

    // Takes effect at the next look at the clock: the package never trusts a timer for longer than a minute.
    await pkg.close()
    clock.offsetMs += fullMinute - LEAD_MS - clock.now()
    await pkg.open()
    const floor = await plainTimers(LEAD_MS, due)
    while (fired.length < due + strict) {
      if (clock.now() > fullMinute + MINUTE_MS) throw new Error(`${fired.length} of ${due + strict} were fired`)
      await sleep(100)
    }
    await pkg.close()

    const offsets = (kind) => fired.filter((one) => one.kind === kind).map(({ atMs }) => atMs - fullMinute)
    const late = offsets('strict').sort((a, b) => a - b)
    const spread = offsets('spread').sort((a, b) => a - b)
    const busiest = Math.max(...slices(spread))
    // Were they spread evenly, so many would be fired in a slice.
    const even = (due * SLICE_MS) / SPREAD_MS
    const ms = (name, sorted) => ({ name, values: { 'p50 ms': at(sorted, 0.5), 'p99 ms': at(sorted, 0.99) } })
    const ratio = (name, value, most) => ({ name, value, target: `<= ${most}`, met: value <= most })
    return {
      columns: ['p50 ms', 'p99 ms', 'value'],
      rows: [
        ms(`floor: ${due} plain timers at one moment, late by`, floor),
        ms(`${strict} strict schedules at the full minute, late by`, late),
        ms(`${due} schedules spread over ${SPREAD_MS} ms, fired after`, spread),
        { name: `heap for each of ${count} schedules, bytes`, values: { value: bytes } },
        { name: `start with ${count} schedules, ms`, values: { value: openMs } },
        { name: 'CPU at rest, % of a core', values: { value: idleShare * 100 } },
      ],
      ratios: [
        ratio('heap for each schedule, bytes', bytes, 400),
        ratio('CPU at rest, % of a core', idleShare * 100, 1),
        ratio(`p99 of ${strict} strict schedules, ms late`, at(late, 0.99), 1_000),
        ratio(`p99 of ${due} spread schedules, ms behind the spread`, Math.max(0, at(spread, 0.99) - SPREAD_MS), 500),
        ratio(`most fired in ${SLICE_MS} ms / evenly spread`, busiest / even, 1.5),
      ],
      notes: ['schedules lie in an embedded database; each occurrence is claimed and noted there'],
    }
  } finally {
    await entityStore.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

function build(more) {
  return alarmsPackage({ spreadMs: SPREAD_MS }).build({
    ...adapterContext(),
    controllerId: '0',
    clustered: false,
    clientOf: () => ({ request: () => Promise.resolve({ status: 200, headers: {}, body: {} }) }),
    fire: () => Promise.resolve({ status: 202 }),
    invoke: () => Promise.resolve({ status: 202 }),
    ...more,
  })
}

/** Of so many schedules a part is due at the full minute, a part of that strictly; the others much later. */
async function makeSchedules({ clock, entityStore, fullMinute, count, due, strict }) {
  const pkg = build({ clock, entityStore })
  const then = new Date(fullMinute)
  const soon = `${then.getUTCMinutes()} ${then.getUTCHours()} * * *`
  const month = ((then.getUTCMonth() + 6) % 12) + 1
  const [alarm] = pkg.actions
  /** @type {Promise<unknown>[]} */
  const made = []
  for (let index = 0; index < count; index++) {
    const name = `schedule-${index}`
    made.push(
      index < strict
        ? alarm.run({
            parameters: { lifecycleEvent: 'CREATE', triggerName: name, cron: soon, strict: true },
            caller: { namespace: 'bench', subject: 'bench', authkey: KEY },
            clientOf: () => ({ request: () => Promise.resolve({ status: 200, headers: {}, body: {} }) }),
          })
        : pkg.actionWritten({
            namespace: 'bench',
            name,
            annotations: { cron: index < strict + due ? soon : `${index % 60} ${index % 24} 1 ${month} *` },
          }),
    )
    if (made.length === 256) await Promise.all(made.splice(0))
  }
  await Promise.all(made)
  await pkg.close()
}

/** How late timers are that are all set for one moment. */
async function plainTimers(inMs, count) {
  const moment = performance.now() + inMs
  const late = await Promise.all(
    Array.from(
      { length: count },
      () => new Promise((resolve) => setTimeout(() => resolve(performance.now() - moment), moment - performance.now())),
    ),
  )
  return late.sort((a, b) => a - b)
}

function slices(offsets) {
  const counts = new Map()
  for (const offset of offsets) {
    const slice = Math.floor(offset / SLICE_MS)
    counts.set(slice, (counts.get(slice) ?? 0) + 1)
  }
  return counts.values()
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

function heapBytes() {
  setFlagsFromString('--expose_gc')
  const gc = runInNewContext('gc')
  gc()
  gc()
  return process.memoryUsage().heapUsed
}
