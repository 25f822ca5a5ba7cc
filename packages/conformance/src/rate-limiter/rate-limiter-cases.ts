import assert from 'node:assert/strict'
import {
  SystemClock,
  type EntryDecision,
  type EntryRequest,
  type RateDecision,
  type RateLimiter,
  type RateLimiterCapabilities,
} from '@stemcell/core'
import { eventually, soon, whileCutOff, type CaseContext, type ConformanceCase } from '../kit/conformance-case.ts'
import { refuses } from '../stores/store-subject.ts'

const MINUTE_MS = 60_000
/** More than any case asks for. */
const PLENTY = 1_000_000
const clock = new SystemClock()

/** A rate limiter under test, and how to move its time. */
export interface RateLimiterSubject {
  readonly capabilities: RateLimiterCapabilities
  readonly limiter: RateLimiter
  readonly nextMinute: (() => Promise<void>) | undefined
  /** A limiter as another process of the cluster has it, not open. */
  readonly another: (() => RateLimiter) | undefined
  open(): Promise<void>
  close(): Promise<void>
}

export function rateLimiterSubject(
  limiter: RateLimiter,
  nextMinute?: (limiter: RateLimiter) => Promise<void>,
  another?: (limiter: RateLimiter) => RateLimiter,
): RateLimiterSubject {
  return {
    limiter,
    capabilities: limiter.capabilities,
    nextMinute: nextMinute && (() => nextMinute(limiter)),
    another: another && (() => another(limiter)),
    open: () => limiter.open(),
    close: () => limiter.close(),
  }
}

/**
 * Runs `body` with a fresh namespace until it began and ended in the same minute, so that no count is reset in the
 * middle of it.
 */
async function withinOneMinute(context: CaseContext, body: (namespaceId: string) => Promise<void>): Promise<void> {
  const minute = (): number => Math.floor(clock.now() / MINUTE_MS)
  for (let round = 0; ; round++) {
    const started = minute()
    try {
      await body(`${context.uniqueName}-${round}`)
      if (minute() === started) return
    } catch (error) {
      if (minute() === started) throw error
    }
  }
}

/** Invocations one after the other, each over before the next. */
async function counted(
  limiter: RateLimiter,
  namespaceId: string,
  perMinute: number,
  times: number,
): Promise<RateDecision[]> {
  const decisions: RateDecision[] = []
  for (let time = 0; time < times; time++) {
    const { of, ...decision } = await limiter.enter({ namespaceId, perMinute, concurrent: PLENTY })
    if (decision.allowed) limiter.leave(namespaceId)
    assert.equal(of, decision.allowed ? 'places' : 'minute')
    decisions.push(decision)
  }
  return decisions
}

/** Asks for a place where only places are short. */
async function place(limiter: RateLimiter, namespaceId: string, concurrent: number): Promise<EntryDecision> {
  const decision = await limiter.enter(placeRequest(namespaceId, concurrent))
  assert.equal(decision.of, 'places')
  return decision
}

function placeRequest(namespaceId: string, concurrent: number): EntryRequest {
  return { namespaceId, concurrent, perMinute: PLENTY }
}

/** `leave` may take effect a little later where the places are kept elsewhere. */
async function entersEventually(limiter: RateLimiter, request: EntryRequest, context: CaseContext): Promise<void> {
  await eventually('a place to be free', context, async () => (await limiter.enter(request)).allowed)
}

/** With a limiter of a second process, open. */
async function withAnother(
  { another }: RateLimiterSubject,
  body: (limiter: RateLimiter) => Promise<void>,
): Promise<void> {
  const limiter = another!()
  await limiter.open()
  try {
    await body(limiter)
  } finally {
    await limiter.close()
  }
}

const onlyAlone = ({ capabilities, another }: RateLimiterSubject): string | undefined => {
  if (capabilities.scope === 'process') return 'each process counts for itself'
  return another ? undefined : 'there is no second process'
}

/** How many of so many requests are let in. */
async function entered(limiter: RateLimiter, request: EntryRequest, times: number): Promise<number> {
  let allowed = 0
  for (let time = 0; time < times; time++) if ((await limiter.enter(request)).allowed) allowed++
  return allowed
}

