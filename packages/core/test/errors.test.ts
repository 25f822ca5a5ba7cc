import { expect, it } from 'vitest'
import { ERROR_CODES, isPlatformError, PlatformError, type ErrorCode } from '../src/errors.ts'

it('carries its code, its cause and whether trying again helps', () => {
  const cause = new Error('socket closed')
  const error = new PlatformError('ERR_UNAVAILABLE', 'store is away', { cause })
  expect(error).toMatchObject({ name: 'PlatformError', code: 'ERR_UNAVAILABLE', retryable: true, cause })
  expect(new PlatformError('ERR_CONFLICT', 'changed').retryable).toBe(false)
})

it('is recognised, with or without its code, also when another copy of the package made it', async () => {
  const error: unknown = new PlatformError('ERR_CLOSED', 'closed')
  expect([isPlatformError(error), isPlatformError(error, 'ERR_CLOSED'), isPlatformError(error, 'ERR_CONFIG')]).toEqual([
    true,
    true,
    false,
  ])
  const copyUrl = new URL('../src/errors.ts?copy', import.meta.url).href
  const copy = (await import(/* @vite-ignore */ copyUrl)) as typeof import('../src/errors.ts')
  expect(copy.PlatformError).not.toBe(PlatformError)
  expect(isPlatformError(new copy.PlatformError('ERR_CLOSED', 'closed'), 'ERR_CLOSED')).toBe(true)
})

it.each([undefined, null, 'ERR_CLOSED', 7, {}, new Error('closed'), { code: 'ERR_CLOSED' }])('%j is none', (value) => {
  expect(isPlatformError(value)).toBe(false)
})

it('gives every code an HTTP status of failure', () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    expect(code).toMatch(/^ERR_[A-Z_]+$/)
    expect(ERROR_CODES[code].status).toBeGreaterThanOrEqual(400)
  }
})
