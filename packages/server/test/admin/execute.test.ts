import {
  adapterContext,
  memoryActivationStore,
  memoryEntityStore,
  memorySubjectStore,
  PlatformError,
  SeededRandom,
  type Invoker,
  SubjectAdministration,
  type JsonObject,
} from '@stemcell/core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AdminCommand } from '../../src/admin/admin-command.ts'
import { adminProgram, withoutDoubleLetters } from '../../src/admin/admin-program.ts'
import type { AdminTarget } from '../../src/admin/admin-target.ts'
import { exitCodeOf } from '../../src/command-outcome.ts'
import { execute } from '../../src/admin/execute.ts'

const UUID = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502'
const KEY = `${UUID}:${'k'.repeat(64)}`
const ANY_KEY = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}:[A-Za-z0-9]{64}$/

let target: AdminTarget
let invoker: Invoker

beforeEach(async () => {
  const context = adapterContext({ random: new SeededRandom(1) })
  const stores = {
    subjects: memorySubjectStore().build(context),
    entities: memoryEntityStore().build(context),
    activations: memoryActivationStore().build(context),
  }
  for (const store of Object.values(stores)) await store.open()
  target = {
    administration: async () => new SubjectAdministration(stores.subjects, context),
    subjects: async () => stores.subjects,
    entities: async () => stores.entities,
    activations: async () => stores.activations,
    subjectsChanged: () => undefined,
    repairEmbedded: async () => ({ documents: 3, activations: 2, lost: ['ns/a', 'its log'] }),
    invoker: async () => invoker,
  }
})

/** What `stemcell admin …` prints. */
async function admin(line: string, input = ''): Promise<string[]> {
  const printed: string[] = []
  const print = async (text: string): Promise<void> => void printed.push(text)
  const program = adminProgram({
    run: (command: AdminCommand) => execute(command, target, print),
    print: (text) => void printed.push(text),
    readInput: async () => input,
  })
  await program.parseAsync(withoutDoubleLetters(words(line)), { from: 'user' })
  return printed
}

/** Words of a command line; quotes hold one together. */
function words(line: string): string[] {
  return Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '')
}

