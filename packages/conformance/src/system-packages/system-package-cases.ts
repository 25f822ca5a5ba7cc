import assert from 'node:assert/strict'
import {
  isEntityName,
  isJsonObject,
  isSystemActionError,
  type ApiClient,
  type JsonObject,
  type JsonValue,
  type SystemAction,
  type SystemCall,
  type SystemPackage,
} from '@stemcell/core'
import { eventually, type CaseContext, type ConformanceCase } from '../kit/conformance-case.ts'

/** What the cases need beside the package. */
export interface SystemPackageSubject {
  readonly name: string
  readonly pkg: SystemPackage
  /** Calls that end by themselves, by action: the arguments, as a caller would send them. */
  readonly samples: Readonly<Record<string, JsonObject>>
  open(): Promise<void>
  close(): Promise<void>
}

const AUTHKEY = { uuid: '23bc46b1-71f6-4ed5-8c54-816aa4f8c502', key: 'k'.repeat(64) }

/** Of a namespace with nothing in it, whose owner may do everything. */
const EMPTY: ApiClient = {
  request: () =>
    Promise.resolve({ status: 404, headers: {}, body: { error: 'The requested resource does not exist.' } }),
}

function callOf(action: SystemAction, pkg: SystemPackage, sample: JsonObject, context: CaseContext): SystemCall {
  return {
    parameters: structuredClone({ ...pkg.parameters, ...action.parameters, ...sample }),
    activationId: '0'.repeat(32),
    caller: { namespace: context.uniqueName, subject: context.uniqueName, authkey: AUTHKEY },
    client: EMPTY,
    clientOf: () => EMPTY,
    apiHost: 'http://127.0.0.1:3233',
    deadline: Number.MAX_SAFE_INTEGER,
    signal: new AbortController().signal,
    log: () => undefined,
  }
}

type Ending = { readonly result: JsonObject | JsonValue[] } | { readonly error: unknown }

async function end(action: SystemAction, call: SystemCall): Promise<Ending> {
  try {
    return { result: await action.run(call) }
  } catch (error) {
    return { error }
  }
}

function each(subject: SystemPackageSubject): [SystemAction, JsonObject][] {
  return subject.pkg.actions.map((action) => [action, subject.samples[action.name] ?? {}])
}

/** Every promise of the SystemPackage SPI that can be seen from outside. */
export const systemPackageCases: readonly ConformanceCase<SystemPackageSubject>[] = [
  {
    id: 'system-package.has-legal-names',
    async run({ pkg }) {
      for (const name of [pkg.name, ...pkg.actions.map((action) => action.name)]) {
        assert.ok(isEntityName(name), `'${name}' is no entity name`)
      }
    },
  },
  {
    id: 'system-package.names-each-action-once',
    async run({ pkg }) {
      const names = pkg.actions.map(({ name }) => name)
      assert.ok(names.length > 0, 'there is no action')
      assert.deepEqual([...new Set(names)], names)
    },
  },
  {
    id: 'system-package.describes-itself',
    async run({ pkg }) {
      assert.ok(pkg.description, 'the package has no description')
      for (const { name, description } of pkg.actions) assert.ok(description, `action '${name}' has no description`)
    },
  },
  {
    id: 'system-package.answers-with-json',
    async run(subject, context) {
      for (const [action, sample] of each(subject)) {
        const ending = await end(action, callOf(action, subject.pkg, sample, context))
        if (!('result' in ending)) continue
        const { result } = ending
        assert.ok(isJsonObject(result) || Array.isArray(result), `'${action.name}' returned no object and no list`)
        assert.deepEqual(JSON.parse(JSON.stringify(result)), result, `what '${action.name}' returned is no JSON`)
      }
    },
  },
  {
    id: 'system-package.fails-by-its-own-words',
    async run(subject, context) {
      for (const [action, sample] of each(subject)) {
        for (const parameters of [sample, {}, { lifecycleEvent: 'NONE' }, { name: null, value: [{}] }]) {
          const ending = await end(action, callOf(action, subject.pkg, parameters, context))
          if (!('error' in ending)) continue
          assert.ok(isSystemActionError(ending.error), `'${action.name}' threw ${String(ending.error)}`)
        }
      }
    },
  },
  {
    id: 'system-package.keeps-runs-apart',
    async run(subject, context) {
      for (const [action, sample] of each(subject)) {
        const before = structuredClone({ package: subject.pkg.parameters, action: action.parameters })
        await end(action, callOf(action, subject.pkg, sample, context))
        assert.deepEqual({ package: subject.pkg.parameters, action: action.parameters }, before)
      }
    },
  },
  {
    id: 'system-package.gives-up-when-told',
    async run(subject, context) {
      for (const [action, sample] of each(subject)) {
        const abort = new AbortController()
        let ended = false
        // A platform that never answers.
        const client: ApiClient = {
          request: () => new Promise((_resolve, reject) => abort.signal.addEventListener('abort', reject)),
        }
        const given = callOf(action, subject.pkg, sample, context)
        const call = { ...given, signal: abort.signal, client, clientOf: () => client }
        void end(action, call).then(() => (ended = true))
        abort.abort()
        await eventually(`'${action.name}' ends once it is given up`, context, () => ended)
      }
    },
  },
  {
    id: 'system-package.takes-any-annotations',
    async run({ pkg }, { uniqueName: namespace }) {
      const values = [null, true, 0, -1.5, '', 'text', '* * * * *', 'x'.repeat(10_000), [], [{}], {}, { cron: {} }]
      const names = ['cron', 'timezone', 'autoexec', 'web-export', 'description']
      for (const value of values) {
        const annotations = Object.fromEntries(names.map((name) => [name, value]))
        for (const name of ['plain', 'package/with a space']) {
          await pkg.actionWritten?.({ namespace, name, annotations })
        }
      }
      // Twice, and of what was never written.
      for (const name of ['plain', 'package/with a space', 'plain', 'absent']) {
        await pkg.actionWritten?.({ namespace, name, annotations: undefined })
      }
    },
  },
  {
    id: 'system-package.closes-twice',
    async run({ pkg }) {
      await pkg.close?.()
      await pkg.close?.()
    },
  },
]
