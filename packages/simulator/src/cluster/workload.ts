import { SubjectAdministration, type AuthKey, type JsonObject, type JsonValue } from '@stemcell/core'
import { chanceOf, type Chance } from '../world/chance.ts'
import type { Host } from '../world/host.ts'
import { Client, type Reply } from './client.ts'
import type { Cluster } from './cluster.ts'

/** Actions of each namespace; the name says what is special about one. */
const ACTIONS: readonly (readonly [name: string, limits: JsonObject])[] = [
  ['small', { memory: 128, timeout: 2_000 }],
  ['middle', { memory: 256, timeout: 2_000, logs: 0 }],
  ['large', { memory: 512, timeout: 4_000 }],
  ['shared', { memory: 256, timeout: 3_000, concurrency: 2 }],
  ['again', { memory: 128, timeout: 2_000 }],
  ['few', { memory: 128, timeout: 1_000, instances: 1 }],
]

/** Containers that actions may have on an invoker, where that is bounded. */
export const INSTANCES: ReadonlyMap<string, number> = new Map([['few', 1]])

/** Actions that are annotated as repeatable. */
export const REPEATABLE: readonly string[] = ['again']

const NAMESPACES = ['guest', 'other'] as const

/** How a client is answered at the latest, where its controller lives: the wait of a blocking call, and all that may be slow. */
export const ANSWER_WITHIN_MS = 120_000

/** Clients that invoke actions, fire triggers and wait for results. */
export class Workload {
  readonly #cluster: Cluster
  readonly #chance: Chance
  readonly #sequences: boolean
  readonly #keys = new Map<string, AuthKey>()
  readonly #clients = new Map<string, Client>()
  /** Requests without an answer, with what they were. */
  readonly #open = new Map<number, { readonly what: string; readonly atMs: number; readonly host: Host | undefined }>()
  sent = 0
  refused = 0
  broken = 0

  /** Whether clients invoke sequences, too. */
  constructor(cluster: Cluster, seed: number, sequences: boolean) {
    this.#sequences = sequences
    this.#cluster = cluster
    this.#chance = chanceOf(seed, 'load')
  }

  /** Requests that nobody answers although their controller lives, for longer than it may take. */
  get forgotten(): readonly string[] {
    const now = this.#cluster.world.clock.monotonic()
    return [...this.#open.values()]
      .filter(({ atMs, host }) => now - atMs > ANSWER_WITHIN_MS && host?.isRunning === true)
      .map(({ what }) => what)
  }

  /** Makes who may call. */
  async addSubjects(store: ConstructorParameters<typeof SubjectAdministration>[0]): Promise<void> {
    const subjects = new SubjectAdministration(store, { random: chanceOf(1, 'keys') })
    for (const namespace of NAMESPACES) {
      const key = await subjects.createUser(`${namespace}-subject`, { namespace })
      this.#keys.set(namespace, key)
      this.#clients.set(namespace, new Client(this.#cluster, key))
    }
  }

  /** Creates what is invoked later. */
  async define(): Promise<void> {
    const exec = { kind: 'nodejs:20', code: 'function main() { return {} }' }
    for (const client of this.#clients.values()) {
      for (const [name, limits] of ACTIONS) {
        const annotations = REPEATABLE.includes(name) ? [{ key: 'repeatable', value: true }] : []
        await this.#put(client, `actions/${name}`, { exec, limits, annotations })
      }
      const components = ['/_/small', '/_/again', '/_/small']
      await this.#put(client, 'actions/row', { exec: { kind: 'sequence', components } })
      await this.#put(client, 'triggers/fires', {})
      await this.#put(client, 'rules/binds', { trigger: '/_/fires', action: '/_/small' })
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
  }

  #come(): void {
    const chance = this.#chance
    const namespace = chance.perMille(700) ? NAMESPACES[0] : NAMESPACES[1]
    const client = this.#clients.get(namespace)!
    const controller = chance.pick(this.#cluster.controllers)
    const what = chance.below(100)
    const [action] = chance.perMille(500) ? ACTIONS[0]! : chance.pick(ACTIONS)
    const path =
      what < 4
        ? 'triggers/fires'
        : this.#sequences && what < 10
          ? `actions/row${what < 7 ? '?blocking=true' : ''}`
          : `actions/${action}${what < 60 ? '?blocking=true' : ''}`
    const serial = ++this.sent
    const { host } = controller
    const { clock, journal } = this.#cluster.world
    this.#open.set(serial, { what: `${path} of ${namespace} at ${controller.name}`, atMs: clock.monotonic(), host })
    client.ask(controller, { method: 'POST', path, body: { serial }, latencyMs: chance.between(0, 3) }, (reply) => {
      this.#open.delete(serial)
      const id = idOf(reply)
      journal.note(`answer ${serial} ${reply?.status ?? 'broken'} ${id ?? ''}`)
      if (id !== undefined) this.#cluster.ledger.tell(id, namespace, path)
      else if (reply) this.refused++
      else this.broken++
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

function idOf(reply: Reply | undefined): string | undefined {
  const { body } = reply ?? {}
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  const id = (body as JsonObject)['activationId']
  return typeof id === 'string' ? id : undefined
}
