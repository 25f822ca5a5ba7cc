import { describe, expect, it } from 'vitest'
import { ClusterState, SILENCE_LIMIT_MS } from '../../../src/controller/cluster/cluster-state.ts'
import { SeededRandom, type PlacementRequest } from '../../../src/index.ts'
import { MB } from '../../../src/model/byte-size.ts'

function request(memoryMb: number): PlacementRequest {
  const action = `guest/needs-${memoryMb}`
  return {
    namespace: 'guest',
    action,
    version: '0.0.1',
    kind: 'nodejs:20',
    memoryMb,
    maxConcurrent: 1,
    blackbox: false,
  }
}

function cluster(memoryMb: number): ClusterState {
  const state = new ClusterState(new SeededRandom(1))
  pingFrom(state, memoryMb, 0)
  return state
}

function pingFrom(state: ClusterState, memoryMb: number, nowMs: number): void {
  const instance = { id: 0, userMemoryBytes: memoryMb * MB, tags: [], dedicatedNamespaces: [] }
  state.ping({ instance, enabled: true }, nowMs)
}

describe('what a controller counts of an invoker', () => {
  it('is its share, anew when controllers come and go, while what is in use stays in use', () => {
    const state = cluster(1024)
    const [invoker] = state.invokers
    state.take(0, request(256))
    state.take(0, request(256))
    state.controllers = 4
    expect(invoker!.freeMemoryMb).toBe(-256)
    expect(state.fits(0, request(128))).toBe(false)
    state.release(0, request(256))
    state.release(0, request(256))
    expect(invoker!.freeMemoryMb).toBe(256)
    state.controllers = 1
    expect(invoker!.freeMemoryMb).toBe(1024)
  })

  it('follows the memory that it says it has', () => {
    const state = cluster(512)
    state.take(0, request(256))
    pingFrom(state, 2048, 1)
    expect(state.invokers[0]!.freeMemoryMb).toBe(1792)
  })

  it('is the whole of it for one action larger than the share, while nothing else was sent there', () => {
    const state = cluster(512)
    state.controllers = 4
    expect(state.fits(0, request(256))).toBe(true)
    expect(state.fits(0, request(1024))).toBe(false)
    state.take(0, request(256))
    expect(state.fits(0, request(128))).toBe(false)
    state.release(0, request(256))
    state.take(0, request(128))
    expect(state.fits(0, request(256))).toBe(false)
  })

  it('is less by what was placed a moment ago', () => {
    const state = cluster(512)
    const fits: boolean[] = []
    for (let placed = 0; placed < 3; placed++) {
      fits.push(state.fits(0, request(256)))
      if (fits.at(-1)) state.take(0, request(256))
    }
    expect(fits).toEqual([true, true, false])
  })

  it('survives its silence', () => {
    const state = cluster(512)
    state.take(0, request(256))
    state.watch(SILENCE_LIMIT_MS + 1)
    expect(state.invokers[0]!.state).toBe('offline')
    pingFrom(state, 512, SILENCE_LIMIT_MS + 2)
    expect([state.invokers[0]!.state, state.invokers[0]!.freeMemoryMb]).toEqual(['healthy', 256])
  })
})
