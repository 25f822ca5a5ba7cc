import { setFlagsFromString } from 'node:v8'
import { expect, it, vi } from 'vitest'
import { compileSooner } from '../src/compile-sooner.ts'

vi.mock('node:v8', () => ({ setFlagsFromString: vi.fn() }))

it('gives a flag to a V8 that knows it, and none to a later one, which would complain', () => {
  compileSooner('12.4.254.21-node.33')
  compileSooner('13.6.233.10-node.28')
  expect(setFlagsFromString).not.toHaveBeenCalled()
  compileSooner('11.3.244.8-node.38')
  expect(setFlagsFromString).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^--interrupt-budget=\d+$/))
})
