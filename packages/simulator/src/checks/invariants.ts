import type { Cluster } from '../cluster/cluster.ts'
import type { Host } from '../world/host.ts'
import type { Workload } from '../cluster/workload.ts'

/** How long an activation may wait while there is room for it, ms. */
export const WAIT_BOUND_MS = 15_000
/** The largest action of the load, MB. */
const LARGEST_MB = 512

/** What must hold after each event, and what must hold once all is quiet. */
export class Invariants {
  readonly #cluster: Cluster
  readonly #workload: Workload
  readonly #placesAreExact: boolean
  /** Since when a member lets activations wait although there is room, ms. */
  readonly #idleSince = new Map<string, number>()
  /** How often something had come to a process when it was last looked at. */
  readonly #looked = new WeakMap<Host, number>()

  /** `placesAreExact`: there are no sequences, and the limiter always answers. */
  constructor(cluster: Cluster, workload: Workload, { placesAreExact }: { readonly placesAreExact: boolean }) {
    this.#placesAreExact = placesAreExact
    this.#cluster = cluster
    this.#workload = workload
  }

  /** After each event. What the ledger is told of (starts, records, memory) it has looked at already. */
  check(): void {
    const { limits, ledger } = this.#cluster
    if (limits.surplus > 0) ledger.violate('places', 'a place was given back that nobody had')
    this.#placesCover()
    this.#memoryIsBooked()
  }

  /** Once per second, as members say how they stand once per second. */
  checkSlowly(): void {
    for (const { name, node, gauges, host } of this.#cluster.invokers) {
      const waits =
        node !== undefined &&
        host?.isRunning === true &&
        gauges !== undefined &&
        gauges.waiting > 0 &&
        gauges.starting === 0 &&
        gauges.leavingMb === 0 &&
        gauges.capacityMb - gauges.usedMb + gauges.idleMb + gauges.stemCellsMb >= LARGEST_MB
      this.#waits(name, waits)
    }
    for (const { name, node, gauges, host } of this.#cluster.controllers) {
      const waits =
        node !== undefined &&
        host?.isRunning === true &&
        gauges !== undefined &&
        gauges.waiting > 0 &&
        node.controller.members.some(({ state, freeMemoryMb }) => state === 'healthy' && freeMemoryMb >= LARGEST_MB)
      this.#waits(name, waits)
    }
    const [forgotten] = this.#workload.forgotten
    if (forgotten !== undefined) this.#cluster.ledger.violate('lost', `nobody answers ${forgotten}`)
  }

  /** Once nothing is broken any more and clients have gone: whether everything is at rest. */
  get isQuiet(): boolean {
    const { ledger, controllers, invokers, limits } = this.#cluster
    return (
      ledger.missing === 0 &&
      // Whoever stores the record of a sequence has a place until the store takes it.
      controllers.every(({ host, retired }) => retired || !host || limits.takenBy(host) === 0) &&
      controllers.every(
        ({ node, retired }) => retired || (node?.controller.members.every(({ inFlight }) => inFlight === 0) ?? false),
      ) &&
      invokers.every(
        ({ gauges, retired }) => retired || (gauges !== undefined && gauges.waiting === 0 && gauges.busy === 0),
      ) &&
      this.#imbalance() === undefined
    )
  }

