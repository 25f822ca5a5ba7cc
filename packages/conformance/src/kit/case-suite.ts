import assert from 'node:assert/strict'
import { RunningContext } from './case-context.ts'
import type { CaseHooks } from './case-hooks.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { ConformanceSuite, ConformanceTest } from './conformance-suite.ts'

const DEFAULT_PATIENCE_MS = 5000
const DEFAULT_TIMEOUT_MS = 20_000

/** What every kit takes. */
export interface ConformanceOptions<S> {
  /** Returns a new, unopened subject on every call. */
  readonly create: () => S | Promise<S>
  /** Backend clean-up after each case, once for each subject; the kit has closed it. */
  readonly destroy?: (subject: S, used: UsedNames) => Promise<void>
  /** What the adapter's README publishes. Compared with the subject's own, so that a silent downgrade fails. */
  readonly capabilities?: object
  /** Default 5000 ms. */
  readonly patienceMs?: number
  /** Case id to issue link: runs as an expected failure, and turns red on the day it passes. */
  readonly knownFailures?: Readonly<Record<string, string>>
}

/** What a case has left behind in the backend. */
export interface UsedNames {
  /** The name of everything that the case made begins with this. */
  readonly uniqueName: string
}

interface Subject {
  readonly capabilities?: object
  open?(): Promise<void>
  close?(): Promise<void>
}

/** Every case as one test: create, open, run, close, destroy. */
export function caseSuite<S extends object>(
  spi: string,
  name: string,
  cases: readonly ConformanceCase<S>[],
  options: ConformanceOptions<S> & CaseHooks<S>,
): ConformanceSuite {
  const declares: ConformanceTest = {
    name: 'declares the capabilities that are published',
    run: async () => {
      const subject: Subject = await options.create()
      assert.deepEqual(subject.capabilities, options.capabilities)
      return undefined
    },
  }
  return {
    name: `${spi} conformance: ${name}`,
    tests: [...(options.capabilities ? [declares] : []), ...cases.map((one) => testOf(one, options))],
  }
}

function testOf<S extends object>(
  { id, skip, needs = [], timeoutMs, run }: ConformanceCase<S>,
  options: ConformanceOptions<S> & CaseHooks<S>,
): ConformanceTest {
  const issue = options.knownFailures?.[id]
  const missing = needs.filter((name) => options[name] === undefined)
  const slowness = Math.max(1, (options.patienceMs ?? DEFAULT_PATIENCE_MS) / DEFAULT_PATIENCE_MS)
  return {
    name: id,
    ...(timeoutMs === undefined && slowness === 1 ? {} : { timeoutMs: (timeoutMs ?? DEFAULT_TIMEOUT_MS) * slowness }),
    ...(issue === undefined ? {} : { knownFailure: issue }),
    run: async () => {
      if (missing.length > 0) return { skipped: `this run of the kit offers no ${missing.join(', no ')}` }
      const subject = await options.create()
      const skipped = skip?.(subject)
      if (skipped !== undefined) return { skipped }
      const outcome = runCase(subject, run, options)
      await (issue === undefined ? outcome : assert.rejects(outcome, `${id} is kept by now, see ${issue}`))
      return undefined
    },
  }
}

async function runCase<S extends object>(
  subject: S,
  run: ConformanceCase<S>['run'],
  options: ConformanceOptions<S> & CaseHooks<S>,
): Promise<void> {
  const lifecycle: Subject = subject
  const context = new RunningContext(subject, options)
  const { uniqueName } = context
  let others: readonly S[] = []
  try {
    await lifecycle.open?.()
    await run(subject, context)
  } finally {
    others = await context.end()
    await lifecycle.close?.()
    for (const used of [subject, ...others]) await options.destroy?.(used, { uniqueName })
  }
}
