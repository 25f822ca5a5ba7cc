import { join } from 'node:path'
import {
  adapterContext,
  DEFAULT_PLATFORM_LIMITS,
  ENTITY_INDEXES,
  JsonText,
  MemoryActivationStore,
  MemoryDocumentStore,
  MemoryQueue,
  RecordLogStore,
  RuntimesManifest,
} from '@stemcell/core'
import { processContainers } from '@stemcell/spi-process'
import { createInvoker } from '../packages/core/dist/invoker/create-invoker.js'
import { DEFAULT_INVOKER_OPTIONS } from '../packages/core/dist/invoker/invoker.js'
import { readAcknowledgement } from '../packages/core/dist/messages/acknowledgement.js'
import { activationBody } from '../packages/core/dist/messages/activation-message.js'
import { completedTopic, invokerTopic } from '../packages/core/dist/messages/invoker-instance.js'
import { actionDocument } from '../packages/core/dist/model/action-codec.js'
import { median } from './load.mjs'
import { ACTION, PAYLOAD, temporaryFolder, until } from './processes.mjs'

const ROUNDS = 15
const HOT_CALLS = 1_000
const STEM_CELL_MB = 256
/** Of which there are no stem cells. */
const COLD_MB = 192
const OWNER = { platform: 'bench', invoker: 'invoker0' }
const CALL = { timeoutMs: 10_000, maxReplyBytes: 1_048_576, truncateAtBytes: 1_048_576 }
const INIT = JSON.stringify({ value: { name: 'bench', main: 'main', code: ACTION, binary: false, env: {} } })
const RUN = `{"value":${PAYLOAD},"activation_id":"bench"}`

/** p50 of each way to have a container, ms: an activation from the queue to its result, and the same calls without it. */
export async function acquisitions() {
  const { folder, remove } = temporaryFolder()
  const bench = new InvokerOnProcesses(folder)
  try {
    await bench.open()
    const ours = { hot: [], resumed: [], stemcell: [], cold: [] }
    const floors = { hot: [], resumed: [], stemcell: [], cold: [] }
    for (let round = 0; round < ROUNDS; round++) await oneRound(bench, round, ours, floors)
    await hot(bench, ours.hot, floors.hot)
    const calls = { hot: 'run', resumed: 'resume, run', stemcell: 'init, run', cold: 'create, init, run' }
    return Object.fromEntries(
      Object.keys(calls).map((how) => [
        how,
        { calls: calls[how], floor: median(floors[how]), invoker: median(ours[how]) },
      ]),
    )
  } finally {
    await bench.close()
    remove()
  }
}

/** Each pair of measurements is taken back to back, on containers that have rested for the same time. */
async function oneRound(bench, round, ours, floors) {
  const name = `cold${round}`
  await bench.stemCellReady()
  const [coldMs, container] = await timed(() => started(bench.factory, COLD_MB))
  floors.cold.push(coldMs)
  await bench.define(name, COLD_MB)
  ours.cold.push(await bench.invoke(name, 'cold'))

  await container.suspend()
  await bench.allSuspended()
  const [resumedMs] = await timed(async () => {
    await container.resume()
    await container.run(RUN, CALL)
  })
  floors.resumed.push(resumedMs)
  ours.resumed.push(await bench.invoke(name, 'resumed'))
  await container.destroy()

  const primed = await bench.factory.create(spec(STEM_CELL_MB))
  await bench.define(`stem${round}`, STEM_CELL_MB)
  await bench.stemCellReady()
  const [stemMs] = await timed(async () => {
    await primed.init(INIT, CALL)
    await primed.run(RUN, CALL)
  })
  floors.stemcell.push(stemMs)
  ours.stemcell.push(await bench.invoke(`stem${round}`, 'stemcell'))
  await primed.destroy()
}

async function hot(bench, ours, floors) {
  const container = await started(bench.factory, COLD_MB)
  // The first call of each only brings its container up to it.
  await bench.invoke('cold0')
  for (let call = 0; call < HOT_CALLS; call++) {
    const [floor] = await timed(() => container.run(RUN, CALL))
    floors.push(floor)
    ours.push(await bench.invoke('cold0', 'hot'))
  }
  await container.destroy()
}

async function started(factory, memoryMb) {
  const container = await factory.create(spec(memoryMb))
  await container.init(INIT, CALL)
  await container.run(RUN, CALL)
  return container
}

async function timed(work) {
  const start = performance.now()
  const value = await work()
  return [performance.now() - start, value]
}

function spec(memoryMb) {
  return {
    owner: { ...OWNER, invoker: 'floor' },
    kind: 'nodejs:20',
    image: 'none',
    userImage: false,
    memoryMb,
    maxConcurrent: 1,
    environment: {},
    labels: {},
  }
}

