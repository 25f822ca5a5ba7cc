import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  announceSubjectChanges,
  assembleController,
  isPlatformError,
  MemoryActivationStore,
  MemoryQueue,
  storeAuth,
  SubjectAdministration,
  SystemRandom,
  tokens,
  type ControllerNode,
  type SubjectChange,
} from '../../src/index.ts'
import { authKeyText, type AuthKey } from '../../src/model/identity.ts'
import { ENTITY_INDEXES } from '../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { SUBJECT_INDEXES } from '../../src/store/subject-store.ts'

/** It stays open when a controller closes. */
function shared<T extends { close(): Promise<void> }>(part: T): T {
  part.close = () => Promise.resolve()
  return part
}

const backend = {
  queue: shared(new MemoryQueue()),
  entityStore: shared(new MemoryDocumentStore(ENTITY_INDEXES)),
  activationStore: shared(new MemoryActivationStore()),
  subjectStore: shared(new MemoryDocumentStore(SUBJECT_INDEXES)),
  auth: storeAuth(),
}
/** What `stemcell admin` does without a server. */
const changes: SubjectChange[] = []
const administration = new SubjectAdministration(backend.subjectStore, {
  random: new SystemRandom(),
  onChange: (changed) => changes.push(changed),
})
const tell = (): Promise<void> => announceSubjectChanges(backend.queue, changes.splice(0))

let controllers: ControllerNode[] = []
let urls: string[] = []

beforeAll(async () => {
  controllers = await Promise.all(
    ['0', '1'].map((controllerId) => assembleController({ ...backend, controllerId, retention: false })),
  )
  urls = await Promise.all(controllers.map(async (node) => (await node.listen({ port: 0 })).url))
})
afterAll(async () => {
  for (const node of controllers) await node.close()
})

/** What each controller answers to the key. */
function statuses(key: AuthKey): Promise<number[]> {
  const authorization = `Basic ${Buffer.from(authKeyText(key)).toString('base64')}`
  return Promise.all(
    urls.map(async (url) => (await fetch(`${url}/api/v1/namespaces/_/actions`, { headers: { authorization } })).status),
  )
}

/** The limit of a namespace as each controller applies it. */
function firesPerMinute(name: string): Promise<(number | undefined)[]> {
  return Promise.all(
    controllers.map(async (node) => (await node.use(tokens.AUTH).identityOf(name))?.limits.firesPerMinute),
  )
}

describe('a change of a subject', () => {
  it('is seen by every controller once it was made through one of them', async () => {
    const [first, second] = controllers
    const key = await first!.subjects.createUser('alice')
    expect(await statuses(key)).toEqual([200, 200])
    await second!.subjects.block('alice')
    await expect.poll(() => statuses(key)).toEqual([401, 401])
    await first!.subjects.unblock('alice')
    await expect.poll(() => statuses(key)).toEqual([200, 200])
    await first!.subjects.deleteUser('alice')
    await expect.poll(() => statuses(key)).toEqual([401, 401])
  })

  it('is seen by every controller once somebody else made it and told them', async () => {
    const key = await administration.createUser('berta')
    await tell()
    expect(await statuses(key)).toEqual([200, 200])
    await administration.createUser('berta', { revoke: true })
    // Nobody was told: what is remembered is used.
    expect(await statuses(key)).toEqual([200, 200])
    await tell()
    await expect.poll(() => statuses(key)).toEqual([401, 401])
  })

  it('of the limits of a namespace reaches them, too', async () => {
    await administration.createUser('clara')
    expect(await firesPerMinute('clara')).toEqual([undefined, undefined])
    await administration.setLimits('clara', { firesPerMinute: 7 })
    await tell()
    await expect.poll(() => firesPerMinute('clara')).toEqual([7, 7])
  })

  it('leaves alone what is remembered of others, unless anything may have changed', async () => {
    await administration.createUser('dorothy')
    await administration.createUser('emily')
    await tell()
    expect([await firesPerMinute('dorothy'), await firesPerMinute('emily')].flat()).toEqual(Array(4).fill(undefined))
    for (const name of ['dorothy', 'emily']) await administration.setLimits(name, { firesPerMinute: 3 })
    changes.splice(0)
    await announceSubjectChanges(backend.queue, [{ namespace: 'emily' }])
    await expect.poll(() => firesPerMinute('emily')).toEqual([3, 3])
    expect(await firesPerMinute('dorothy')).toEqual([undefined, undefined])
    await announceSubjectChanges(backend.queue, [{}])
    await expect.poll(() => firesPerMinute('dorothy')).toEqual([3, 3])
  })

  it('that the queue does not take is refused to whoever tells', async () => {
    const queue = new MemoryQueue()
    await expect(announceSubjectChanges(queue, [{ subject: 'alice' }])).rejects.toSatisfy((error) =>
      isPlatformError(error, 'ERR_CLOSED'),
    )
  })
})
