import { SubjectAdministration, type AuthKey, type JsonObject, type JsonValue } from '@stemcell/core'
import { chanceOf, type Chance } from '../world/chance.ts'
import type { Host } from '../world/host.ts'
import { ACTIONS, CONDUCTOR, FLEETING, REPEATABLE, SEQUENCES } from './actions.ts'
import { Client, type Ask, type Reply } from './client.ts'
import type { Cluster } from './cluster.ts'
import type { ControllerMember } from './member.ts'

const NAMESPACES = ['guest', 'other'] as const

/** How a client is answered at the latest, where its controller lives: the wait of a blocking call, and all that may be slow. */
export const ANSWER_WITHIN_MS = 120_000

/** What administrators allow a namespace to have at once. */
const CONCURRENT: readonly number[] = [1, 4, 60, 60, 60, 200]
const PER_MINUTE: readonly number[] = [100, 100_000, 100_000, 100_000]

const EXEC = { kind: 'nodejs:20', code: 'function main() { return {} }' }

/** Clients that invoke actions, fire triggers and wait for results, and others that change what they invoke. */
export class Workload {
  readonly #cluster: Cluster
  readonly #chance: Chance
  readonly #composites: boolean
  readonly #subjects: SubjectAdministration
  readonly #keys = new Map<string, AuthKey>()
  readonly #clients = new Map<string, Client>()
  /** Requests without an answer, with what they were; the oldest first. */
  readonly #open = new Map<number, { readonly what: string; readonly atMs: number; readonly host: Host | undefined }>()
  /** Requests whose client hung up before there was an answer. */
  readonly #hungUp = new Set<number>()
  sent = 0
  told = 0
  refused = 0
  broken = 0

  /** `composites`: whether clients invoke sequences and compositions, too. */
  constructor(cluster: Cluster, seed: number, composites: boolean) {
    this.#composites = composites
    this.#cluster = cluster
    this.#chance = chanceOf(seed, 'load')
    this.#subjects = new SubjectAdministration(cluster.subjects, { random: chanceOf(1, 'keys') })
  }

