import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ConformanceCase } from './conformance-case.ts'
import type { ConformanceSuite, ConformanceTest } from './conformance-suite.ts'

/** What every kit takes. */
export interface ConformanceOptions<S> {
  /** Returns a new, unopened subject on every call. */
  readonly create: () => S | Promise<S>
  /** Backend clean-up after each case; the kit has already closed the subject. */
  readonly destroy?: (subject: S) => Promise<void>
  /** What the adapter's README publishes. Compared with the subject's own, so that a silent downgrade fails. */
  readonly capabilities?: object
  /** Default 5000 ms. */
  readonly patienceMs?: number
  /** Case id to issue link: runs as an expected failure, and turns red on the day it passes. */
  readonly knownFailures?: Readonly<Record<string, string>>
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
  options: ConformanceOptions<S>,
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
  { id, skip, timeoutMs, run }: ConformanceCase<S>,
  options: ConformanceOptions<S>,
): ConformanceTest {
  const issue = options.knownFailures?.[id]
  return {
    name: id,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    run: async () => {
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
  options: ConformanceOptions<S>,
): Promise<void> {
  const lifecycle: Subject = subject
  try {
    await lifecycle.open?.()
    await run(subject, {
      uniqueName: `t-${randomBytes(8).toString('hex')}`,
      patienceMs: options.patienceMs ?? 5000,
    })
  } finally {
    await lifecycle.close?.()
    await options.destroy?.(subject)
  }
}
