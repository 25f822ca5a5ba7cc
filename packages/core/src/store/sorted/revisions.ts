import type { Random } from '../../time/random.ts'

/** Revisions of one store object. */
export class Revisions {
  readonly #seed: string
  #made = 0

  constructor(random: Random) {
    this.#seed = Buffer.from(random.bytes(8)).toString('hex')
  }

  /** Never the same twice, as a digest would be: a document deleted and made again must not accept its old revisions. */
  after(current: string | undefined): string {
    const generation = current === undefined ? 1 : Number.parseInt(current, 10) + 1
    return `${generation}-${this.#seed}${(this.#made++).toString(16).padStart(16, '0')}`
  }
}
