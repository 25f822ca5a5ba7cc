import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Clock } from '../time/clock.ts'

/** How old an answer may be, ms. */
const SAMPLE_MS = 250
/** Weight of the latest sample. */
const NEWEST = 0.5

/** How busy the processors of this host are, measured when somebody asks. */
export class HostLoad {
  readonly #clock: Clock
  #sampledMs = Number.NEGATIVE_INFINITY
  #times = { busy: 0, all: 0 }
  #share = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Share of all processors' time that was in use lately, 0 to 1. Takes microseconds. */
  share(): number {
    const now = this.#clock.monotonic()
    if (now - this.#sampledMs < SAMPLE_MS) return this.#share
    this.#sampledMs = now
    const { busy, all } = this.#times
    try {
      this.#times = processorTimes()
    } catch {
      // No descriptor is left to look with: what was seen last has to do.
      return this.#share
    }
    const passed = this.#times.all - all
    // The first sample counts from the start of the host, which says nothing about now.
    if (all > 0 && passed > 0) this.#share += NEWEST * ((this.#times.busy - busy) / passed - this.#share)
    return this.#share
  }
}

/** Since the start of the host, in units that cancel out. */
function processorTimes(): { readonly busy: number; readonly all: number } {
  if (process.platform === 'linux') {
    // `cpu  user nice system idle iowait irq softirq steal …`
    const fields = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number)
    const all = fields.reduce((sum, field) => sum + field, 0)
    return { busy: all - (fields[3] ?? 0) - (fields[4] ?? 0), all }
  }
  let [busy, all] = [0, 0]
  for (const { times } of cpus()) {
    const total = times.user + times.nice + times.sys + times.idle + times.irq
    all += total
    busy += total - times.idle
  }
  return { busy, all }
}
