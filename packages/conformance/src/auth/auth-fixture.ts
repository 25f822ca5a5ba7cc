import { randomUUID } from 'node:crypto'
import { ALL_RIGHTS, randomText, SystemRandom, type Identity, type NamespaceLimits } from '@stemcell/core'

/** The callers that the auth under test must know. Names and keys are fresh for every case. */
export interface AuthFixture {
  /** Everybody who may call. `one` and `two` are namespaces of one subject; `limited` has limits of its own. */
  readonly one: Identity
  readonly two: Identity
  readonly limited: Identity
  /** Known to the backend but blocked; an auth that cannot block leaves it out. */
  readonly blocked: Identity
  /** Two namespaces with one and the same key pair. */
  readonly ambiguous: readonly [Identity, Identity]
}

const random = new SystemRandom()

export function authFixture(): AuthFixture {
  const identity = (subject: string, name: string, limits: NamespaceLimits = {}): Identity => {
    const uuid = randomUUID()
    const authkey = { uuid, key: randomText(random, 64) }
    return { subject, namespace: { name, uuid }, authkey, rights: ALL_RIGHTS, limits }
  }
  const id = randomText(random, 12)
  const ambiguous = identity(`dora${id}`, `dora${id}`)
  return {
    one: identity(`anna${id}`, `one${id}`),
    two: identity(`anna${id}`, `two${id}`),
    limited: identity(`bert${id}`, `bert${id}`, {
      invocationsPerMinute: 7,
      allowedKinds: ['nodejs:20'],
      maxPayloadSize: '2 MB',
    }),
    blocked: identity(`carl${id}`, `carl${id}`),
    ambiguous: [
      ambiguous,
      { ...ambiguous, subject: `emil${id}`, namespace: { ...ambiguous.namespace, name: `emil${id}` } },
    ],
  }
}
