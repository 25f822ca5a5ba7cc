import { describe, expect, it } from 'vitest'
import { WaitingRoom } from '../../../src/invoker/pool/waiting-room.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import { ScriptedJob, type JobScript } from '../fakes/scripted-job.ts'

const clock = new VirtualClock()

function room(...scripts: readonly JobScript[]): WaitingRoom {
  const waiting = new WaitingRoom()
  for (const script of scripts) waiting.add(new ScriptedJob(clock, script), 'all-busy')
  return waiting
}

/** Keys in the order in which they are served when everything fits. */
function order(waiting: WaitingRoom): string[] {
  const keys: string[] = []
  for (let next = waiting.next(() => true); next; next = waiting.next(() => true)) {
    keys.push(next.job.key)
    waiting.remove(next)
  }
  return keys
}

const of = (namespace: string, key: string, memoryMb = 128): JobScript => ({ namespace, key, memoryMb })

describe('the waiting room', () => {
  it('serves one namespace in order of arrival', () => {
    expect(order(room(of('n', 'a'), of('n', 'b', 256), of('n', 'c')))).toEqual(['a', 'b', 'c'])
  })

  it('serves namespaces in turn, whatever their backlog', () => {
    expect(order(room(of('n', 'n1'), of('n', 'n2'), of('n', 'n3'), of('m', 'm1'), of('m', 'm2')))).toEqual([
      'n1',
      'm1',
      'n2',
      'm2',
      'n3',
    ])
  })

  it('gives a namespace no turn back that it had before it was empty', () => {
    const waiting = room(of('n', 'n1'), of('n', 'n2'), of('m', 'm1'))
    waiting.remove(waiting.firstOf('m1')!)
    waiting.add(new ScriptedJob(clock, of('m', 'm2')), 'all-busy')
    expect(order(waiting)).toEqual(['n1', 'n2', 'm2'])
  })

  it('passes over those whose needs cannot be met', () => {
    const waiting = room(of('n', 'big', 512), of('n', 'small'))
    expect(waiting.next(({ memoryMb }) => memoryMb <= 128)?.job.key).toBe('small')
    expect(waiting.head?.job.key).toBe('big')
  })

  it('keeps its head until it is called, whoever comes later', () => {
    const waiting = room(of('n', 'first'), of('n', 'second'))
    waiting.remove(waiting.next(() => true)!)
    expect(waiting.head?.job.key).toBe('second')
    waiting.add(new ScriptedJob(clock, of('new', 'newcomer')), 'all-busy')
    expect(waiting.head?.job.key).toBe('second')
  })

  it('finds the longest waiting job of a key, also when it was called', () => {
    const waiting = room(of('n', 'a'), of('n', 'a'), of('n', 'b'))
    const first = waiting.firstOf('a')!
    waiting.call(first)
    expect(waiting.firstOf('a')).toBe(first)
    expect(waiting.next(() => true)?.order).toBe(1)
    waiting.remove(first)
    expect(waiting.firstOf('a')?.order).toBe(1)
    expect(waiting.size).toBe(2)
  })

  it('is empty after it was cleared', () => {
    const waiting = room(of('n', 'a'), of('m', 'b'))
    expect(waiting.clear().map(({ key }) => key)).toEqual(['a', 'b'])
    expect([waiting.size, waiting.head, waiting.firstOf('a')]).toEqual([0, undefined, undefined])
  })
})
