import { cpus } from 'node:os'

/** Share of the host's processors in use since the last call, 0 to 1. */
export class CpuShare {
  #busy = 0
  #total = 0
  #last = 0

  read(): number {
    let busy = 0
    let total = 0
    for (const { times } of cpus()) {
      const all = times.user + times.nice + times.sys + times.idle + times.irq
      busy += all - times.idle
      total += all
    }
    const passed = total - this.#total
    if (passed > 0 && this.#total > 0) this.#last = (busy - this.#busy) / passed
    this.#busy = busy
    this.#total = total
    return Math.round(this.#last * 1000) / 1000
  }
}