describe('stemcell admin user', () => {
  it('create prints the key of the new subject', async () => {
    const [key, ...more] = await admin('user create alice')
    expect([key, more]).toEqual([expect.stringMatching(ANY_KEY), []])
    expect(await admin('user get alice')).toEqual([key])
    expect(await admin(`user whois ${key}`)).toEqual(['subject: alice', 'namespace: alice'])
  })

  it('create issues the key given, also from standard input', async () => {
    expect(await admin(`user create alice -u ${KEY}`)).toEqual([KEY])
    expect(await admin('user create bobby -u -', `${KEY}\n`)).toEqual([KEY])
    expect(await admin('user whois -', `${KEY}\n`)).toContain('subject: alice')
  })

  it('create gives a subject another namespace', async () => {
    const [own] = await admin('user create alice')
    const [other] = await admin('user create alice -ns shared')
    expect(await admin('user get alice -ns shared')).toEqual([other])
    expect(await admin('user get alice -a')).toEqual([`alice\t${own}`, `shared\t${other}`])
  })

  it('create -r revokes the key and issues another, -s says nothing, -g stores nothing', async () => {
    const [first] = await admin('user create alice')
    const [second] = await admin('user create alice -r')
    expect(second).not.toBe(first)
    expect(await admin('user get alice')).toEqual([second])
    expect(await admin('user create bobby -s')).toEqual([])
    expect(await admin('user get bobby')).toEqual([expect.stringMatching(ANY_KEY)])
    expect(await admin('user create carol -g')).toEqual([expect.stringMatching(ANY_KEY)])
    await expect(admin('user get carol')).rejects.toThrow('Subject id is not recognized')
  })

  it('delete removes a subject, or one of its namespaces', async () => {
    await admin('user create alice')
    await admin('user create alice -ns shared')
    expect(await admin('user delete alice -ns shared')).toEqual(['Namespace deleted'])
    expect(await admin('user delete alice')).toEqual(['Subject deleted'])
    await expect(admin('user get alice')).rejects.toThrow('Subject id is not recognized')
  })

  it('block takes keys out of service until unblock', async () => {
    const [key] = await admin('user create alice')
    await admin('user create bobby')
    expect(await admin('user block alice bobby')).toEqual([
      '"alice" blocked successfully',
      '"bobby" blocked successfully',
    ])
    expect(await admin(`user whois ${key}`)).toEqual(['Subject id is not recognized'])
    await expect(admin('user create alice -r')).rejects.toThrow('The subject you want to edit is blocked')
    expect(await admin('user unblock alice')).toEqual(['"alice" unblocked successfully'])
    expect(await admin(`user whois ${key}`)).toContain('subject: alice')
  })

  it('block and unblock take several names, skip blanks, go on after a failure, and exit with how many failed', async () => {
    await admin('user create alice')
    await admin('user create bobby')
    for (const verb of ['block', 'unblock'] as const) {
      const printed: string[] = []
      const subjects = [' alice ', 'nobody', '', '  ', 'no/body', 'bobby\n']
      const running = execute({ do: `user ${verb}`, subjects }, target, async (line) => void printed.push(line))
      await expect(running).rejects.toMatchObject({ exitCode: 2, message: '' })
      expect(printed).toEqual([
        `"alice" ${verb}ed successfully`,
        `Failed to ${verb} "nobody" (Subject id is not recognized)`,
        `Failed to ${verb} "no/body" (Subject id is not recognized)`,
        `"bobby" ${verb}ed successfully`,
      ])
    }
    expect(await admin('user block " "')).toEqual([])
  })

  it('block goes on after a store that fails once', async () => {
    for (const name of ['alice', 'bobby', 'carol']) await admin(`user create ${name}`)
    const store = await target.subjects()
    const get = store.get.bind(store)
    store.get = (id) =>
      id === 'bobby' ? Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'gone for a moment')) : get(id)
    const printed: string[] = []
    const subjects = ['alice', 'bobby', 'carol']
    const running = execute({ do: 'user block', subjects }, target, async (line) => void printed.push(line))
    await expect(running).rejects.toMatchObject({ exitCode: 1 })
    expect(printed[1]).toBe('Failed to block "bobby" (gone for a moment)')
    expect(printed).toHaveLength(3)
  })

  it('whose key nobody has, and a namespace without anybody, are answers', async () => {
    expect(await admin(`user whois ${KEY}`)).toEqual(['Subject id is not recognized'])
    expect(await admin('user list nowhere')).toEqual(['no identities found for namespace "nowhere"'])
  })

  it('list shows who may act in a namespace: one, some, or all', async () => {
    const keys: string[] = []
    for (const subject of ['alice', 'bobby', 'carol']) {
      keys.push(...(await admin(`user create ${subject} -ns shared`)).map((key) => `${key}\t${subject}`))
    }
    expect(await admin('user list shared')).toEqual(keys.slice(0, 1))
    expect(await admin('user list shared -p 2')).toEqual(keys.slice(0, 2))
    expect(await admin('user list shared -a')).toEqual(keys)
    expect(await admin('user list shared -a -k')).toEqual(keys.map((line) => line.split('\t')[0]))
  })

  it.each([
    ['user create bob', 2, 'Subject name must be at least 5 characters'],
    ['user create alice -ns " "', 2, 'Namespace must not be empty'],
    [`user create alice -u nonsense:${'k'.repeat(64)}`, 2, 'authorization id is not a valid UUID'],
    [`user create alice -u ${UUID}:short`, 2, 'authorization key must be at least 64 characters long'],
    ['user create known', 1, 'Namespace already exists'],
    ['user get nobody', 1, 'Subject id is not recognized'],
    ['user get known -ns other', 1, 'namespace "other" not found for "known"'],
    ['user delete nobody', 1, 'Subject id is not recognized'],
    ['user delete known -ns other', 1, 'Namespace "other" does not exist for "known"'],
    ['user delete " "', 2, 'Subject must not be empty'],
    ['user delete known -ns " "', 2, 'Namespace must not be empty'],
    ['user list known -p 0', 2, 'pick at least 1 identity to show'],
  ])('refuses: %s, with exit code %i', async (line, exitCode, message) => {
    await admin('user create known')
    const error: unknown = await admin(line).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'AdministrationError', message })
    expect(exitCodeOf(error)).toBe(exitCode)
  })
})

describe('stemcell admin limits', () => {
  it('sets, lays over, shows and deletes', async () => {
    const none = 'No limits found, default system limits apply'
    expect(await admin('limits get shared')).toEqual([none])
    const set = ['Limits successfully set for "shared"']
    expect(await admin('limits set shared --invocationsPerMinute 10 --storeActivations false')).toEqual(set)
    expect(await admin('limits set shared --allowedKinds nodejs:18 nodejs:20 --maxPayloadSize "2 MB"')).toEqual(set)
    expect(await admin('limits get shared')).toEqual([
      'invocationsPerMinute = 10',
      "allowedKinds = ['nodejs:18', 'nodejs:20']",
      'storeActivations = False',
      'maxPayloadSize = 2 MB',
    ])
    expect(await admin('limits delete shared')).toEqual(['Limits deleted'])
    await expect(admin('limits delete shared')).rejects.toThrow('Failed to delete limits')
  })

  it('shows all that can be set in the order and the forms of wskadmin, whatever the order they were set in', async () => {
    const bounds = ['Memory', 'Logs', 'Timeout', 'Concurrency'].flatMap((what) => [
      [`minAction${what}`, '1'],
      [`maxAction${what}`, '2'],
    ])
    const inOrder = [
      ['invocationsPerMinute', '3'],
      ['firesPerMinute', '0'],
      ['concurrentInvocations', '5'],
      ['allowedKinds', "['nodejs:20', 'blackbox']"],
      ['storeActivations', 'True'],
      ...bounds,
      ['maxParameterSize', '1 MB'],
      ['maxPayloadSize', '2 MB'],
      ['truncationSize', '3 MB'],
      ['warmedContainerKeepingCount', '1'],
      ['warmedContainerKeepingTimeout', '10 minutes'],
      ['maxActionInstances', '4'],
    ] as const
    for (const [name, value] of inOrder.toReversed()) {
      const given = name === 'allowedKinds' ? 'nodejs:20 blackbox' : `"${value}"`
      await admin(`limits set shared --${name} ${given}`)
    }
    expect(await admin('limits get shared')).toEqual(inOrder.map(([name, value]) => `${name} = ${value}`))
  })

  it('refuses sizes that are none', async () => {
    await expect(admin('limits set shared --maxPayloadSize much')).rejects.toMatchObject({
      name: 'AdministrationError',
      message: expect.stringContaining('maxPayloadSize'),
    })
  })
})

