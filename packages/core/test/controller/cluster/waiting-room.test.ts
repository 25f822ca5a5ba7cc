import { describe, expect, it } from 'vitest'
import { WaitingRoom, type Waiter } from '../../../src/controller/cluster/waiting-room.ts'

/** A host with some memory; waiters take theirs when placed. */
function host(freeMb: number) {
  const placed: string[] = []
  const state = { freeMb, placed }
  const waiter = (name: string, namespace: string, memoryMb: number): Waiter => ({
    namespace,
    tryPlace: () => {
      if (state.freeMb < memoryMb) return false
      state.freeMb -= memoryMb
      placed.push(name)
      return true
    },
  })
  return { state, waiter }
}

describe('waiting room', () => {
  it('serves one namespace first come, first served', () => {
    const { state, waiter } = host(0)
    const room = new WaitingRoom(10)
    for (const name of ['a', 'b', 'c']) room.enter(waiter(name, 'ns', 1))
    state.freeMb = 3
    room.drain()
    expect(state.placed).toEqual(['a', 'b', 'c'])
    expect(room.size).toBe(0)
  })

  it('lets namespaces take turns, however many one of them has waiting', () => {
    const { state, waiter } = host(0)
    const room = new WaitingRoom(100)
    for (let i = 0; i < 50; i++) room.enter(waiter(`busy${i}`, 'busy', 1))
    room.enter(waiter('quiet', 'quiet', 1))
    state.freeMb = 2
    room.drain()
    expect(state.placed).toContain('quiet')
  })

  it('refuses who comes when it is full', () => {
    const { waiter } = host(0)
    const room = new WaitingRoom(1)
    expect(room.enter(waiter('a', 'ns', 1))).toBe(true)
    expect(room.enter(waiter('b', 'ns', 1))).toBe(false)
  })

  /** Lets one of each namespace ask until none gets a place any more; gives how many each has. */
  function fill(room: WaitingRoom, namespaces: readonly string[]): number[] {
    const { waiter } = host(0)
    const taken = namespaces.map(() => 0)
    for (let before = -1; before !== room.size;) {
      before = room.size
      namespaces.forEach((namespace, at) => {
        if (room.enter(waiter('x', namespace, 1))) taken[at]!++
      })
    }
    return taken
  }

  it('gives no namespace all of its places, however many it asks for', () => {
    const { waiter } = host(0)
    const room = new WaitingRoom(100)
    expect(fill(room, ['busy'])).toEqual([75])
    expect(room.enter(waiter('quiet', 'quiet', 1))).toBe(true)
    expect(fill(room, ['busy'])).toEqual([0])
  })

  it('shares its places among all who ask, and has some for one more', () => {
    const { waiter } = host(0)
    const room = new WaitingRoom(700)
    const [first, second] = fill(room, ['a', 'b'])
    expect(Math.abs(first! - 300)).toBeLessThan(3)
    expect(Math.abs(second! - 300)).toBeLessThan(3)
    for (let i = 0; i < 20; i++) expect(room.enter(waiter('quiet', 'quiet', 1))).toBe(true)
  })

  it('takes one that leaves for the share of its namespace', () => {
    const { waiter } = host(0)
    const room = new WaitingRoom(100)
    const first = waiter('x', 'busy', 1)
    room.enter(first)
    fill(room, ['busy'])
    expect(room.enter(waiter('x', 'busy', 1))).toBe(false)
    room.leave(first)
    expect(room.enter(waiter('x', 'busy', 1))).toBe(true)
  })

  it('gives the last place to a namespace that has none', () => {
    const { waiter } = host(0)
    const room = new WaitingRoom(3)
    expect(fill(room, ['a', 'b', 'c'])).toEqual([1, 1, 1])
    expect(room.enter(waiter('d', 'd', 1))).toBe(false)
  })

  it('does not let a large one that does not fit hold up small ones of others', () => {
    const { state, waiter } = host(0)
    const room = new WaitingRoom(10)
    room.enter(waiter('large', 'a', 8))
    room.enter(waiter('small', 'b', 1))
    state.freeMb = 1
    room.drain()
    expect(state.placed).toEqual(['small'])
  })

  it('does not let a stream of small ones starve a large one', () => {
    const { state, waiter } = host(0)
    const room = new WaitingRoom(10_000)
    room.enter(waiter('large', 'a', 4))
    for (let i = 0; i < 2000; i++) room.enter(waiter(`small${i}`, 'b', 1))
    // One unit frees at a time: the large one fits only if the room keeps what frees for it.
    for (let i = 0; i < 1000 && !state.placed.includes('large'); i++) {
      state.freeMb++
      room.drain()
    }
    expect(state.placed).toContain('large')
  })

  it('forgets who left', () => {
    const { state, waiter } = host(0)
    const room = new WaitingRoom(10)
    const gone = waiter('gone', 'ns', 1)
    room.enter(gone)
    room.enter(waiter('stays', 'ns', 1))
    expect(room.leave(gone)).toBe(true)
    expect(room.leave(gone)).toBe(false)
    state.freeMb = 5
    room.drain()
    expect(state.placed).toEqual(['stays'])
  })

  it('can be told to drain by a waiter that is being placed', () => {
    const room = new WaitingRoom(10)
    const placed: number[] = []
    for (let i = 0; i < 3; i++) {
      room.enter({
        namespace: `ns${i}`,
        tryPlace: () => {
          placed.push(i)
          room.drain()
          return true
        },
      })
    }
    room.drain()
    expect(placed).toEqual([0, 1, 2])
  })
})
