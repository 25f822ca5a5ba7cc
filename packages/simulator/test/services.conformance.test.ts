import { SystemClock, VirtualClock, type ActivationStore, type Queue } from '@stemcell/core'
import {
  runActivationStoreConformance,
  runQueueConformance,
  runRateLimiterConformance,
} from '@stemcell/conformance/vitest'
import { Broker } from '../src/services/broker.ts'
import { LimitServer, RemoteLimiter } from '../src/services/limiter.ts'
import { QueueClient } from '../src/services/queue-client.ts'
import { RecordServer, RemoteRecords } from '../src/services/remote-stores.ts'
import { chanceOf } from '../src/world/chance.ts'
import { Host } from '../src/world/host.ts'
import { Network, type Weather } from '../src/world/network.ts'

// What surrounds simulated members keeps the contracts that it stands for: a violation is a fault of ours, not of theirs.

const LEASE_MS = 200
const MB = 1024 ** 2
const CALM: Weather = { latencyMs: [0, 0], slowPerMille: 0, slowMs: 2, lostRequestPerMille: 0, lostAnswerPerMille: 0 }
const clock = new SystemClock()
let members = 0

function aNetwork(): Network {
  return new Network(clock, 1, { queue: CALM, records: CALM, entities: CALM, limits: CALM }, 80)
}

interface Place {
  readonly network: Network
  readonly broker: Broker
  readonly host: Host
}
const places = new WeakMap<Queue, Place>()

function aQueue(network: Network, broker: Broker): Queue {
  const host = new Host(`member${members++}`, clock)
  const queue = new QueueClient(host, network, broker)
  places.set(queue, { network, broker, host })
  return queue
}

function placeOf(queue: Queue): Place {
  const place = places.get(queue)
  if (!place) throw new Error('this queue is not simulated')
  return place
}

runQueueConformance('simulated', {
  create: () => aQueue(aNetwork(), new Broker(clock, chanceOf(members, 'broker'), {}, LEASE_MS)),
  capabilities: { ordering: 'none', durable: true, byReference: false, maxBodyBytes: 2 ** 26 },
  disrupt: async (queue) => {
    const { network, host } = placeOf(queue)
    network.setCut(host.name, 'queue', true)
  },
  restore: async (queue) => {
    const { network, host, broker } = placeOf(queue)
    network.setCut(host.name, 'queue', false)
    broker.wake()
  },
  another: (queue) => {
    const { network, broker } = placeOf(queue)
    return aQueue(network, broker)
  },
  leaseMs: LEASE_MS,
  idleMs: 300,
})

const servers = new WeakMap<ActivationStore, RecordServer>()

function aStore(server: RecordServer): ActivationStore {
  const store = new RemoteRecords(new Host('member', clock), aNetwork(), server)
  servers.set(store, server)
  return store
}

runActivationStoreConformance('simulated', {
  create: async () => {
    const server = new RecordServer(() => undefined)
    await server.open()
    return aStore(server)
  },
  reopen: async (store) => aStore(servers.get(store)!),
  capabilities: { durable: true, maxRecordBytes: 16 * MB },
})

const time = new VirtualClock()

runRateLimiterConformance('simulated', {
  create: () => new RemoteLimiter(new Host('member', clock), aNetwork(), new LimitServer(time)),
  capabilities: { scope: 'cluster' },
  nextMinute: () => time.advance(60_000),
})
