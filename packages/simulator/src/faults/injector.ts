import type { Cluster } from '../cluster/cluster.ts'
import type { ServiceName } from '../world/network.ts'
import type { Fault } from './fault.ts'

/** Lets faults happen in a cluster at their time, and mends them. */
export class Injector {
  readonly #cluster: Cluster
  readonly #failed: (error: unknown) => void
  #active = 0

  /** `failed` is told what went wrong that should not. */
  constructor(cluster: Cluster, failed: (error: unknown) => void) {
    this.#cluster = cluster
    this.#failed = failed
  }

  /** Faults that have begun and are not mended. */
  get active(): number {
    return this.#active
  }

  plan(faults: readonly Fault[]): void {
    const { clock } = this.#cluster.world
    for (const fault of faults) clock.setTimer(fault.atMs, () => this.#begin(fault))
  }

  #begin({ kind, target, forMs, service }: Fault): void {
    const { network, world, broker, members } = this.#cluster
    const member = members.find(({ name }) => name === target)
    world.journal.note(`fault ${kind} ${target} ${service ?? ''} ${forMs}`)
    const forAWhile = (begin: () => void, end: () => void): void => {
      begin()
      this.#active++
      world.clock.setTimer(forMs, () => {
        this.#active--
        world.journal.note(`mended ${kind} ${target} ${service ?? ''}`)
        end()
        broker.wake()
      })
    }
    if (kind === 'cut' && service) {
      forAWhile(
        () => network.setCut(target, service, true),
        () => network.setCut(target, service, false),
      )
    } else if (kind === 'down') {
      forAWhile(
        () => network.setDown(target as ServiceName, true),
        () => network.setDown(target as ServiceName, false),
      )
    } else if (kind === 'slow') {
      forAWhile(
        () => network.setSlow(target as ServiceName, true),
        () => network.setSlow(target as ServiceName, false),
      )
    } else if (!member || member.host?.isDead || member.retired) return
    else if (kind === 'freeze') {
      const { host } = member
      forAWhile(
        () => host?.freeze(),
        () => host?.thaw(),
      )
    } else if (kind === 'restart') this.#cluster.restart(member, forMs).catch(this.#failed)
    else {
      this.#cluster.crash(member)
      if (forMs === Infinity) member.retired = true
      else
        forAWhile(
          () => undefined,
          () => this.#start(target),
        )
    }
  }

  #start(target: string): void {
    const member = this.#cluster.members.find(({ name }) => name === target)
    if (!member?.host?.isDead || member.retired) return
    this.#cluster.start(member).catch(this.#failed)
  }
}
