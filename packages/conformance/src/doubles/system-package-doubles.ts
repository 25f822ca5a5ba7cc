import type { JsonObject, SystemAction, SystemPackage } from '@stemcell/core'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import type { SystemPackageSubject } from '../system-packages/system-package-cases.ts'
import { systemPackageSubject } from '../system-packages/system-package-conformance.ts'

const echo: SystemAction = {
  name: 'echo',
  description: 'Answers with its arguments',
  run: ({ parameters }) => parameters,
}
/** A system package that keeps every promise. */
export const faithful: SystemPackage = { name: 'echoes', description: 'Echoes', parameters: { n: 1 }, actions: [echo] }

const broken = (change: Partial<SystemPackage>): SystemPackageSubject =>
  systemPackageSubject({ ...faithful, ...change })
const running = (run: SystemAction['run']): SystemPackageSubject => broken({ actions: [{ ...echo, run }] })

export const systemPackageDoubles: BrokenDoubles<SystemPackageSubject> = {
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
}