  /** Requests that nobody answers although their controller lives, for longer than it may take. */
  get forgotten(): readonly string[] {
    const now = this.#cluster.world.clock.monotonic()
    return [...this.#open.values()]
      .filter(({ atMs, host }) => now - atMs > ANSWER_WITHIN_MS && host?.isRunning === true)
      .map(({ what }) => what)
  }

  get hungUp(): number {
    return this.#hungUp.size
  }

  /** Makes who may call. */
  async addSubjects(): Promise<void> {
    for (const namespace of NAMESPACES) {
      const key = await this.#subjects.createUser(`${namespace}-subject`, { namespace })
      this.#keys.set(namespace, key)
      this.#clients.set(namespace, new Client(this.#cluster, key))
    }
  }

  /** Creates what is invoked later. */
  async define(): Promise<void> {
    for (const client of this.#clients.values()) {
      for (const [name, limits] of ACTIONS) {
        const annotations = [
          ...(REPEATABLE.includes(name) ? [{ key: 'repeatable', value: true }] : []),
          { key: 'web-export', value: true },
        ]
        await this.#put(client, `actions/${name}`, { exec: EXEC, limits, annotations })
      }
      await this.#put(client, `actions/${FLEETING}`, fleeting(128))
      const annotations = [{ key: 'conductor', value: true }]
      await this.#put(client, `actions/${CONDUCTOR}`, { exec: EXEC, limits: { timeout: 2_000 }, annotations })
      for (const [name, steps] of SEQUENCES) {
        const components = steps.map((step) => `/_/${step}`)
        await this.#put(client, `actions/${name}`, { exec: { kind: 'sequence', components } })
      }
      await this.#put(client, 'triggers/fires', {})
      for (const action of ['small', FLEETING, ...(this.#composites ? ['row'] : [])])
        await this.#put(client, `rules/to-${action}`, { trigger: '/_/fires', action: `/_/${action}` })
    }
  }

  /** Clients come for `loadMs`, `perSecond` of them. */
  run(loadMs: number, perSecond: number, total = Infinity): void {
    const { clock } = this.#cluster.world
    const endMs = clock.monotonic() + loadMs
    const next = (): void => {
      if (clock.monotonic() >= endMs || this.sent >= total) return
      // Bursts, and quiet moments.
      const gapMs = this.#chance.perMille(20)
        ? this.#chance.between(500, 2_000)
        : this.#chance.below((2_000 / perSecond) | 0)
      this.#come()
      clock.setTimer(gapMs, next)
    }
    next()
    const change = (): void => {
      if (clock.monotonic() >= endMs) return
      this.#change()
      clock.setTimer(this.#chance.between(300, 3_000), change)
    }
    clock.setTimer(this.#chance.between(300, 3_000), change)
  }

  #come(): void {
    const chance = this.#chance
    const namespace = chance.perMille(700) ? NAMESPACES[0] : NAMESPACES[1]
    this.#invoke(namespace, chance.pick(this.#cluster.controllers), this.#path(namespace))
  }

  #invoke(namespace: string, controller: ControllerMember, path: string): void {
    const chance = this.#chance
    const client = this.#clients.get(namespace)!
    const serial = ++this.sent
    const { host } = controller
    const { clock, journal } = this.#cluster.world
    const hangsUp = chance.perMille(40) && !path.startsWith('triggers')
    if (hangsUp) this.#hungUp.add(serial)
    else
      this.#open.set(serial, { what: `${path} of ${namespace} at ${controller.name}`, atMs: clock.monotonic(), host })
    const ask = {
      method: 'POST',
      path,
      body: { serial },
      latencyMs: chance.between(0, 3),
      ...(hangsUp && { hangsUpAfterMs: chance.pick([0, 1, 20, 400]) }),
    }
    client.ask(controller, ask, (reply) => {
      this.#open.delete(serial)
      this.#hungUp.delete(serial)
      const { activationId: id } = reply ?? {}
      journal.note(`answer ${serial} ${reply?.status ?? 'broken'} ${id ?? ''}`)
      if (id !== undefined) {
        this.told++
        this.#cluster.ledger.tell(id, namespace, path)
      } else if (reply) this.refused++
      else this.broken++
    })
  }

  /** What a client invokes. */
  #path(namespace: string): string {
    const chance = this.#chance
    const what = chance.below(100)
    const [action] = chance.perMille(500) ? ACTIONS[0]! : chance.pick(ACTIONS)
    const waits = chance.perMille(550) ? '?blocking=true' : ''
    if (what < 4) return 'triggers/fires'
    if (what < 8) return `/api/v1/web/${namespace}/default/${action}.json`
    if (what < 14) return `actions/${FLEETING}${waits}`
    if (what >= 22 || !this.#composites) return `actions/${action}${waits}`
    return `actions/${chance.pick([...SEQUENCES.keys(), 'row', CONDUCTOR])}${waits}`
  }

  /** Somebody changes what others use meanwhile. What comes of it is not looked at: it may fail like anything else. */
  #change(): void {
    const chance = this.#chance
    const namespace = chance.pick(NAMESPACES)
    const { ledger, world, controllers } = this.#cluster
    const controller = chance.pick(controllers)
    const what = chance.below(12)
    if (what < 3) {
      const concurrentInvocations = chance.pick(CONCURRENT)
      const invocationsPerMinute = chance.pick(PER_MINUTE)
      world.journal.note(`limits of ${namespace}: ${concurrentInvocations} at once, ${invocationsPerMinute} a minute`)
      ledger.limitsSet(this.#keys.get(namespace)!.uuid, { concurrentInvocations, invocationsPerMinute })
      void this.#subjects.setLimits(namespace, { concurrentInvocations, invocationsPerMinute })
      return
    }
    const path = `actions/${FLEETING}`
    const changed = fleeting(chance.pick([128, 256]))
    if (what < 6) this.#ask(namespace, controller, { method: 'PUT', path: `${path}?overwrite=true`, body: changed })
    else if (what < 8) this.#ask(namespace, controller, { method: 'DELETE', path })
    else if (what < 9)
      this.#ask(namespace, controller, {
        method: 'POST',
        path: 'rules/to-small',
        body: { status: chance.pick(['active', 'inactive']) },
      })
    else {
      // Gone again before an invoker has seen it.
      this.#ask(namespace, controller, { method: 'PUT', path: `${path}?overwrite=true`, body: changed }, () => {
        this.#invoke(namespace, controller, `${path}${chance.perMille(500) ? '?blocking=true' : ''}`)
        const atOnce = (): void => this.#ask(namespace, controller, { method: 'DELETE', path })
        world.clock.setTimer(chance.between(2, 12), atOnce)
      })
    }
  }

  #ask(
    namespace: string,
    controller: ControllerMember,
    asked: Omit<Ask, 'latencyMs'>,
    then: () => void = () => undefined,
  ): void {
    const latencyMs = this.#chance.between(0, 3)
    this.#clients.get(namespace)!.ask(controller, { ...asked, latencyMs }, (reply) => {
      this.#cluster.world.journal.note(`${asked.method} ${asked.path} ${reply?.status ?? 'broken'}`)
      then()
    })
  }

  async #put(client: Client, path: string, body: JsonValue): Promise<void> {
    const { world, controllers } = this.#cluster
    for (let tries = 1; ; tries++) {
      const reply = await world.until(
        new Promise<Reply | undefined>((resolve) => {
          client.ask(controllers[0]!, { method: 'PUT', path: `${path}?overwrite=true`, body, latencyMs: 1 }, resolve)
        }),
        `PUT ${path}`,
      )
      if (reply?.status === 200) return
      if (tries > 20) throw new Error(`PUT ${path}: ${reply?.status} ${JSON.stringify(reply?.body)}`)
    }
  }
}

function fleeting(memory: number): JsonObject {
  return { exec: EXEC, limits: { memory, timeout: 2_000 } }
}
