import { PlatformError, type Clock, type MaybePromise } from '@stemcell/core'
import { chanceOf, type Chance } from './chance.ts'
import type { Host } from './host.ts'

/** What members reach over the network. */
export type ServiceName = 'queue' | 'records' | 'entities' | 'limits'

/** How long a client tries before it gives up, ms. */
const GIVE_UP_MS = 3_000

/** How a service misbehaves without anybody having planned it; shares are of a thousand calls. */
export interface Weather {
  /** A call takes so long in each direction, ms. */
  readonly latencyMs: readonly [least: number, most: number]
  /** Calls that take up to `slowMs` instead. */
  readonly slowPerMille: number
  readonly slowMs: number
  /** Requests that never arrive. */
  readonly lostRequestPerMille: number
  /** Answers that never arrive: what was asked for was done. */
  readonly lostAnswerPerMille: number
}

/** Between members and services: latency, losses, services that are down, members that are cut off. */
export class Network {
  readonly #clock: Clock
  readonly #weather: Readonly<Record<ServiceName, Weather>>
  readonly #chances: Readonly<Record<ServiceName, Chance>>
  readonly #down = new Set<ServiceName>()
  readonly #cut = new Set<string>()
  readonly #slow = new Set<ServiceName>()
  readonly #giveUpMs: number

  constructor(
    clock: Clock,
    seed: number,
    weather: Readonly<Record<ServiceName, Weather>>,
    giveUpMs: number = GIVE_UP_MS,
  ) {
    this.#giveUpMs = giveUpMs
    this.#clock = clock
    this.#weather = weather
    const chance = (service: ServiceName): Chance => chanceOf(seed, `network ${service}`)
    this.#chances = {
      queue: chance('queue'),
      records: chance('records'),
      entities: chance('entities'),
      limits: chance('limits'),
    }
  }

  /** A service answers nobody. */
  setDown(service: ServiceName, isDown: boolean): void {
    if (isDown) this.#down.add(service)
    else this.#down.delete(service)
  }

  /** A service takes up to two seconds for an answer. */
  setSlow(service: ServiceName, isSlow: boolean): void {
    if (isSlow) this.#slow.add(service)
    else this.#slow.delete(service)
  }

  /** A member reaches a service no more. */
  setCut(host: string, service: ServiceName, isCut: boolean): void {
    if (isCut) this.#cut.add(`${host} ${service}`)
    else this.#cut.delete(`${host} ${service}`)
  }

  reaches({ name }: Host, service: ServiceName): boolean {
    return !this.#down.has(service) && !this.#cut.has(`${name} ${service}`)
  }

  latencyMs(service: ServiceName): number {
    const { latencyMs, slowPerMille, slowMs } = this.#weather[service]
    const chance = this.#chances[service]
    if (this.#slow.has(service)) return chance.between(200, 1_000)
    if (chance.perMille(slowPerMille)) return chance.between(latencyMs[1], slowMs)
    return chance.between(...latencyMs)
  }

  /** Something that a service sends by itself arrives. */
  later(service: ServiceName, arrive: () => void): void {
    this.#clock.setTimer(this.latencyMs(service), arrive)
  }

  /**
   * Asks a service. Rejects with ERR_UNAVAILABLE where no answer comes: nobody knows then whether it was done. `sure`: a
   * client that tells its requests apart, so that an answer that was lost is asked for again.
   */
  call<T>(host: Host, service: ServiceName, ask: () => MaybePromise<T>, { sure = false } = {}): Promise<T> {
    const { lostRequestPerMille, lostAnswerPerMille } = this.#weather[service]
    const chance = this.#chances[service]
    const clock = this.#clock
    return new Promise((resolve, reject) => {
      let answered = false
      const answer = (give: () => void, afterMs: number): void => {
        clock.setTimer(afterMs, () =>
          host.enter(() => {
            if (answered) return
            answered = true
            give()
          }),
        )
      }
      const nothing = (): void =>
        answer(() => reject(new PlatformError('ERR_UNAVAILABLE', `simulated: no answer of ${service}`)), this.#giveUpMs)
      if (!this.reaches(host, service) || (!sure && chance.perMille(lostRequestPerMille))) return nothing()
      clock.setTimer(this.latencyMs(service), () => {
        if (!this.reaches(host, service)) return nothing()
        const isLost = !sure && chance.perMille(lostAnswerPerMille)
        const given = (give: () => void): void => {
          if (isLost || !this.reaches(host, service)) nothing()
          else answer(give, this.latencyMs(service))
        }
        try {
          const result = ask()
          if (!(result instanceof Promise)) return given(() => resolve(result))
          result.then(
            (value) => given(() => resolve(value)),
            (error: unknown) => given(() => reject(error as Error)),
          )
        } catch (error) {
          given(() => reject(error as Error))
        }
      })
    })
  }
}
