import type { Action } from '../../../src/model/action.ts'
import type { ActionLimits } from '../../../src/model/action-limits.ts'
import type { Identity } from '../../../src/model/identity.ts'

export type ActionOverrides = Partial<Omit<Action, 'limits'>> & { readonly limits?: Partial<ActionLimits> }

export function anAction({ limits, ...overrides }: ActionOverrides = {}): Action {
  return {
    path: 'guest',
    name: 'hello',
    exec: { kind: 'nodejs:20', code: { text: 'function main() {}' }, binary: false },
    parameters: [],
    version: '0.0.1',
    publish: false,
    annotations: [{ key: 'provide-api-key', value: false }],
    updated: 1,
    ...overrides,
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1, ...limits },
  }
}

export function anIdentity(name = 'guest', limits: Identity['limits'] = {}): Identity {
  return {
    subject: `${name}-subject`,
    namespace: { name, uuid: `uuid-${name}` },
    authkey: { uuid: `uuid-${name}`, key: 'k'.repeat(64) },
    rights: ['READ', 'PUT', 'DELETE', 'ACTIVATE'],
    limits,
  }
}
