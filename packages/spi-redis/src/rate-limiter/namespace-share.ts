import type { EntryDecision } from '@stemcell/core'

export interface Limits {
  readonly perMinute: number
  readonly concurrent: number
}

/** A request that Redis has to be asked for. */
export interface Entrant extends Limits {
  /** It is counted in its minute, and only needs a place. */
  hasPermit: boolean
  readonly resolve: (decision: EntryDecision) => void
  readonly reject: (error: unknown) => void
}

/** What the script answers, see `ASK`. */
export interface Answer {
  readonly minute: number
  readonly leftMs: number
  readonly passed: number
  readonly counted: number
  readonly minuteAgain: boolean
  readonly extra: number
  readonly hasBlocks: boolean
  readonly others: number
  readonly granted: number
  readonly placesAgain: boolean
  readonly spare: number
  readonly roomy: boolean
}

/** What Redis is told and asked at once. */
export interface Question extends Limits {
  readonly entrants: readonly Entrant[]
  readonly minute: number
  readonly returned: number
  readonly settled: number
  readonly keptPermits: number
  readonly keptPlaces: number
  readonly relaxed: boolean
  readonly withPermit: number
  readonly permits: number
  readonly places: number
}

const FEWEST_PERMITS = 8
const FEWEST_PLACES = 4
const MOST_PERMITS = 1000
/** Of one question: the answers to all are made in one step. */
const MOST_ENTRANTS = 500

/**
 * What this process has of one namespace's limits. Redis counts it as used: permits of a minute are given back or used,
 * places are given back when they are not used for a while. So what is given out here exceeds no limit, whatever the
 * other processes do, and whatever becomes of this one.
 */
export class NamespaceShare {
  readonly queue: Entrant[] = []
  /** Redis has to be told, even if nobody asks. */
  untold = false
  asking = false
  /** Places in use. */
  used = 0
  #limits: Limits = { perMinute: 0, concurrent: 0 }
  #validUntilMs = -Infinity
  #minute = -1
  #permits = 0
  /** Permits that Redis thinks may not be used. */
  #outstanding = 0
  #hasBlocks = true
  /** The count that Redis had last. */
  #counted = 0
  #others = 0
  /** Places that are this process's, whatever Redis answers to what is under way. */
  #reserved = 0
  #relaxed = false
  #taken = 0
  #takenBefore = 0
  #peak = 0
  #peakBefore = 0

  /** Whether it must be looked after: it holds what it may not need. */
  get isLeased(): boolean {
    return this.#relaxed || this.#permits > 0
  }

  get isIdle(): boolean {
    return (
      this.used === 0 && this.#reserved === 0 && !this.isLeased && !this.untold && !this.asking && !this.queue.length
    )
  }