  /** At the end. What is not at rest by now never will be. */
  checkAtEnd(): void {
    const { ledger, controllers, invokers, limits, world } = this.#cluster
    for (const { id, namespace, what, atMs } of ledger.lost()) {
      ledger.violate('lost', `${namespace}/${id} (${what}), accepted at ${atMs} ms, has no record`, id)
    }
    for (const { name, node, retired } of controllers) {
      if (retired) continue
      if (!node) ledger.violate('left-behind', `${name} is not up at ${world.clock.monotonic()} ms`, name)
      for (const { id, inFlight } of node?.controller.members ?? []) {
        if (inFlight !== 0)
          ledger.violate('slots', `${name}: ${inFlight} slots of invoker${id} are taken for nothing`, name)
      }
    }
    for (const { name, gauges, retired } of invokers) {
      if (retired) continue
      const orphanedMb = ledger.orphanedMb(name)
      if (orphanedMb > 0) {
        ledger.violate('left-behind', `${name}: containers of ${orphanedMb} MB are left from former lives`, name)
      }
      if (!gauges) ledger.violate('left-behind', `${name} is not up`, name)
      else if (gauges.waiting + gauges.busy > 0) {
        ledger.violate(
          'waits-for-nothing',
          `${name}: ${gauges.waiting} activations wait, ${gauges.busy} containers work`,
          name,
        )
      }
    }
    const imbalance = this.#imbalance()
    if (imbalance !== undefined) ledger.violate('slots', imbalance)
    ledger.checkSteps()
    if (limits.surplus > 0) ledger.violate('places', `${limits.surplus} places were given back that nobody had`)
    for (const { name, host, retired } of controllers) {
      const taken = host && !retired ? limits.takenBy(host) : 0
      if (taken > 0) ledger.violate('places', `${name} keeps ${taken} places of namespaces for nothing`, name)
    }
  }

  /** Books of memory that do not add up although nothing runs. */
  #imbalance(): string | undefined {
    for (const { name, node, retired } of this.#cluster.controllers) {
      if (!node || retired) continue
      const { members, clusterSize } = node.controller
      for (const { id, memoryMb, freeMemoryMb, inFlight } of members) {
        const shareMb = Math.floor(memoryMb / clusterSize)
        if (inFlight === 0 && freeMemoryMb !== shareMb) {
          return `${name}: ${freeMemoryMb} MB of invoker${id} are free, its share is ${shareMb} MB and nothing runs there`
        }
      }
    }
    for (const { name, host, gauges, retired } of this.#cluster.invokers) {
      if (!host || !gauges || retired) continue
      const usedMb = this.#cluster.ledger.usedMb(host)
      if (gauges.usedMb !== usedMb) {
        return `${name}: ${gauges.usedMb} MB are booked, its containers take ${usedMb} MB`
      }
    }
    return undefined
  }

  /**
   * Whatever a controller has with invokers has a place in the limit of its namespace, which counts over all controllers.
   * Not so where the limiter did not answer, and the next step of a sequence may begin before the slot of the last is free.
   */
  #placesCover(): void {
    const { controllers, limits, ledger } = this.#cluster
    for (const { name, node, host } of controllers) {
      if (!node || !host || this.#looked.get(host) === host.entered) continue
      this.#looked.set(host, host.entered)
      let inFlight = 0
      for (const member of node.controller.members) {
        inFlight += member.inFlight
        if (member.inFlight < 0 || member.freeMemoryMb > member.memoryMb)
          ledger.violate(
            'slots',
            `${name}: ${member.inFlight} slots of invoker${member.id} are taken, ${member.freeMemoryMb} MB of ${member.memoryMb} MB free`,
            name,
          )
      }
      if (!this.#placesAreExact) continue
      const places = limits.takenBy(host)
      if (inFlight > places)
        ledger.violate('places', `${name}: ${inFlight} activations with invokers, ${places} places`, name)
    }
  }

  /** Of the invokers to which something has come. */
  #memoryIsBooked(): void {
    const { invokers, ledger } = this.#cluster
    for (const { host, node } of invokers) {
      if (!host || this.#looked.get(host) === host.entered) continue
      this.#looked.set(host, host.entered)
      const gauges = node?.invoker.gauges
      if (gauges) ledger.booked(host, gauges.usedMb, gauges.capacityMb)
    }
  }

  #waits(name: string, waits: boolean): void {
    const now = this.#cluster.world.clock.monotonic()
    if (!waits) this.#idleSince.delete(name)
    else {
      const since = this.#idleSince.get(name) ?? now
      this.#idleSince.set(name, since)
      if (now - since <= WAIT_BOUND_MS) return
      this.#idleSince.set(name, Infinity)
      this.#cluster.ledger.violate(
        'waits-for-nothing',
        `${name}: activations wait since ${since} ms, with room for them`,
        name,
      )
    }
  }
}
