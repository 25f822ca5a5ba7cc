import { ALL_RIGHTS, type Activation, type Identity } from '@stemcell/core'

export const GUEST: Identity = {
  subject: 'guest',
  namespace: { name: 'guest', uuid: '23bc46b1-71f6-4ed5-8c54-816aa4f8c502' },
  authkey: { uuid: '23bc46b1-71f6-4ed5-8c54-816aa4f8c502', key: 'k'.repeat(64) },
  rights: ALL_RIGHTS,
  limits: {},
}

export function activationOf(number: number, logs: readonly string[] = []): Activation {
  return {
    namespace: 'guest',
    name: 'a',
    version: '0.0.1',
    subject: 'guest',
    activationId: number.toString(16).padStart(32, '0'),
    start: 1_700_000_000_000,
    end: 1_700_000_001_000,
    duration: 1000,
    publish: false,
    response: { statusCode: 0 },
    logs,
    annotations: [{ key: 'path', value: 'guest/p/a' }],
  }
}

export const line = (text: string, stream = 'stdout'): string => `2024-05-01T10:11:12.123456789Z ${stream}: ${text}`