  /** Lets a request in without asking; undefined where Redis must be asked. */
  enter({ perMinute, concurrent }: Limits, nowMs: number): EntryDecision | undefined {
    if (this.queue.length > 0 || this.#permits === 0 || this.used >= this.#reserved || nowMs >= this.#validUntilMs) {
      return undefined
    }
    // Limits may have been lowered since.
    if (this.#counted > perMinute || this.#others + this.#reserved > concurrent) return undefined
    this.#permits--
    this.#taken++
    return this.#took(concurrent)
  }

  /** Returns whether Redis must be told at once. */
  leave(): boolean {
    if (this.used === 0) return false
    this.used--
    return !this.#relaxed
  }

  /** A while has passed: what was not needed in it and in the one before is given back. */
  turn(): void {
    this.#takenBefore = this.#taken
    this.#taken = 0
    this.#peakBefore = this.#peak
    this.#peak = this.used
    this.untold = true
  }

  /** All that is not used is given back with the next question. */
  retire(): void {
    this.turn()
    this.turn()
  }

  ask(nowMs: number): Question {
    this.untold = false
    const [first] = this.queue
    if (first) this.#limits = { perMinute: first.perMinute, concurrent: first.concurrent }
    const { perMinute, concurrent } = this.#limits
    const other = this.queue.findIndex(
      (entrant) => entrant.perMinute !== perMinute || entrant.concurrent !== concurrent,
    )
    const entrants = this.queue.slice(0, Math.min(other < 0 ? this.queue.length : other, MOST_ENTRANTS))
    const isValid = nowMs < this.#validUntilMs && this.#counted <= perMinute
    for (const entrant of entrants) {
      if (entrant.hasPermit) continue
      if (!isValid || this.#permits === 0) break
      this.#permits--
      this.#taken++
      entrant.hasPermit = true
    }
    const withPermit = entrants.filter(({ hasPermit }) => hasPermit).length
    const isBusy = entrants.length > 0 || this.#taken + this.#takenBefore > 0
    const returned = isValid && isBusy && this.#hasBlocks ? 0 : this.#permits
    this.#permits -= returned
    const settled = this.#outstanding - this.#permits
    this.#outstanding = this.#permits
    this.#reserved = this.#relaxed && isBusy ? Math.min(this.#reserved, Math.max(this.used, this.#peaks)) : this.used
    const rate = Math.max(FEWEST_PERMITS, 2 * Math.max(this.#taken, this.#takenBefore))
    return {
      entrants,
      perMinute,
      concurrent,
      minute: this.#minute,
      returned,
      settled,
      keptPermits: this.#permits,
      keptPlaces: this.#reserved,
      relaxed: isBusy,
      withPermit,
      permits: isBusy ? Math.max(0, Math.min(MOST_PERMITS, rate) - this.#permits) : 0,
      places: entrants.length > 0 ? Math.max(FEWEST_PLACES, this.#peaks) : 0,
    }
  }

  /** Takes the answer; returns true where those who are left must be asked for once more, a little later. */
  answered({ entrants, perMinute, concurrent, withPermit }: Question, answer: Answer, validUntilMs: number): boolean {
    if (answer.minute !== this.#minute) this.#permits = this.#outstanding = 0
    this.#minute = answer.minute
    this.#permits += answer.extra
    this.#outstanding += answer.extra
    this.#hasBlocks = answer.hasBlocks
    this.#counted = answer.counted + answer.extra
    this.#others = answer.others
    this.#reserved += answer.granted + answer.spare
    this.#relaxed = answer.roomy
    this.#validUntilMs = validUntilMs
    const passed = withPermit + answer.passed
    const left: Entrant[] = []
    for (const [index, entrant] of entrants.entries()) {
      if (index < answer.granted) {
        if (!entrant.hasPermit) this.#taken++
        entrant.resolve(this.#took(concurrent))
      } else if (index < passed) {
        entrant.hasPermit = true
        if (answer.placesAgain) left.push(entrant)
        else entrant.resolve({ allowed: false, count: answer.others + this.used, limit: concurrent, of: 'places' })
      } else if (answer.minuteAgain) {
        left.push(entrant)
      } else {
        const count = answer.counted + index - passed + 1
        const retry = perMinute > 0 ? { retryAfterMs: answer.leftMs } : {}
        entrant.resolve({ allowed: false, count, limit: perMinute, ...retry, of: 'minute' })
      }
    }
    this.queue.splice(0, entrants.length, ...left)
    this.untold ||= (!this.#relaxed && this.#reserved > this.used) || (!this.#hasBlocks && this.#permits > 0)
    return left.length > 0
  }

  /** Nobody knows what Redis did: what it may have given is not used, and told anew. */
  failed({ entrants }: Question, error: unknown): void {
    this.queue.splice(0, entrants.length)
    this.doubt()
    for (const { reject } of entrants) reject(error)
  }

  /** Redis is told what is used when it can be. */
  doubt(): void {
    this.#permits = this.#outstanding = 0
    this.#validUntilMs = -Infinity
    this.#relaxed = false
    this.#reserved = this.used
    this.untold = true
  }

  get #peaks(): number {
    return Math.max(this.#peak, this.#peakBefore)
  }

  #took(concurrent: number): EntryDecision {
    this.used++
    if (this.used > this.#peak) this.#peak = this.used
    return { allowed: true, count: this.#others + this.used, limit: concurrent, of: 'places' }
  }
}
