import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Fifo } from '../../src/queue/fifo.ts'

it('gives back what was put in, in order, however pushes and shifts alternate', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -40, max: 60 }), { maxLength: 60 }), (steps) => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      let next = 0
      for (const step of steps) {
        for (let count = 0; count < Math.abs(step); count++) {
          if (step > 0) {
            fifo.push(next)
            model.push(next++)
          } else {
            expect(fifo.shift()).toBe(model.shift())
          }
        }
        expect(fifo.length).toBe(model.length)
      }
    }),
  )
})

it('works off a large backlog and is usable afterwards', () => {
  const fifo = new Fifo<number>()
  for (let index = 0; index < 100_000; index++) fifo.push(index)
  for (let index = 0; index < 100_000; index++) expect(fifo.shift()).toBe(index)
  expect(fifo.shift()).toBeUndefined()
  fifo.push(7)
  expect(fifo.shift()).toBe(7)
})