/** An invoker with everything in memory but its containers; activations are published and acknowledged as in a cluster. */
class InvokerOnProcesses {
  #gauges
  #acquired = new Map()
  #waiting = new Map()
  #ids = 0

  constructor(folder) {
    const context = adapterContext()
    this.queue = new MemoryQueue({}, context)
    this.entities = new MemoryDocumentStore(ENTITY_INDEXES)
    this.records = new MemoryActivationStore()
    this.logs = new RecordLogStore()
    this.factory = processContainers({ dir: join(folder, 'containers') }).build(context)
    this.invoker = createInvoker({
      ...context,
      instance: { id: 0, userMemoryBytes: 2 ** 33, tags: [], dedicatedNamespaces: [] },
      platform: OWNER.platform,
      queue: this.queue,
      entityStore: this.entities,
      activationStore: this.records,
      containers: this.factory,
      logStore: this.logs,
      limits: DEFAULT_PLATFORM_LIMITS,
      manifest: new RuntimesManifest({
        runtimes: {
          nodejs: [
            {
              kind: 'nodejs:20',
              default: true,
              image: { name: 'none' },
              stemCells: [{ initialCount: 1, memory: `${STEM_CELL_MB} MB` }],
            },
          ],
        },
      }),
      options: { ...DEFAULT_INVOKER_OPTIONS, userMemoryMb: 32_768, pauseGraceMs: 100, apiHost: () => 'http://none' },
      observer: {
        gauges: (gauges) => (this.#gauges = gauges),
        acquired: ({ action, acquisition }) => this.#acquired.set(action, acquisition.how),
      },
    })
  }

  async open() {
    const parts = [this.queue, this.entities, this.records, this.logs, this.factory]
    for (const part of parts) await part.open()
    await this.queue.subscribe(completedTopic('0'), { group: '0', concurrency: 100 }, ({ body }) => {
      const { activationId, response } = readAcknowledgement(body)
      if (response === undefined || response === 'stored') return
      this.#waiting.get(activationId)?.(response)
      this.#waiting.delete(activationId)
    })
    await this.invoker.open()
  }

  async close() {
    await this.invoker.close()
    for (const part of [this.factory, this.logs, this.records, this.entities, this.queue]) await part.close()
  }

  async define(name, memory) {
    const { document, attachments } = actionDocument(
      {
        path: 'guest',
        name,
        exec: { kind: 'nodejs:20', code: { text: ACTION }, binary: false },
        parameters: [],
        version: '0.0.1',
        publish: false,
        annotations: [],
        updated: 1,
        limits: { timeout: 60_000, memory, logs: 10, concurrency: 1 },
      },
      { maxInlineCodeBytes: 65_536, attachmentName: 'code' },
    )
    await this.entities.put(`guest/${name}`, document, { attachments })
  }

  /** ms from publishing to the result, checked to have got its container the way it should. */
  async invoke(name, how) {
    const id = (++this.#ids).toString(16).padStart(32, '0')
    const message = {
      transaction: { id: 'bench', start: Date.now() },
      action: { path: 'guest', name, version: '0.0.1' },
      user: {
        subject: 'guest',
        namespace: { name: 'guest', uuid: 'guest' },
        authkey: { uuid: 'guest', key: 'none' },
        rights: ['ACTIVATE'],
        limits: {},
      },
      activationId: id,
      controllerId: '0',
      blocking: true,
      content: new JsonText(PAYLOAD),
      initArgs: [],
      lockedArgs: {},
    }
    const [ms, { response }] = await timed(async () => {
      const result = new Promise((resolve) => this.#waiting.set(id, resolve))
      await this.queue.publish(invokerTopic(0), activationBody(message))
      return result
    })
    if (response.statusCode !== 0) throw new Error(`${name}: ${JSON.stringify(response.result?.value)}`)
    const had = this.#acquired.get(`guest/${name}`)
    if (how !== undefined && had !== how) throw new Error(`${name}: expected a container had by ${how}, got ${had}`)
    return ms
  }

  /** The pool says so, from now on: it tells what it has once a second. */
  stemCellReady() {
    this.#gauges = undefined
    return until(async () => this.#gauges?.stemCells > 0, 'a stem cell is ready')
  }

  /** Those that were made for an action; one that was a stem cell bears no label of it. */
  allSuspended() {
    return until(async () => {
      const used = (await this.factory.list(OWNER)).filter(({ labels }) => labels.action !== undefined)
      return used.every(({ state }) => state === 'suspended')
    }, 'containers are suspended')
  }
}
