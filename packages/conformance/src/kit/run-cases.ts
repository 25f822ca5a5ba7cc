import type { ConformanceSuite, ConformanceTest, TestOutcome } from './conformance-suite.ts'

export interface ConformanceReport {
  readonly passed: readonly string[]
  readonly failed: readonly FailedTest[]
  readonly skipped: readonly SkippedTest[]
  /** Failed as was expected of them. */
  readonly known: readonly KnownFailure[]
}

export interface FailedTest {
  /** The names of the suites inside the given one, and of the test. */
  readonly name: string
  readonly error: unknown
}

export interface KnownFailure {
  readonly name: string
  /** Where it is written down. */
  readonly issue: string
}

export interface SkippedTest {
  readonly name: string
  readonly reason: string
}

export interface RunCasesOptions {
  /** Only tests for which this holds. Default: all. */
  readonly only?: (name: string) => boolean
  /** Upper bound for a test that names none, ms. Default 20 000. */
  readonly timeoutMs?: number
}

/** Runs a suite one test after the other, without any test runner. Never rejects: what fails is in the report. */
export async function runCases(suite: ConformanceSuite, options: RunCasesOptions = {}): Promise<ConformanceReport> {
  const { only = () => true, timeoutMs = 20_000 } = options
  const passed: string[] = []
  const failed: FailedTest[] = []
  const skipped: SkippedTest[] = []
  const known: KnownFailure[] = []
  const run = async (
    { tests, suites = [], prepare }: ConformanceSuite,
    path: string,
    outer: Unprepared | undefined,
  ): Promise<void> => {
    const unprepared = outer ?? (await preparing(prepare))
    for (const test of tests) {
      const name = `${path}${test.name}`
      if (!only(name)) continue
      try {
        if (unprepared) throw unprepared.error
        const outcome = await inTime(test, timeoutMs)
        if (outcome) skipped.push({ name, reason: outcome.skipped })
        else if (test.knownFailure === undefined) passed.push(name)
        else known.push({ name, issue: test.knownFailure })
      } catch (error) {
        failed.push({ name, error })
      }
    }
    for (const inner of suites) await run(inner, `${path}${inner.name} › `, unprepared)
  }
  await run(suite, '', undefined)
  return { passed, failed, skipped, known }
}

interface Unprepared {
  readonly error: unknown
}

async function preparing(prepare: ConformanceSuite['prepare']): Promise<Unprepared | undefined> {
  try {
    await prepare?.()
    return undefined
  } catch (error) {
    return { error }
  }
}

function inTime({ run, timeoutMs }: ConformanceTest, otherwiseMs: number): Promise<TestOutcome> {
  const limitMs = timeoutMs ?? otherwiseMs
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${limitMs} ms`)), limitMs)
  })
  return Promise.race([run(), late]).finally(() => clearTimeout(timer))
}
