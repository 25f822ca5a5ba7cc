import {
  assemble,
  memoryContainers,
  memoryActivationStore,
  memoryEntityStore,
  memorySubjectStore,
  tokens,
  adapterContext,
  authKeyText,
  type EmbeddedClient,
  type EmbeddedResponse,
  type JsonObject,
  type JsonValue,
  type Platform,
  VirtualClock,
} from '@stemcell/core'
import { alarms, type AlarmsOptions } from '../src/index.ts'

/** Sunday, 2023-11-26T12:00:00Z. */
export const NOON = Date.UTC(2023, 10, 26, 12)

export interface Fired {
  readonly activationId: string
  readonly start: number
  readonly payload: JsonValue
  readonly occurrence: string
  readonly lateMs: number
}

/** A platform with alarms on a clock that only moves when it is told to; triggers have a rule, so that they leave records. */
export class AlarmsRig {
  readonly clock: VirtualClock
  platform!: Platform
  guest!: EmbeddedClient
  readonly #options: AlarmsOptions
  #prepared = false
  readonly entityStore = memoryEntityStore().build(adapterContext())
  readonly #stores = {
    entityStore: this.entityStore,
    subjectStore: memorySubjectStore().build(adapterContext()),
    activationStore: memoryActivationStore().build(adapterContext()),
  }

  private constructor(clock: VirtualClock, options: AlarmsOptions) {
    this.clock = clock
    this.#options = options
  }

  static async start(options: AlarmsOptions = { spreadMs: 0 }, startMs = NOON): Promise<AlarmsRig> {
    const rig = new AlarmsRig(new VirtualClock(startMs), options)
    await rig.open()
    return rig
  }

  async open(): Promise<void> {
    this.platform = await this.#inTime(
      assemble({
        containers: memoryContainers(),
        clock: this.clock,
        systemPackages: [alarms(this.#options)],
        limits: { firesPerMinute: 100_000, invocationsPerMinute: 1_000_000, concurrentInvocations: 10_000 },
        ...this.#stores,
      }),
    )
    if (!this.#prepared) await this.platform.subjects.createUser('guest')
    this.guest = await this.platform.client('guest')
    if (this.#prepared) return
    this.#prepared = true
    await this.guest.putAction('tick', { exec: { kind: 'nodejs:default', code: 'function main() { return {} }' } })
  }

  close(): Promise<void> {
    return this.platform.close()
  }

  /** A trigger with a rule, as `wsk trigger create --feed` and `wsk rule create` make them. */
  async trigger(name: string): Promise<void> {
    await this.request('PUT', `triggers/${name}`, {})
    await this.request('PUT', `rules/${name}-rule`, { trigger: `/_/${name}`, action: '/_/tick' })
  }

  /** The result of a feed. */
  async feed(feed: string, event: string, trigger: string, parameters: JsonObject = {}): Promise<JsonObject> {
    const path = `/api/v1/namespaces/whisk.system/actions/alarms/${feed}?blocking=true&result=true`
    const body = { lifecycleEvent: event, triggerName: `/guest/${trigger}`, ...parameters }
    return (await this.request('POST', path, body)) as JsonObject
  }

  async create(feed: string, trigger: string, parameters: JsonObject): Promise<JsonObject> {
    await this.trigger(trigger)
    return this.feed(feed, 'CREATE', trigger, parameters)
  }

  async fired(trigger: string): Promise<Fired[]> {
    const records = (await this.request('GET', `activations?name=${trigger}&docs=true&limit=200`)) as JsonObject[]
    return records
      .map(({ activationId, start, response, annotations }) => {
        const schedule = (annotations as JsonObject[]).find(({ key }) => key === 'schedule')?.['value'] as JsonObject
        return {
          activationId: activationId as string,
          start: start as number,
          payload: (response as JsonObject)['result']!,
          occurrence: schedule['occurrence'] as string,
          lateMs: schedule['lateMs'] as number,
        }
      })
      .sort((a, b) => (a.occurrence < b.occurrence ? -1 : 1))
  }

  async request(method: string, path: string, body?: JsonValue): Promise<JsonValue | undefined> {
    return (await this.answer(method, path, body)).body
  }

  answer(method: string, path: string, body?: JsonValue): Promise<EmbeddedResponse> {
    return this.#inTime(this.guest.request(method, path, body))
  }

  /** The namespace keeps its owner, whose key is another one. */
  async rotateKey(): Promise<void> {
    await this.platform.subjects.deleteUser('guest')
    await this.platform.subjects.createUser('guest')
    this.guest = await this.platform.client('guest')
  }

  /** The answer as text. */
  async text(method: string, path: string, body?: string): Promise<string> {
    const { authkey } = (await this.platform.use(tokens.AUTH).identityOf('guest'))!
    const headers = {
      authorization: `Basic ${Buffer.from(authKeyText(authkey)).toString('base64')}`,
      'content-type': 'application/json',
    }
    const init = { method, headers, ...(body === undefined ? {} : { body }) }
    return (await this.#inTime(this.platform.fetch(`http://platform${path}`, init))).text()
  }

  /** Lets time pass while something is waited for: requests need some of it, schedules must not notice. */
  async #inTime<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    void promise.catch(() => undefined).then(() => (settled = true))
    while (!settled) await new Promise((resolve) => setImmediate(resolve))
    return promise
  }

  /** Moves time in steps and lets what is due come to its end. */
  async pass(ms: number, stepMs = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(stepMs, left))
      await this.idle()
    }
  }

  async idle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}
