import { expect, it } from 'vitest'
import { reachableUrl } from '../../src/standalone/reachable-url.ts'

it.each([
  ['http://0.0.0.0:3233', 'http://127.0.0.1:3233'],
  ['http://[::]:3233', 'http://[::1]:3233'],
  ['http://192.0.2.1:3233', 'http://192.0.2.1:3233'],
  ['http://localhost:3233', 'http://localhost:3233'],
])('a server that listens on %s is reached on %s', (listening, reached) => {
  expect(reachableUrl(listening)).toBe(reached)
})
