import {
  adapterContext,
  memoryEntityStore,
  VirtualClock,
  type EntityStore,
  type FiringOutcome,
  type JsonObject,
  type SystemCall,
  type SystemPackage,
  type TriggerFiring,
} from '@stemcell/core'
import { alarms, type AlarmsOptions } from '../src/index.ts'

export const START = Date.UTC(2024, 0, 1)
const KEY = { uuid: 'c0ffee00-71f6-4ed5-8c54-816aa4f8c502', key: 'k'.repeat(64) }

/** The package by itself, on a clock that only moves when it is told to, with a platform that answers as it is told to. */
export class Lone {
  readonly clock = new VirtualClock(START)
  readonly entityStore: EntityStore = memoryEntityStore().build(adapterContext())
  readonly pkg: SystemPackage
  /** Occurrences that were fired, by trigger. */
  readonly fired = new Map<string, string[]>()
  /** What the platform answers to a firing. */
  respond: (firing: TriggerFiring) => FiringOutcome | Promise<FiringOutcome> = () => ({ status: 202 })
  /** Requests that the package sent to the API. */
  readonly requests: string[] = []
  /** Firings that go on, and the most there were. */
  going = 0
  most = 0

  constructor(options: AlarmsOptions = { spreadMs: 0 }) {
    const client = {
      request: (method: string, path: string) => {
        this.requests.push(`${method} ${path}`)
        return Promise.resolve({ status: 200, headers: {}, body: {} })
      },
    }
    this.pkg = alarms(options).build({
      ...adapterContext({ clock: this.clock }),
      entityStore: this.entityStore,
      controllerId: '0',
      clustered: false,
      clientOf: () => client,
      invoke: () => Promise.resolve({ status: 202 }),
      handle: () => undefined,
      fire: async (firing) => {
        this.most = Math.max(this.most, ++this.going)
        const outcome = await this.respond(firing)
        this.going--
        if (outcome.status !== 202) return outcome
        const { occurrence } = firing.annotations['schedule'] as { occurrence: string }
        this.fired.set(firing.trigger, [...(this.fired.get(firing.trigger) ?? []), occurrence.slice(0, 19)])
        return outcome
      },
    })
  }

  async open(): Promise<this> {
    await this.entityStore.open()
    await this.pkg.open!()
    return this
  }

  /** The result of a feed; what it throws. */
  async feed(
    kind: 'alarm' | 'interval' | 'once',
    event: string,
    trigger: string,
    more: JsonObject = {},
  ): Promise<JsonObject> {
    const action = this.pkg.actions.find(({ name }) => name === kind)!
    const client = { request: () => Promise.resolve({ status: 200, headers: {}, body: {} }) }
    const call = {
      parameters: { lifecycleEvent: event, triggerName: `/_/${trigger}`, ...more },
      caller: { namespace: 'ns', subject: 's', authkey: KEY },
      clientOf: () => client,
    }
    return (await action.run(call as unknown as SystemCall)) as JsonObject
  }

  async pass(ms: number, stepMs = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(stepMs, left))
      await this.idle()
    }
  }

  async idle(turns = 10): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}
