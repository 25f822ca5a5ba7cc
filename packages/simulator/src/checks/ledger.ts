import type { Activation, ContainerSpec, EntryRequest } from '@stemcell/core'
import { Steps } from './steps.ts'
import type { Host } from '../world/host.ts'
import type { World } from '../world/world.ts'

/** A promise of the platform that was broken. */
export interface Violation {
  /** Which one, in a word that stays the same: `lost`, `started-twice` … */
  readonly rule: Rule
  /** Virtual ms. */
  readonly atMs: number
  readonly text: string
  /** What the journal has of it, the latest lines. */
  readonly history: readonly string[]
}

/** What is looked at. */
export type Rule =
  | 'lost'
  | 'started-twice'
  | 'record-changed'
  | 'memory'
  | 'memory-books'
  | 'container-shared'
  | 'concurrency'
  | 'instances'
  | 'slots'
  | 'steps'
  | 'times'
  | 'limits'
  | 'places'
  | 'waits-for-nothing'
  | 'left-behind'
  | 'unhandled'

/** What a namespace may have. */
export interface Limits {
  readonly concurrentInvocations: number
  readonly invocationsPerMinute: number
}

interface LimitsAt extends Limits {
  /** Since when, virtual ms. */
  readonly atMs: number
}

/** From what a controller knows of a namespace to its question whether there is room for one more, at most, ms. */
const ON_ITS_WAY_MS = 15_000
/** A run counts from its initialisation on, which takes so long at most, ms. */
const INIT_MS = 9_000

/** A container on a machine, or one being made. */
export interface ContainerEntry {
  readonly host: Host
  readonly memoryMb: number
  /** What it runs; undefined before its first run. */
  owner: string | undefined
}

/** An activation that somebody was told of. */
interface Accepted {
  readonly id: string
  readonly namespace: string
  readonly atMs: number
  readonly what: string
}

/** What is known of all activations and containers of a run, and which promises were broken. */
export class Ledger {
  readonly violations: Violation[] = []
  readonly accepted = new Map<string, Accepted>()
  readonly records = new Map<string, { readonly statusCode: number; readonly atMs: number }>()
  readonly #world: World
  readonly #started = new Map<string, { readonly container: string; readonly atMs: number }>()
  readonly #steps: Steps
  /** By the id of the namespace, when it was told: the latest last. */
  readonly #limits = new Map<string, LimitsAt[]>()
  readonly #limitsAtFirst: Limits
  readonly #limitsStaleMs: number
  readonly #repeatable: ReadonlySet<string>
  readonly #containers = new Set<ContainerEntry>()
  readonly #usedMb = new Map<Host, number>()
  /** By machine and id. */
  readonly #made = new Map<string, ContainerEntry>()
  readonly #runs = new Map<string, number>()
  readonly #limitMb: number
  /** Containers that actions may have on an invoker. */
  readonly #instances: ReadonlyMap<string, number>
  #missing = 0

  constructor(
    world: World,
    options: {
      readonly invokerMemoryMb: number
      readonly repeatable: readonly string[]
      readonly instances: ReadonlyMap<string, number>
      /** Steps of sequences, by name. */
      readonly lengths: ReadonlyMap<string, number>
      /** Of a namespace that has no other. */
      readonly limits: Limits
      /** How long controllers may go by limits that were changed, ms. */
      readonly limitsStaleMs: number
    },
  ) {
    this.#world = world
    this.#instances = options.instances
    this.#steps = new Steps(options.lengths)
    this.#limitsAtFirst = options.limits
    this.#limitsStaleMs = options.limitsStaleMs
    this.#limitMb = options.invokerMemoryMb
    this.#repeatable = new Set(options.repeatable)
  }

  /** Activations that were accepted and have no record. */
  get missing(): number {
    return this.#missing
  }

  get startedCount(): number {
    return this.#started.size
  }

  /** Memory of the containers that a process has, on its machine, MB. */
  usedMb(host: Host): number {
    return this.#usedMb.get(host) ?? 0
  }

