import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'

const GONE = new Set(['ENOENT', 'ENODEV', 'ESRCH', 'ENOTDIR'])
const FREEZE_MS = 10_000

interface Place {
  readonly folder: string
  readonly version: 1 | 2
}

/** The control group of one container, read and written directly; versions 1 and 2 and both together. */
export class ControlGroup {
  readonly #memory: Place | undefined
  readonly #freezer: Place | undefined

  private constructor(memory: Place | undefined, freezer: Place | undefined) {
    this.#memory = memory
    this.#freezer = freezer
  }

  /**
   * The group of a container's first process. Undefined when there is none to be seen under this id, as when the
   * engine runs in a machine of its own or the process has just ended.
   */
  static of(pid: number, containerId: string): ControlGroup | undefined {
    const groups = (read(`/proc/${pid}/cgroup`) ?? '')
      .trim()
      .split('\n')
      .map((line) => line.split(/:(.*?):(.*)/s))
    const place = (controller: string, file: string): Place | undefined => {
      const own = groups.find(([, names = '']) => names.split(',').includes(controller))
      const [, , path] = own ?? groups.find(([, names]) => names === '') ?? []
      if (path === undefined || !path.includes(containerId)) return undefined
      const version = own ? 1 : 2
      const folder = foldersOf(version, controller, path).find((candidate) => read(join(candidate, file)) !== undefined)
      return folder === undefined ? undefined : { folder, version }
    }
    const memory = place('memory', 'cgroup.procs')
    const freezer = place('freezer', 'cgroup.procs')
    return memory || freezer ? new ControlGroup(memory, freezer) : undefined
  }

  /** How many processes the kernel killed for want of memory; undefined when the group is gone already. */
  oomKills(): number | undefined {
    if (!this.#memory) return undefined
    const { folder, version } = this.#memory
    const text = read(join(folder, version === 1 ? 'memory.oom_control' : 'memory.events'))
    const count = /^oom_kill (\d+)$/m.exec(text ?? '')?.[1]
    return count === undefined ? undefined : Number(count)
  }

  get frozen(): boolean {
    return this.#state() === 'frozen'
  }

  /** @throws ERR_UNAVAILABLE not allowed, not possible, or not in time. */
  async freeze(clock: Clock): Promise<void> {
    await this.#turn(clock, true)
  }

  async thaw(clock: Clock): Promise<void> {
    await this.#turn(clock, false)
  }

  async #turn(clock: Clock, freeze: boolean): Promise<void> {
    const place = this.#freezer
    if (!place) throw new PlatformError('ERR_UNAVAILABLE', 'the freezer of the container is not to be seen from here')
    const { folder, version } = place
    const [file, text] =
      version === 1 ? ['freezer.state', freeze ? 'FROZEN' : 'THAWED'] : ['cgroup.freeze', freeze ? '1' : '0']
    const deadline = clock.monotonic() + FREEZE_MS
    do {
      try {
        // Version 1 may need telling more than once while processes come and go.
        writeFileSync(join(folder, file), text)
      } catch (cause) {
        throw new PlatformError('ERR_UNAVAILABLE', `cannot write ${join(folder, file)}`, { cause })
      }
      if (this.#state() === (freeze ? 'frozen' : 'thawed')) return
      await clock.sleep(1)
    } while (clock.monotonic() < deadline)
    throw new PlatformError('ERR_UNAVAILABLE', `the container is not ${freeze ? 'frozen' : 'thawed'} in time`)
  }

  #state(): 'frozen' | 'thawed' | 'between' {
    if (!this.#freezer) return 'thawed'
    const { folder, version } = this.#freezer
    if (version === 2) return /^frozen 1$/m.test(read(join(folder, 'cgroup.events')) ?? '') ? 'frozen' : 'thawed'
    const state = read(join(folder, 'freezer.state'))?.trim()
    return state === 'FROZEN' ? 'frozen' : state === 'FREEZING' ? 'between' : 'thawed'
  }
}

/** Where a group may be mounted: systemd's places, with controllers by themselves or in pairs, or version 2 alone. */
function foldersOf(version: 1 | 2, controller: string, path: string): string[] {
  const root = '/sys/fs/cgroup'
  return (version === 1 ? [join(root, controller)] : [root, join(root, 'unified')]).map((folder) => join(folder, path))
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error && GONE.has(String(error.code))) return undefined
    throw error
  }
}
