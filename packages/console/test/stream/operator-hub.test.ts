import { VirtualClock, type ContainerListener, type ContainerView } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { ControllerFigures } from '../../src/figures/controller-figures.ts'
import { InvokerFigures } from '../../src/figures/invoker-figures.ts'
import { InvokerReporter } from '../../src/stream/invoker-reporter.ts'
import type { EventSink } from '../../src/stream/listener.ts'
import { MAX_LISTENERS, OperatorHub, type ClusterEvent, type Hello } from '../../src/stream/operator-hub.ts'
import type { InvokerReport } from '../../src/stream/invoker-report.ts'

class Sink implements EventSink {
  unreadBytes = 0
  ended = false
  readonly events: { readonly event: string; readonly data: unknown }[] = []

  write(text: string): void {
    const [, event, data] = /^event: (.+)\ndata: (.+)\n\n$/.exec(text)!
    this.events.push({ event: event!, data: JSON.parse(data!) })
  }

  end(): void {
    this.ended = true
  }

  of<T>(event: string): T[] {
    return this.events.filter((one) => one.event === event).map(({ data }) => data as T)
  }
}

/** A pool whose containers are whatever the test says. */
class Pool {
  readonly instance = { id: 0, userMemoryBytes: 0, tags: [], dedicatedNamespaces: [] }
  readonly listeners = new Set<ContainerListener>()
  readonly present = new Map<number, ContainerView>()

  watchContainers(listener: ContainerListener): () => void {
    for (const view of this.present.values()) listener(view)
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  tell(id: number, phase: ContainerView['phase'], active = 0): void {
    const view: ContainerView = { id, phase, memoryMb: 256, active }
    if (phase === 'gone') this.present.delete(id)
    else this.present.set(id, view)
    for (const listener of this.listeners) listener(view)
  }
}

function start() {
  const clock = new VirtualClock()
  const pool = new Pool()
  const invokerFigures = new InvokerFigures(clock)
  const figures = new ControllerFigures(clock)
  const hub = new OperatorHub({
    controller: () => ({ id: '0', clusterSize: 1, members: [] }),
    figures,
    sources: [new InvokerReporter(pool, invokerFigures, clock)],
    clock,
    version: '1',
  })
  return { clock, pool, figures, invokerFigures, hub }
}

describe('the operator stream', () => {
  it('watches nothing until somebody listens, and nothing after the last has gone', async () => {
    const { clock, pool, hub } = start()
    await clock.advance(5000)
    expect(pool.listeners.size).toBe(0)
    const [first, second] = [hub.join(new Sink())!, hub.join(new Sink())!]
    expect(pool.listeners.size).toBe(1)
    first()
    expect(pool.listeners.size).toBe(1)
    second()
    expect(pool.listeners.size).toBe(0)
    expect(clock.nextDueMs).toBeUndefined()
  })

  it('begins with all there is, also for who comes later', async () => {
    const { clock, pool, hub } = start()
    pool.tell(1, 'idle')
    const early = new Sink()
    hub.join(early)
    expect(early.of<Hello>('hello')[0]!.invokers[0]!.containers).toMatchObject([{ id: 1, phase: 'idle' }])
    pool.tell(2, 'stem')
    pool.tell(1, 'gone')
    await clock.advance(300)
    const late = new Sink()
    hub.join(late)
    expect(late.of<Hello>('hello')[0]!.invokers[0]!.containers).toMatchObject([{ id: 2, phase: 'stem' }])
    hub.close()
  })

  it('tells the phases that a container went through between two events', async () => {
    const { clock, pool, hub } = start()
    const sink = new Sink()
    hub.join(sink)
    for (const phase of ['starting', 'initialising', 'hot', 'idle'] as const) pool.tell(7, phase)
    await clock.advance(300)
    const [change] = sink.of<InvokerReport>('pool').at(-1)!.containers
    expect(change).toMatchObject({ id: 7, phase: 'idle', through: ['starting', 'initialising', 'hot', 'idle'] })
    hub.close()
  })

  it('keeps one entry for each container, however often it changes', async () => {
    const { clock, pool, hub } = start()
    const sink = new Sink()
    hub.join(sink)
    for (let round = 0; round < 10_000; round++) pool.tell(round % 3, round % 2 === 0 ? 'hot' : 'idle')
    await clock.advance(300)
    const { containers } = sink.of<InvokerReport>('pool').at(-1)!
    expect(containers).toHaveLength(3)
    expect(containers[0]!.more).toBeGreaterThan(1000)
    hub.close()
  })

  it('one who reads too slowly misses events, and is told how many with all there is', async () => {
    const { clock, pool, hub } = start()
    const [slow, quick] = [new Sink(), new Sink()]
    hub.join(slow)
    hub.join(quick)
    slow.unreadBytes = 1_000_000
    pool.tell(1, 'hot')
    await clock.advance(3000)
    expect(slow.events).toHaveLength(1)
    expect(quick.events.length).toBeGreaterThan(5)
    // Half read is not read.
    slow.unreadBytes = 10
    await clock.advance(300)
    expect(slow.events).toHaveLength(1)
    slow.unreadBytes = 0
    await clock.advance(300)
    const [, again] = slow.of<Hello>('hello')
    expect(again!.skipped).toBeGreaterThan(5)
    expect(again!.invokers[0]!.containers).toMatchObject([{ id: 1, phase: 'hot' }])
    const before = slow.events.length
    await clock.advance(300)
    expect(slow.events.length).toBeGreaterThan(before)
    hub.close()
  })

  it('one who reads nothing at all is dropped', async () => {
    const { clock, pool, hub } = start()
    const sink = new Sink()
    hub.join(sink)
    sink.unreadBytes = 1_000_000
    await clock.advance(20_000)
    expect(sink.ended).toBe(true)
    expect(hub.listeners).toBe(0)
    expect(pool.listeners.size).toBe(0)
  })

  it('takes so many listeners and no more', () => {
    const { hub } = start()
    for (let count = 0; count < MAX_LISTENERS; count++) expect(hub.join(new Sink())).toBeDefined()
    expect(hub.join(new Sink())).toBeUndefined()
    hub.close()
    expect(hub.listeners).toBe(0)
  })

  it('tells once a second how the cluster is, with what happened in the last hour at the beginning', async () => {
    const { clock, figures, invokerFigures, hub } = start()
    invokerFigures.observer.responded!({
      namespace: 'a',
      action: 'a/b',
      kind: 'nodejs:20',
      statusCode: 1,
      stages: { queue: 1, acquire: 2, run: 7 },
    })
    figures.observer.refused!({ namespace: 'a', action: 'a/b', kind: 'nodejs:20', reason: 'full' })
    figures.observer.answered!({ method: 'POST', route: '/x', status: 429, ms: 1 })
    const sink = new Sink()
    hub.join(sink)
    const { cluster, invokers } = sink.of<Hello>('hello')[0]!
    expect(cluster.points.at(-1)!.refused).toEqual({ full: 1, 'limit of the namespace': 1 })
    expect(invokers[0]!.points.at(-1)!.ended).toEqual([0, 1, 0, 0])
    await clock.advance(3100)
    expect(sink.of<ClusterEvent>('cluster')).toHaveLength(3)
    hub.close()
  })
})
