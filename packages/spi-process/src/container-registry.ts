import { lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder, PlatformError, type ContainerOwner, type ContainerSpec } from '@stemcell/core'
import { z } from '@stemcell/core/schema'

const MAX_FOLDER_BYTES = 85

const record = z.object({
  id: z.string(),
  owner: z.object({ platform: z.string(), invoker: z.string() }),
  labels: z.record(z.string(), z.string()),
  pid: z.int(),
  start: z.string(),
})

/** What is on disk about one container, for processes that come after this one. */
export interface ContainerRecord extends z.output<typeof record> {
  readonly folder: string
  /** Entry that only the environment of its processes has. */
  readonly mark: string
}

/**
 * One folder per factory, named at random, and in it one per container: its socket, its working directory and what is
 * known about its process. The guardian reads `pid`; everybody else reads `container.json`.
 */
export class ContainerRegistry {
  readonly folder: string
  /** Another name of `folder` that leaves room for a socket's name in the 104 bytes that an address has. */
  readonly shortName: string
  readonly #root: string
  readonly #factory: string

  constructor(root: string, factory: string) {
    this.#root = root
    this.#factory = factory
    this.folder = join(root, factory)
    const fits = Buffer.byteLength(this.folder) <= MAX_FOLDER_BYTES
    this.shortName = fits ? this.folder : join(shortFolder(), `stemcell-${factory}`)
  }

  /** @throws ERR_CONFIG the folder cannot be made, or others could put things into it. */
  open(pid: number, start: string): void {
    try {
      makeFolder(this.#root)
      const { uid, mode } = lstatSync(this.#root)
      if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
        throw new Error('it must belong to this user and have mode 700')
      }
      makeFolder(this.folder)
      if (this.shortName !== this.folder) symlinkSync(this.folder, this.shortName)
      writeFileSync(join(this.folder, 'owner'), `${pid} ${start}\n`)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const fix = 'set dir to a folder of your own'
      throw new PlatformError('ERR_CONFIG', `@stemcell/spi-process: dir is unusable (${reason}): ${fix}`, {
        cause: error,
      })
    }
  }

  /** Without an id: what the marks of all containers start with. */
  mark(id = ''): string {
    return markOf(this.#factory, id)
  }

  /** Makes the folders of a container and returns them. */
  prepare(id: string): { readonly socket: string; readonly work: string } {
    const work = join(this.folder, id, 'work')
    makeFolder(work)
    return { socket: join(this.shortName, id, 's'), work }
  }

  /** To be called in the same turn as the spawn: a process that is not on record could outlive everybody. */
  record(id: string, pid: number, start: string, { owner, labels }: ContainerSpec): void {
    writeFileSync(join(this.folder, id, 'pid'), `${pid} ${start}\n`)
    writeFileSync(join(this.folder, id, 'container.json'), JSON.stringify({ id, owner, labels, pid, start }))
  }

  async close(): Promise<void> {
    await this.remove(this.folder)
    if (this.shortName !== this.folder) await this.remove(this.shortName)
  }

  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }

  removeContainer(id: string): Promise<void> {
    return this.remove(join(this.folder, id))
  }

  /** Containers of every factory with this runtime folder that carry these labels. */
  owned({ platform, invoker }: ContainerOwner): ContainerRecord[] {
    const found: ContainerRecord[] = []
    for (const factory of entriesOf(this.#root)) {
      for (const id of entriesOf(join(this.#root, factory))) {
        const folder = join(this.#root, factory, id)
        const text = textOf(join(folder, 'container.json'))
        const parsed = text === undefined ? undefined : record.safeParse(jsonOf(text)).data
        if (parsed?.owner.platform !== platform || parsed.owner.invoker !== invoker) continue
        found.push({ ...parsed, folder, mark: markOf(factory, id) })
      }
    }
    return found
  }

  /** Removes the folders of factories that have no container left and no process behind them. */
  removeEmpty(isAlive: (pid: number, start: string) => boolean): void {
    for (const factory of entriesOf(this.#root)) {
      const folder = join(this.#root, factory)
      const [pid = '', start = ''] = (textOf(join(folder, 'owner')) ?? '').trim().split(' ', 2)
      if (pid === '' || isAlive(Number(pid), start)) continue
      if (entriesOf(folder).some((name) => name !== 'owner' && name !== 'node_modules')) continue
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** TMPDIR may be as long as anything. */
function shortFolder(): string {
  return Buffer.byteLength(tmpdir()) <= MAX_FOLDER_BYTES / 2 ? tmpdir() : '/tmp'
}

function markOf(factory: string, id: string): string {
  return `STEMCELL_CONTAINER=${factory}/${id}`
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Undefined for what a crash left half written. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