/** Every promise of the RateLimiter SPI. The subject must know of one controller only, so that nothing is diluted. */
export const rateLimiterCases: readonly ConformanceCase<RateLimiterSubject>[] = [
  {
    id: 'rate-limiter.allows-up-to-the-limit',
    run: ({ limiter }, context) =>
      withinOneMinute(context, async (namespaceId) => {
        const decisions = await counted(limiter, namespaceId, 3, 5)
        assert.deepEqual(
          decisions.map(({ allowed }) => allowed),
          [true, true, true, false, false],
        )
        assert.deepEqual([decisions[4]!.count, decisions[4]!.limit], [5, 3])
      }),
  },
  {
    id: 'rate-limiter.counts-refused-requests',
    run: ({ limiter }, context) =>
      withinOneMinute(context, async (namespaceId) => {
        const refused = await counted(limiter, namespaceId, 1, 5)
        assert.equal(refused.at(-1)!.count, 5)
        const [raised] = await counted(limiter, namespaceId, 6, 1)
        assert.equal(raised!.allowed, true, 'more were counted than there had been')
        const [next] = await counted(limiter, namespaceId, 6, 1)
        assert.equal(next!.allowed, false, 'the refused requests had not been counted')
      }),
  },
  {
    id: 'rate-limiter.tells-when-to-come-back',
    run: ({ limiter }, context) =>
      withinOneMinute(context, async (namespaceId) => {
        const [allowed, refused] = await counted(limiter, namespaceId, 1, 2)
        assert.equal(allowed!.retryAfterMs, undefined, 'an allowed request has nothing to wait for')
        const { retryAfterMs } = refused!
        assert.ok(retryAfterMs === undefined || (retryAfterMs > 0 && retryAfterMs <= MINUTE_MS), `${retryAfterMs} ms`)
      }),
  },
  {
    id: 'rate-limiter.keeps-budgets-apart',
    run: ({ limiter }, context) =>
      withinOneMinute(context, async (namespaceId) => {
        await counted(limiter, namespaceId, 1, 2)
        const fire = await limiter.countFire({ namespaceId, perMinute: 1 })
        assert.deepEqual([fire.allowed, fire.count], [true, 1])
        const another = await limiter.countFire({ namespaceId, perMinute: 1 })
        assert.deepEqual([another.allowed, another.count, another.limit], [false, 2, 1])
      }),
  },
  {
    id: 'rate-limiter.a-request-too-many-takes-no-place',
    run: ({ limiter }, context) =>
      withinOneMinute(context, async (namespaceId) => {
        for (let time = 0; time < 5; time++) await limiter.enter({ namespaceId, perMinute: 1, concurrent: 2 })
        const second = await limiter.enter(placeRequest(namespaceId, 2))
        assert.deepEqual([second.allowed, second.count], [true, 2])
      }),
  },
  {
    id: 'rate-limiter.counts-requests-that-find-no-place',
    run: ({ limiter }, context) =>
      withinOneMinute(context, async (namespaceId) => {
        for (let time = 0; time < 3; time++) {
          const { of } = await limiter.enter({ namespaceId, perMinute: 3, concurrent: 1 })
          assert.equal(of, 'places')
        }
        const { of, allowed, count } = await limiter.enter({ namespaceId, perMinute: 3, concurrent: 1 })
        assert.deepEqual({ of, allowed, count }, { of: 'minute', allowed: false, count: 4 })
      }),
  },
  {
    id: 'rate-limiter.keeps-namespaces-apart',
    run: ({ limiter }, context) =>
      withinOneMinute(context, async (namespaceId) => {
        await counted(limiter, namespaceId, 1, 2)
        await place(limiter, namespaceId, 1)
        const other = `${namespaceId}-other`
        const first = await limiter.enter({ namespaceId: other, perMinute: 1, concurrent: 1 })
        assert.deepEqual([first.allowed, first.count], [true, 1])
      }),
  },
  {
    id: 'rate-limiter.a-limit-of-0-allows-nothing',
    async run({ limiter }, { uniqueName: namespaceId }) {
      assert.equal((await limiter.countFire({ namespaceId, perMinute: 0 })).allowed, false)
      const closed = await limiter.enter({ namespaceId, perMinute: 0, concurrent: PLENTY })
      assert.deepEqual([closed.allowed, closed.of], [false, 'minute'])
      assert.equal((await place(limiter, namespaceId, 0)).allowed, false)
    },
  },
  {
    id: 'rate-limiter.every-minute-starts-anew',
    skip: ({ nextMinute }) => (nextMinute ? undefined : 'the time of the subject cannot be moved'),
    async run({ limiter, nextMinute }, { uniqueName: namespaceId }) {
      await nextMinute!()
      assert.equal((await counted(limiter, namespaceId, 1, 2)).at(-1)!.allowed, false)
      await nextMinute!()
      const decisions = await counted(limiter, namespaceId, 1, 2)
      assert.deepEqual(
        decisions.map(({ allowed }) => allowed),
        [true, false],
      )
      assert.equal(decisions[1]!.count, 2)
    },
  },
  {
    id: 'rate-limiter.gives-out-places-up-to-the-limit',
    async run({ limiter }, { uniqueName: namespaceId }) {
      const decisions: RateDecision[] = []
      for (let entry = 0; entry < 4; entry++) decisions.push(await place(limiter, namespaceId, 3))
      assert.deepEqual(
        decisions.map(({ allowed, count, limit }) => ({ allowed, count, limit })),
        [
          { allowed: true, count: 1, limit: 3 },
          { allowed: true, count: 2, limit: 3 },
          { allowed: true, count: 3, limit: 3 },
          { allowed: false, count: 3, limit: 3 },
        ],
      )
    },
  },
  {
    id: 'rate-limiter.a-place-given-back-can-be-taken',
    async run({ limiter }, context) {
      const request = placeRequest(context.uniqueName, 1)
      for (let round = 0; round < 3; round++) {
        await entersEventually(limiter, request, context)
        assert.equal((await limiter.enter(request)).allowed, false, 'one place was given out twice')
        limiter.leave(request.namespaceId)
      }
      await entersEventually(limiter, request, context)
    },
  },
  {
    id: 'rate-limiter.a-refused-entry-takes-no-place',
    async run({ limiter }, context) {
      const request = placeRequest(context.uniqueName, 2)
      for (let entry = 0; entry < 10; entry++) await limiter.enter(request)
      limiter.leave(request.namespaceId)
      await entersEventually(limiter, request, context)
    },
  },
  {
    id: 'rate-limiter.a-surplus-leave-is-ignored',
    async run({ limiter }, context) {
      const request = placeRequest(context.uniqueName, 1)
      await limiter.enter(request)
      for (let times = 0; times < 4; times++) limiter.leave(request.namespaceId)
      await entersEventually(limiter, request, context)
      assert.equal((await limiter.enter(request)).allowed, false, 'leaving too often made room')
    },
  },
  {
    id: 'rate-limiter.concurrent-entries-share-the-places',
    async run({ limiter }, { uniqueName: namespaceId }) {
      const entries = Array.from({ length: 50 }, () => place(limiter, namespaceId, 10))
      const allowed = (await Promise.all(entries)).filter((decision) => decision.allowed)
      assert.equal(allowed.length, 10)
    },
  },
  {
    id: 'rate-limiter.processes-share-the-requests-of-a-minute',
    skip: onlyAlone,
    run: (subject, context) =>
      withAnother(subject, (other) =>
        withinOneMinute(context, async (namespaceId) => {
          const { limiter } = subject
          // What one process may have set aside for itself is neither given out twice nor lost.
          const first = await counted(limiter, namespaceId, 197, 23)
          const rest = await counted(other, namespaceId, 197, 200)
          const last = await counted(limiter, namespaceId, 197, 23)
          const allowed = [...first, ...rest, ...last].filter((decision) => decision.allowed)
          assert.equal(first.filter((decision) => decision.allowed).length, 23)
          assert.equal(allowed.length, 197)
        }),
      ),
  },
  {
    id: 'rate-limiter.processes-share-the-places',
    skip: onlyAlone,
    run: (subject, context) =>
      withAnother(subject, async (other) => {
        const { limiter } = subject
        const request = placeRequest(context.uniqueName, 67)
        assert.equal(await entered(limiter, request, 13), 13)
        for (let place = 0; place < 8; place++) limiter.leave(request.namespaceId)
        let held = 0
        const fill = async (): Promise<number> => {
          while ((await other.enter(request)).allowed) held++
          return held
        }
        // What one process may have set aside for itself is neither given out twice nor lost.
        await eventually('places given back to be free for others', context, async () => (await fill()) >= 62)
        assert.equal(held, 62, 'more places were given out than there are')
        assert.equal(await entered(limiter, request, 5), 0)
        limiter.leave(request.namespaceId)
        await eventually('one more place to be free for others', context, async () => (await fill()) >= 63)
        assert.equal(held, 63, 'one place was given out twice')
      }),
  },
  {
    id: 'rate-limiter.refuses-when-closed',
    async run({ limiter }, { uniqueName: namespaceId }) {
      await limiter.close()
      await limiter.close()
      await refuses('ERR_CLOSED', () => limiter.countFire({ namespaceId, perMinute: 1 }))
      await refuses('ERR_CLOSED', () => limiter.enter(placeRequest(namespaceId, 1)))
      assert.doesNotThrow(() => limiter.leave(namespaceId))
    },
  },
  {
    id: 'rate-limiter.opens-again',
    async run({ limiter }, { uniqueName: namespaceId }) {
      await limiter.close()
      await Promise.all([limiter.open(), limiter.open()])
      assert.equal((await place(limiter, namespaceId, 1)).allowed, true)
    },
  },
  {
    id: 'rate-limiter.says-when-its-backend-is-away',
    needs: ['disrupt', 'restore'],
    timeoutMs: 60_000,
    async run({ limiter }, context) {
      const request = placeRequest(context.uniqueName, 5)
      // Of namespaces of which the limiter knows nothing yet.
      await whileCutOff(context, 'enter', () => limiter.enter(request))
      await soon('entering after the outage', context, async () => {
        assert.equal((await limiter.enter(request)).allowed, true)
      })
      const fire = { namespaceId: `${context.uniqueName}-fires`, perMinute: 5 }
      await whileCutOff(context, 'countFire', () => limiter.countFire(fire))
      await soon('firing after the outage', context, async () => {
        assert.equal((await limiter.countFire(fire)).allowed, true)
      })
    },
  },
]
