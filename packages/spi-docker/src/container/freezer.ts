import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { PlatformError, type Clock } from '@stemcell/core'

const CGROUPS = '/sys/fs/cgroup'
/** A process that has not stopped after so many milliseconds waits for a device. */
const MAX_LOOKS = 2_000

interface FreezerFile {
  readonly path: string
  readonly write: { readonly freeze: string; readonly thaw: string }
  readonly isFrozen: () => boolean
}

/**
 * Suspends a container by its cgroup, without asking the engine, which does not learn of it. Both versions of cgroups:
 * https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html and cgroup-v2.html (cgroup.freeze).
 */
export class Freezer {
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws ERR_CONFIG this user, or this machine, cannot. */
  check(): void {
    const has = existsSync(`${CGROUPS}/freezer`) || existsSync(`${CGROUPS}/cgroup.controllers`)
    if (has && process.getuid?.() === 0) return
    const reason = has ? 'only root may write to cgroups' : `there are no cgroups at ${CGROUPS}`
    const fix = 'set suspendThrough to engine'
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-docker: suspendThrough: ${reason}: ${fix}`)
  }

  /** @throws ERR_UNAVAILABLE the process is gone, or does not stop. */
  async freeze(pid: number): Promise<void> {
    await this.#set(pid, true)
  }

  /** @throws ERR_UNAVAILABLE the process is gone, or does not go on. */
  async thaw(pid: number): Promise<void> {
    await this.#set(pid, false)
  }

  isFrozen(pid: number): boolean {
    return this.#fileOf(pid)?.isFrozen() ?? false
  }

  async #set(pid: number, frozen: boolean): Promise<void> {
    const file = this.#fileOf(pid)
    if (!file) throw new PlatformError('ERR_UNAVAILABLE', 'the container is gone')
    try {
      writeFileSync(file.path, frozen ? file.write.freeze : file.write.thaw)
      for (let look = 0; look < MAX_LOOKS; look++) {
        if (file.isFrozen() === frozen) return
        await this.#clock.sleep(1)
      }
    } catch (cause) {
      throw new PlatformError('ERR_UNAVAILABLE', 'the cgroup of the container cannot be used', { cause })
    }
    throw new PlatformError('ERR_UNAVAILABLE', `the container does not ${frozen ? 'stop' : 'go on'}`)
  }

  #fileOf(pid: number): FreezerFile | undefined {
    const groups = existsSync(`/proc/${pid}/cgroup`) ? readFileSync(`/proc/${pid}/cgroup`, 'utf8') : ''
    const v1 = /^\d+:freezer:(.*)$/m.exec(groups)?.[1]
    if (v1 !== undefined && v1 !== '/') {
      const path = `${CGROUPS}/freezer${v1}/freezer.state`
      const isFrozen = (): boolean => readFileSync(path, 'utf8').trim() === 'FROZEN'
      return existsSync(path) ? { path, write: { freeze: 'FROZEN', thaw: 'THAWED' }, isFrozen } : undefined
    }
    const v2 = /^0::(.*)$/m.exec(groups)?.[1]
    if (v2 === undefined || v2 === '/') return undefined
    const folder = `${CGROUPS}${v2}`
    const path = `${folder}/cgroup.freeze`
    const isFrozen = (): boolean => /^frozen 1$/m.test(readFileSync(`${folder}/cgroup.events`, 'utf8'))
    return existsSync(path) ? { path, write: { freeze: '1', thaw: '0' }, isFrozen } : undefined
  }
}