  /** Memory of containers whose process is gone, MB. */
  orphanedMb(machine: string): number {
    let sumMb = 0
    for (const [host, usedMb] of this.#usedMb) if (host.name === machine && host.isDead) sumMb += usedMb
    return sumMb
  }

  /** What an invoker has booked for its containers: never less than they take. */
  booked(host: Host, bookedMb: number, capacityMb: number): void {
    const usedMb = this.usedMb(host)
    if (bookedMb < usedMb) {
      this.violate(
        'memory-books',
        `${host.name}: containers of ${usedMb} MB are there, ${bookedMb} MB are booked`,
        host.name,
      )
    }
    if (bookedMb > capacityMb) {
      this.violate('memory-books', `${host.name}: ${bookedMb} MB are booked of ${capacityMb} MB`, host.name)
    }
  }

  violate(rule: Rule, text: string, about = ''): void {
    const { journal, clock } = this.#world
    journal.note(`VIOLATION ${rule} ${text}`)
    // The first of each kind tells what is wrong; a thousand of them tell nothing more.
    if (this.violations.filter((violation) => violation.rule === rule).length >= 3) return
    const history = journal.latest(about).slice(-30)
    this.violations.push({ rule, atMs: clock.monotonic(), text, history })
  }

  /** A client has the id, or the result. */
  tell(id: string, namespace: string, what: string): void {
    if (this.accepted.has(id)) return
    this.accepted.set(id, { id, namespace, atMs: this.#world.clock.monotonic(), what })
    if (!this.records.has(id)) this.#missing++
  }

  /** A record is in the store. */
  stored(record: Activation, outcome: 'stored' | 'exists'): void {
    const {
      activationId: id,
      response: { statusCode },
      namespace,
    } = record
    this.#world.journal.note(`record ${id} ${outcome} ${statusCode}`)
    if (outcome === 'exists') return
    if (this.records.has(id)) this.violate('record-changed', `${namespace}/${id} was stored twice`, id)
    this.records.set(id, { statusCode, atMs: this.#world.clock.monotonic() })
    if (this.accepted.has(id)) this.#missing--
    this.#timesOf(record)
    for (const part of this.#steps.recorded(record)) this.tell(part, namespace, `in the record of ${id}`)
  }

  /** User code begins. `body` is what was sent to `/run`. */
  started(body: string, container: string, runMs: number): void {
    const call = JSON.parse(body) as { readonly [field: string]: string | undefined }
    const { activation_id: id = '', namespace = '', action_name: path = '' } = call
    const action = path.slice(path.lastIndexOf('/') + 1)
    this.#world.journal.note(`start ${id} in ${container}`)
    const before = this.#started.get(id)
    if (before !== undefined && !this.#repeatable.has(action)) {
      this.violate('started-twice', `${id} of ${action}: in ${before.container}, then in ${container}`, id)
    }
    this.#started.set(id, { container, atMs: this.#world.clock.monotonic() })
    this.#owned(container, `${namespace} ${action}`, action)
    this.#runs.set(container, (this.#runs.get(container) ?? 0) + 1)
    const limit = action.endsWith('shared') ? 2 : 1
    if (this.#runs.get(container)! > limit) {
      this.violate('concurrency', `${container}: ${this.#runs.get(container)} runs of ${action} at once`, container)
    }
    this.#world.clock.setTimer(Math.max(0, runMs - 1), () => {
      this.#runs.set(container, this.#runs.get(container)! - 1)
    })
  }

  containerBegun(host: Host, { memoryMb }: ContainerSpec): ContainerEntry {
    const entry = { host, memoryMb, owner: undefined }
    this.#containers.add(entry)
    const usedMb = (this.#usedMb.get(host) ?? 0) + memoryMb
    this.#usedMb.set(host, usedMb)
    this.#world.journal.note(`container ${host.name} +${memoryMb}`)
    if (usedMb > this.#limitMb) {
      this.violate('memory', `${host.name}: containers of ${usedMb} MB, it has ${this.#limitMb} MB`, host.name)
    }
    return entry
  }

  /** It has an id now. */
  containerMade(entry: ContainerEntry, id: string): void {
    this.#made.set(`${entry.host.name} ${id}`, entry)
  }

  containerGone(entry: ContainerEntry): void {
    if (!this.#containers.delete(entry)) return
    this.#usedMb.set(entry.host, this.#usedMb.get(entry.host)! - entry.memoryMb)
    this.#world.journal.note(`container ${entry.host.name} -${entry.memoryMb}`)
  }

  #owned(container: string, owner: string, action: string): void {
    const entry = this.#made.get(container)
    if (!entry) return
    if (entry.owner !== undefined && entry.owner !== owner) {
      this.violate('container-shared', `${container}: of ${entry.owner}, then of ${owner}`, container)
    }
    entry.owner = owner
    const most = this.#instances.get(action)
    if (most === undefined) return
    const count = [...this.#containers].filter((other) => other.host === entry.host && other.owner === owner).length
    if (count > most) this.violate('instances', `${entry.host.name}: ${count} containers of ${owner}`, entry.host.name)
  }

  /** A namespace may have other limits from now on. */
  limitsSet(namespaceId: string, limits: Limits): void {
    const known = this.#limits.get(namespaceId) ?? [{ ...this.#limitsAtFirst, atMs: -Infinity }]
    known.push({ ...limits, atMs: this.#world.clock.monotonic() })
    this.#limits.set(namespaceId, known)
  }

  /** A controller asks whether a namespace may do more. By then it knows of changes that are older than it may be behind. */
  limitsUsed(host: Host, { namespaceId, perMinute, concurrent }: EntryRequest): void {
    const known = this.#limits.get(namespaceId) ?? [{ ...this.#limitsAtFirst, atMs: -Infinity }]
    // What a controller that stood still had read before is older by that.
    if (this.#world.clock.monotonic() - host.thawedMs < this.#limitsStaleMs + ON_ITS_WAY_MS) return
    const sinceMs = this.#world.clock.monotonic() - this.#limitsStaleMs - ON_ITS_WAY_MS
    const inForce = known.filter((_, at) => (known[at + 1]?.atMs ?? Infinity) >= sinceMs)
    const isOne = inForce.some(
      ({ concurrentInvocations, invocationsPerMinute }) =>
        concurrentInvocations === concurrent && invocationsPerMinute === perMinute,
    )
    if (isOne) return
    this.violate(
      'limits',
      `${host.name} lets ${namespaceId} have ${concurrent} at once, ${perMinute} a minute: no more`,
      host.name,
    )
  }

  /** What does not fit together between sequences and their steps. */
  checkSteps(): void {
    for (const text of this.#steps.faults()) this.violate('steps', text, text.slice(0, 32))
  }

  /** Times of a record must be possible, whatever the clocks of members show. */
  #timesOf({ activationId: id, start, end = start, duration = 0, annotations }: Activation): void {
    const waitTime = annotations.find(({ key }) => key === 'waitTime')?.value
    const waited = typeof waitTime === 'number' ? waitTime : 0
    if (end < start || duration < 0 || waited < 0)
      this.violate('times', `${id}: from ${start} to ${end}, for ${duration} ms, after ${waited} ms`, id)
    const started = this.#started.get(id)
    if (!started) return
    const now = this.#world.clock.monotonic()
    const sinceMs = now - started.atMs
    const host = this.#made.get(started.container)?.host
    // What an invoker sent before it stood still is measured from there on.
    const stoodStillMs = host && now - host.thawedMs <= sinceMs + INIT_MS ? host.stoodStillMs : 0
    if (duration > sinceMs + INIT_MS + stoodStillMs)
      this.violate('times', `${id} ran for ${duration} ms, but began ${sinceMs} ms ago`, id)
  }

  /** Those without a record. */
  lost(): readonly Accepted[] {
    return [...this.accepted.values()].filter(({ id }) => !this.records.has(id))
  }
}
