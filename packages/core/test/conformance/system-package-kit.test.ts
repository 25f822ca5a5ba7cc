import {
  proveKitBites,
  runSystemPackageConformance,
  systemPackageCases,
  systemPackageSubject,
  type SystemPackageSubject,
} from '../../src/conformance/index.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { SystemAction, SystemPackage } from '../../src/system-packages/system-package.ts'

const echo: SystemAction = {
  name: 'echo',
  description: 'Answers with its arguments',
  run: ({ parameters }) => parameters,
}
const faithful: SystemPackage = { name: 'echoes', description: 'Echoes', parameters: { n: 1 }, actions: [echo] }

const broken = (change: Partial<SystemPackage>): SystemPackageSubject =>
  systemPackageSubject({ ...faithful, ...change })
const running = (run: SystemAction['run']): SystemPackageSubject => broken({ actions: [{ ...echo, run }] })

runSystemPackageConformance('echoes', { create: () => faithful })

proveKitBites('SystemPackage', systemPackageCases, {
  'system-package.has-legal-names': () => broken({ actions: [{ ...echo, name: 'a/b' }] }),
  'system-package.names-each-action-once': () => broken({ actions: [echo, echo] }),
  'system-package.describes-itself': () => broken({ actions: [{ name: 'echo', run: () => ({}) }] }),
  'system-package.answers-with-json': () => running(() => ({ at: new Date(0) }) as unknown as JsonObject),
  'system-package.fails-by-its-own-words': () =>
    running(({ parameters }) => ({ n: (parameters['name'] as string).length })),
  'system-package.keeps-runs-apart': () => {
    const parameters: JsonObject = { n: 1 }
    return broken({ parameters, actions: [{ ...echo, run: () => ({ n: (parameters['n'] = 2) }) }] })
  },
  'system-package.gives-up-when-told': () => running(() => new Promise(() => undefined)),
  'system-package.takes-any-annotations': () =>
    broken({ actionWritten: async ({ annotations }) => void (annotations?.['cron'] as string)?.split(' ') }),
  'system-package.closes-twice': () => {
    let closed = 0
    return broken({
      close: async () => {
        if (++closed === 2) throw new Error('closed already')
      },
    })
  },
})
