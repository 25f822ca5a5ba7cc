/** What a kit asks of one subject, as data: any runner can run it. */
export interface ConformanceSuite {
  readonly name: string
  readonly tests: readonly ConformanceTest[]
  /** Suites inside this one; they run after its own tests. */
  readonly suites?: readonly ConformanceSuite[]
  /** Runs once, before the first test. When it rejects, every test has failed. */
  readonly prepare?: () => Promise<void>
}

export interface ConformanceTest {
  readonly name: string
  /** Upper bound for the whole test where the runner's default is too short, ms. */
  readonly timeoutMs?: number
  /** The link of the issue, where the test is known to fail: `run` rejects when it does not fail any more. */
  readonly knownFailure?: string
  /** Rejects when the promise is not kept. */
  readonly run: () => Promise<TestOutcome>
}

/** Nothing when the promise was kept, and the reason when the test does not apply to the subject. */
export type TestOutcome = { readonly skipped: string } | undefined
