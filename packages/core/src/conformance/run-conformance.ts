import { afterAll, describe, it } from 'vitest'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ConformanceCase } from './conformance-case.ts'

/** What every `runXConformance` takes. */
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

/** Runs every case as one vitest test: create, open, run, close, destroy. */
export function runConformance<S extends object>(
  spi: string,
  name: string,
  cases: readonly ConformanceCase<S>[],
  options: ConformanceOptions<S>,
): void {
  describe(`${spi} conformance: ${name}`, () => {
    const skipped: string[] = []
    afterAll(() => {
      for (const line of skipped) process.stdout.write(`skipped ${line}\n`)
    })

    if (options.capabilities) {
      it('declares the capabilities that are published', async () => {
        const subject: Subject = await options.create()
        assert.deepEqual(subject.capabilities, options.capabilities)
      })
    }

    for (const { id, skip, timeoutMs, run } of cases) {
      const test = options.knownFailures?.[id] ? it.fails : it
      test(
        id,
        async (context) => {
          const subject = await options.create()
          const reason = skip?.(subject)
          if (reason !== undefined) {
            skipped.push(`${spi} ${name} ${id}: ${reason}`)
            context.skip(reason)
          }
          await runCase(subject, run, options)
        },
        timeoutMs,
      )
    }
  })
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
