import { PlatformError, type Logger } from '@stemcell/core'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from '@stemcell/core/schema'
import type { DamagedRange } from './inspection/inspect-tables.ts'
import type { KeyRange } from '@stemcell/core/sorted-store'
import { codeOf, REPAIR_HINT } from './to-platform-error.ts'

/** LevelDB leaves files alone whose names it does not know. */
const FILE = 'stemcell.damage'

const line = z.object({ file: z.string(), from: z.string(), to: z.string(), intact: z.array(z.string()) })

/**
 * Which keys nobody may be answered for, as what was written under them is in a damaged part of a table. They are kept
 * in a file, until a repair removes it: LevelDB makes new tables of damaged ones, which look whole.
 */
export class Damage {
  readonly #dir: string
  readonly #ranges: DamagedRange[]
  /** Written since the database was opened. */
  readonly #written = new Set<string>()

  private constructor(dir: string, ranges: DamagedRange[]) {
    this.#dir = dir
    this.#ranges = ranges
  }

  /** What was known before, and what was found now. */
  static async load(dir: string, found: readonly DamagedRange[], logger: Logger): Promise<Damage> {
    const known = await readKnown(dir)
    const added = found.filter((one) => !known.some((other) => isSame(one, other)))
    const damage = new Damage(dir, [...known, ...added])
    for (const { file } of added)
      logger.error({ dir, file }, `a part of a table of the database is damaged: ${REPAIR_HINT}`)
    if (added.length > 0) await damage.#save()
    if (known.length > 0) {
      logger.error({ dir, parts: known.length }, `the database was found to be damaged before: ${REPAIR_HINT}`)
    }
    return damage
  }

  static async forget(dir: string): Promise<void> {
    await rm(join(dir, FILE), { force: true })
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0
  }

  /** Files of which a part cannot be read at all. */
  get unreadable(): readonly string[] {
    return this.#ranges.filter(({ intact }) => intact.length === 0).map(({ file }) => file)
  }

  /** @throws ERR_CORRUPT `found` cannot be what was written under `key`; `what` names it. */
  require(key: string, found: unknown, what: () => string): void {
    if (this.isEmpty || this.#written.has(key)) return
    const bytes = Buffer.from(key)
    for (const { file, from, to, intact } of this.#ranges) {
      if (Buffer.compare(bytes, from) < 0 || Buffer.compare(bytes, to) > 0) continue
      if (found !== undefined && intact.includes(key)) continue
      throw new PlatformError('ERR_CORRUPT', `${what()} is, or would be, in a damaged part of ${file}: ${REPAIR_HINT}`)
    }
  }

  /** Something of the range is damaged. */
  touches(range: KeyRange): boolean {
    return this.within(range).length > 0
  }

  /** Names the damaged parts that hold something of the range. */
  within({ gte, lt }: KeyRange): PlatformError[] {
    const [first, end] = [Buffer.from(gte), Buffer.from(lt)]
    return this.#ranges
      .filter(({ from, to }) => Buffer.compare(to, first) >= 0 && Buffer.compare(from, end) < 0)
      .map(({ file }) => new PlatformError('ERR_CORRUPT', `a part of the table ${file} is damaged: ${REPAIR_HINT}`))
  }

  written(key: string): void {
    if (!this.isEmpty) this.#written.add(key)
  }

  async #save(): Promise<void> {
    const lines = this.#ranges.map(({ file, from, to, intact }) =>
      JSON.stringify({ file, from: from.toString('hex'), to: to.toString('hex'), intact }),
    )
    const path = join(this.#dir, FILE)
    await writeFile(`${path}.new`, lines.join('\n'), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }
}

async function readKnown(dir: string): Promise<DamagedRange[]> {
  let text: string
  try {
    text = await readFile(join(dir, FILE), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
  try {
    return text.split('\n').map((json) => {
      const { from, to, ...rest } = line.parse(JSON.parse(json))
      return { ...rest, from: Buffer.from(from, 'hex'), to: Buffer.from(to, 'hex') }
    })
  } catch (cause) {
    throw new PlatformError('ERR_CORRUPT', `the file ${FILE} in ${dir} cannot be read: ${REPAIR_HINT}`, { cause })
  }
}

function isSame(a: DamagedRange, b: DamagedRange): boolean {
  return a.file === b.file && a.from.equals(b.from) && a.to.equals(b.to)
}
