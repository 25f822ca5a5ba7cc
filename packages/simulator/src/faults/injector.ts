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

  #begin({ kind, target, forMs, service, byMs = 0 }: Fault): void {
    const { network, world, broker, members } = this.#cluster
    const member = members.find(({ name }) => name === target)
    world.journal.note(`fault ${kind} ${target} ${service ?? ''} ${forMs} ${byMs}`)
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
    } else if (kind === 'rolling') {
      // A member that is killed meanwhile ends it.
      this.#roll(target, forMs).catch(this.#failed)
    } else if (kind === 'jump') {
      const wall = member?.wall
      if (!wall) return
      wall.jumpedMs += byMs
      // Set wrong for good, it is wrong for every process that is started on the machine.
      if (forMs === Infinity) return
      forAWhile(
        () => undefined,
        () => (wall.jumpedMs -= byMs),
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

  /** As an operator does it who waits for each member before the next one. */
  async #roll(target: string, drainMs: number): Promise<void> {
    const { controllers, invokers, world } = this.#cluster
    for (const member of target === 'controllers' ? controllers : invokers) {
      await this.#cluster.restart(member, drainMs)
      world.journal.note(`${member.name} is next no more`)
    }
  }

  #start(target: string): void {
    const member = this.#cluster.members.find(({ name }) => name === target)
    if (!member?.host?.isDead || member.retired) return
    this.#cluster.start(member).catch(this.#failed)
  }
}