describe('stemcell admin db get', () => {
  const dump = async (line: string): Promise<{ rows: JsonObject[]; total_rows: number }> =>
    JSON.parse((await admin(line)).join('\n')) as { rows: JsonObject[]; total_rows: number }

  it('shows each document with its revision, and its content when asked', async () => {
    expect(await dump('db get subjects')).toEqual({ rows: [], total_rows: 0 })
    const [key] = await admin('user create alice')
    await admin('limits set alice --firesPerMinute 3')
    const { rows, total_rows: total } = await dump('db get subjects')
    expect(total).toBe(2)
    expect(rows).toEqual(['alice', 'alice/limits'].map((id) => ({ id, key: id, value: { rev: expect.any(String) } })))
    const [uuid, secret] = key!.split(':')
    expect((await dump('db get subjects --docs')).rows[0]).toMatchObject({
      doc: { _id: 'alice', _rev: expect.any(String), namespaces: [{ name: 'alice', uuid, key: secret }] },
    })
    await (await target.entities()).put('alice/hello', { name: 'hello', namespace: 'alice' })
    expect((await dump('db get whisks --docs')).rows).toMatchObject([{ id: 'alice/hello', doc: { name: 'hello' } }])
  })

  it('shows every activation record once, in pages, however many share a start', async () => {
    await admin('user create alice')
    const store = await target.activations()
    const ids = Array.from({ length: 230 }, (_, n) => n.toString(16).padStart(32, '0'))
    for (const [n, activationId] of ids.entries()) {
      await store.put({
        namespace: 'alice',
        name: 'hello',
        subject: 'alice',
        activationId,
        start: n < 130 ? 1000 : 1000 + Math.floor(n / 30),
        response: { statusCode: 0 },
        logs: [],
        annotations: [],
        version: '0.0.1',
        publish: false,
      })
    }
    const { rows, total_rows: total } = await dump('db get activations --docs')
    expect(total).toBe(230)
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(ids.map((id) => `alice/${id}`)))
    expect(rows[0]).toMatchObject({ doc: { name: 'hello', response: { statusCode: 0 } } })
  })
})

describe('stemcell admin invoker', () => {
  let enabled: boolean
  const drains: number[] = []
  const turn = (to: boolean) => async (): Promise<boolean> => {
    const changed = enabled !== to
    enabled = to
    return changed
  }

  beforeEach(() => {
    enabled = true
    invoker = {
      instance: { id: 0, userMemoryBytes: 0, tags: [], dedicatedNamespaces: [] },
      get isEnabled() {
        return enabled
      },
      gauges: undefined,
      watchContainers: () => () => undefined,
      enable: turn(true),
      disable: turn(false),
      drain: async (deadlineMs) => {
        drains.push(deadlineMs)
        return deadlineMs < 10_000
      },
      open: async () => undefined,
      close: async () => undefined,
    }
  })

  it('says what it was, and what it is now', async () => {
    expect(await admin('invoker status')).toEqual(['invoker0 is enabled'])
    expect(await admin('invoker disable')).toEqual(['invoker0 is now disabled'])
    expect(await admin('invoker disable')).toEqual(['invoker0 is already disabled'])
    expect(await admin('invoker status')).toEqual(['invoker0 is disabled'])
    expect(await admin('invoker enable')).toEqual(['invoker0 is now enabled'])
    expect(await admin('invoker enable')).toEqual(['invoker0 is already enabled'])
  })

  it('drain says whether it had to end something, after a minute unless told otherwise', async () => {
    expect(await admin('invoker drain')).toEqual(['invoker0 is drained; what had not ended after 60 s was ended'])
    expect(await admin('invoker drain --deadline 5')).toEqual(['invoker0 is drained'])
    expect(drains).toEqual([60_000, 5_000])
  })
})
