import { expect, it } from 'vitest'
import type { ActivationJob } from '../../src/invoker/activation-job.ts'
import { MessageLosses } from '../../src/invoker/message-losses.ts'
import { Link } from '../../src/invoker/parts/linked-list.ts'

/** Jobs that are only told apart. */
function links(count: number): Link<ActivationJob>[] {
  return Array.from({ length: count }, (_, number) => new Link({ number } as unknown as ActivationJob))
}

it('tells of each job that still waits, once, also when letting one go ends others', () => {
  const [first, second, third, fourth] = links(4) as [Link<ActivationJob>, ...Link<ActivationJob>[]]
  const lost: ActivationJob[] = []
  const losses = new MessageLosses((job) => {
    lost.push(job)
    // As when room that it had been promised lets the next one end.
    if (job === first.value) second!.unlink()
  })
  const delivery = new AbortController()
  for (const link of [first, second!, third!, fourth!]) losses.watch(delivery.signal, link)
  third!.unlink()
  delivery.abort()
  expect(lost).toEqual([first.value, fourth!.value])
  losses.watch(delivery.signal, third!)
  expect(lost).toEqual([first.value, fourth!.value, third!.value])
})

it('keeps the signals of deliveries apart, and tells of none once its subscription closes', () => {
  const [one, other] = links(2) as [Link<ActivationJob>, Link<ActivationJob>]
  const lost: ActivationJob[] = []
  const losses = new MessageLosses((job) => lost.push(job))
  const [first, second] = [new AbortController(), new AbortController()]
  losses.watch(first.signal, one)
  losses.watch(second.signal, other)
  first.abort()
  expect(lost).toEqual([one.value])
  losses.close()
  second.abort()
  expect(lost).toEqual([one.value])
  expect(losses.isLost(second.signal)).toBe(false)
})
