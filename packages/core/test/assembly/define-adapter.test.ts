import { expect, expectTypeOf, it } from 'vitest'
import { z } from '@stemcell/core/schema'
import { defineAdapter } from '../../src/assembly/define-adapter.ts'
import { memoryQueue } from '../../src/queue/memory-queue.ts'
import { localBalancer } from '../../src/load-balancer/local-balancer.ts'
import type { AdapterModule } from '../../src/adapter.ts'

const size = z.strictObject({ most: z.coerce.number().default(7) })

it('an adapter is typed by the schemas of its options', () => {
  const module = defineAdapter({
    provides: {
      queue: {
        options: size,
        create: (options) => {
          expectTypeOf(options).toEqualTypeOf<{ most: number }>()
          return memoryQueue({ maxBodyBytes: options.most })
        },
      },
      loadBalancer: {
        options: z.strictObject({}),
        create: (options) => {
          expectTypeOf(options).toEqualTypeOf<Record<string, never>>()
          return localBalancer()
        },
      },
    },
  })
  expectTypeOf(module).toEqualTypeOf<AdapterModule>()
  expect(Object.keys(module.provides)).toEqual(['queue', 'loadBalancer'])
})

it('a misspelt part, or one of another kind, does not compile, and is refused without a compiler', () => {
  const misspelt = () =>
    defineAdapter({
      provides: {
        qeue: {
          options: size,
          // @ts-expect-error there is no such part
          create: () => memoryQueue(),
        },
      },
    })
  expect(misspelt).toThrow(/provides\.qeue is no part of a platform; there are containers, queue/)
  defineAdapter({
    provides: {
      queue: {
        options: size,
        // @ts-expect-error a balancer is no queue
        create: () => localBalancer(),
      },
    },
  })
  // @ts-expect-error no schema
  expect(() => defineAdapter({ provides: { queue: { options: {}, create: () => memoryQueue() } } })).toThrow(
    /provides\.queue has no options that are a Standard Schema/,
  )
  // @ts-expect-error no function
  expect(() => defineAdapter({ provides: { queue: { options: size } } })).toThrow(/has no function create/)
})
