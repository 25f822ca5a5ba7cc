import { PlatformError, type Logger } from '@stemcell/core'
import type { Acknowledged } from './high-water-mark.ts'
import { inspectLogs } from './inspection/inspect-logs.ts'
import type { ScannedJournal } from './journal/journal-entry.ts'
import { REPAIR_HINT } from './to-platform-error.ts'

export type ReportLoss = (what: string) => void

/**
 * Compares what is there with what was acknowledged. Of what the operating system had not written when the machine
 * stopped, as nobody promised it, a warning tells; any other loss is reported.
 */
export class Wholeness {
  readonly #dir: string
  readonly #logger: Logger
  readonly #report: ReportLoss
  readonly #acknowledged: Acknowledged | undefined

  /** @param report without it a loss is ERR_CORRUPT. */
  constructor(dir: string, logger: Logger, acknowledged: Acknowledged | undefined, report?: ReportLoss) {
    this.#dir = dir
    this.#logger = logger
    this.#acknowledged = acknowledged
    this.#report = report ?? ((what) => this.#refuse(what))
  }

  /**
   * Before LevelDB takes up its logs, as it says nothing of what it drops, and removes them.
   * @param requireUnlocked rejects when somebody else has the database open: one who writes makes it look damaged.
   */
  async requireLogs(requireUnlocked: () => Promise<void>): Promise<void> {
    let found = await inspectLogs(this.#dir)
    if (found.damaged.length > 0 || found.missing.length > 0 || this.#lacks(found.lastCommit)) {
      await requireUnlocked()
      found = await inspectLogs(this.#dir)
    }
    const { damaged, missing, lastCommit } = found
    const { sameBoot = true, synced = 0 } = this.#acknowledged ?? {}
    const tell = !sameBoot && missing.every((commit) => commit > synced) ? this.#warn : this.#report
    for (const { file, at } of damaged) tell(`its log ${file} cannot be read at byte ${at}`)
    if (missing.length > 0) tell(`its log lacks ${missing.length} commits from number ${missing[0]}`)
    if (this.#lacks(lastCommit)) this.#report(this.#ends(lastCommit!))
  }

  /** What was acknowledged of the log of records; undefined when nothing is known of it. */
  get records(): Acknowledged['records'] {
    return this.#acknowledged?.records
  }

  get isMarked(): boolean {
    return this.#acknowledged !== undefined
  }

  get isSameBoot(): boolean {
    return this.#acknowledged?.sameBoot ?? true
  }

  /** Something is not there. `lasting`: it was on the disk, so that a machine that stopped is no excuse. */
  tell(what: string, { lasting = false }: { readonly lasting?: boolean } = {}): void {
    if (lasting || this.isSameBoot) this.#report(what)
    else this.#warn(what)
  }

  requireLengths(cut: readonly string[]): void {
    for (const file of cut) this.#report(`its table ${file} is not as long as it was`)
  }

  get lastAcknowledged(): number {
    return this.#acknowledged?.commit ?? 0
  }

  /** `found` is the last commit of the open database. */
  requireCommit(found: number): void {
    if (this.#lacks(found)) this.#report(this.#ends(found))
    else if (found < (this.#acknowledged?.commit ?? 0)) this.#warn(this.#ends(found))
  }

  requireMark(): void {
    if (!this.#acknowledged) this.#report('its file stemcell.mark is gone or cannot be read')
  }

  requireEmpty(): void {
    if ((this.#acknowledged?.commit ?? 0) > 0) this.#report('it is empty although something was acknowledged')
  }

  /** @returns the number of the journal that is there, or that was to be. */
  requireJournal({ entries, damagedAt, wholeBytes }: ScannedJournal): number {
    for (const at of damagedAt) this.#report(`its journal of activation records cannot be read at byte ${at}`)
    const first = entries[0]
    const found = first?.type === 'begin' ? first.number : undefined
    if (!this.#acknowledged) return found ?? 0
    const { journal, journalBytes, sameBoot } = this.#acknowledged
    const tell = sameBoot ? this.#report : this.#warn
    // One that was begun anew a moment before the process died has the next number.
    if (journalBytes > 0 && found !== journal + 1) {
      if (found !== journal) tell('its journal of activation records is gone')
      else if (wholeBytes < journalBytes) {
        tell(`its journal of activation records ends at byte ${wholeBytes} although ${journalBytes} were acknowledged`)
      }
    }
    return Math.max(found ?? 0, journal)
  }

  /** What nobody may miss: the disk, or the operating system that is still the same one, was given it. */
  #lacks(lastCommit: number | undefined): boolean {
    if (!this.#acknowledged || lastCommit === undefined) return false
    const { commit, synced, sameBoot } = this.#acknowledged
    return lastCommit < (sameBoot ? commit : synced)
  }

  #ends(lastCommit: number): string {
    return `it ends with commit ${lastCommit} although ${this.#acknowledged?.commit} was acknowledged`
  }

  readonly #warn = (what: string): void => {
    this.#logger.warn({ dir: this.#dir }, `the database lost something when the machine stopped: ${what}`)
  }

  #refuse(what: string): never {
    throw new PlatformError('ERR_CORRUPT', `the database in ${this.#dir} is damaged, ${what}: ${REPAIR_HINT}`)
  }
}
