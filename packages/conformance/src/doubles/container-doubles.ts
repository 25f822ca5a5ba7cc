import {
  PlatformError,
  type ActivationLog,
  type CollectedLog,
  type Container,
  type ContainerFactory,
  type ContainerOwner,
} from '@stemcell/core'
import type { ContainerSubject } from '../containers/container-subject.ts'
import { alteredContainers } from './altered-containers.ts'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import type { CaseHooks } from '../kit/case-hooks.ts'

const nothing = (): Promise<void> => Promise.resolve()

function logging(container: Container, change: (log: CollectedLog) => CollectedLog): Partial<Container> {
  return {
    openLog(activationId, options): ActivationLog {
      const log = container.openLog(activationId, options)
      return { collect: async (wait) => change(await log.collect(wait)) }
    },
  }
}

/** Says of every run that it may have begun. */
function allLost(original: Container): Partial<Container> {
  return {
    run: (body, options) =>
      original.run(body, options).catch(() => Promise.reject(new PlatformError('ERR_CONNECTION_LOST', 'gone'))),
  }
}

const cutOff = new WeakSet<ContainerSubject>()

/** Cuts doubles off from an engine that they do not have. */
export const containerHooks: CaseHooks<ContainerSubject> = {
  disrupt: async (subject) => void cutOff.add(subject),
  restore: async (subject) => void cutOff.delete(subject),
}

/** A factory that has an engine; while it is cut off, listings end as `away` says. */
function backed(away: ContainerFactory['list']): () => ContainerSubject {
  return () => {
    const subject: ContainerSubject = alteredContainers({
      factory: (original) => ({
        list: (owner) => (cutOff.has(subject) ? away(owner) : original.list(owner)),
        create: (...given) => (cutOff.has(subject) ? unavailable() : original.create(...given)),
      }),
    })()
    return subject
  }
}

function unavailable(): Promise<never> {
  return Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'the simulated engine does not answer'))
}

/** Keeps its promises, also when it is cut off. */
export const backedContainers = backed(unavailable)

export const containerDoubles: BrokenDoubles<ContainerSubject> = {
  'containers.unopened-factory-refuses': alteredContainers({ factory: () => ({ list: () => Promise.resolve([]) }) }),
  'containers.closed-factory-refuses-until-reopened': alteredContainers({ factory: () => ({ close: nothing }) }),
  'containers.created-container-takes-init-at-once': alteredContainers({
    container: () => ({ init: () => Promise.reject(new PlatformError('ERR_NOT_REACHED', 'still starting')) }),
  }),
  'containers.unsupported-kind-is-refused': alteredContainers({ simulated: {} }),
  'containers.refusal-names-what-it-refuses': alteredContainers({
    factory: () => ({ create: () => Promise.reject(new PlatformError('ERR_UNSUPPORTED', 'cannot be run')) }),
  }),
  'containers.aborted-start-leaves-nothing': alteredContainers({
    factory: (original) => ({ create: (spec) => original.create(spec) }),
  }),
  'containers.fifty-in-parallel': alteredContainers({ simulated: { totalMemoryMb: 40 * 256 } }),
  'containers.list-shows-only-own-labels': alteredContainers({
    factory: (original) => ({
      list: async (owner: ContainerOwner) => [
        ...(await original.list(owner)),
        ...(await original.list({ ...owner, invoker: 'invoker1' })),
      ],
    }),
  }),
  'containers.list-tells-the-suspended': alteredContainers({
    factory: (original) => ({
      list: async (owner) => (await original.list(owner)).map((found) => ({ ...found, state: 'running' as const })),
    }),
  }),
  'containers.reap-removes-what-others-left': alteredContainers({
    factory: () => ({ reap: () => Promise.resolve(1) }),
  }),
  'containers.close-destroys-all-of-its-own': alteredContainers({ factory: () => ({ close: nothing }) }),
  'containers.close-destroys-those-that-had-ended': alteredContainers({ factory: () => ({ close: nothing }) }),
  'containers.destroy-works-in-every-state': alteredContainers({
    container: (original) => {
      let suspended = false
      return {
        suspend: async () => {
          suspended = true
          await original.suspend()
        },
        destroy: () => (suspended ? Promise.resolve() : original.destroy()),
      }
    },
  }),
  'containers.destroy-interrupts-a-run': alteredContainers({
    container: (original) => ({
      run: (body, options) => original.run(body, options).catch(() => new Promise(() => undefined)),
    }),
  }),
  'containers.runs-sent-behind-others-begin-one-after-the-other': alteredContainers({
    container: (original) => ({
      run: (body, { behind: _behind, ...options }) => original.run(body, options),
    }),
  }),
  'containers.runs-sent-behind-others-have-their-time-from-when-they-begin': alteredContainers({
    container: (original) => ({
      async run(body, options) {
        let timer: NodeJS.Timeout | undefined
        const late = new Promise<undefined>((resolve) => {
          timer = setTimeout(() => resolve(undefined), options.timeoutMs)
        })
        const reply = await Promise.race([original.run(body, options), late])
        clearTimeout(timer)
        if (!reply) throw new PlatformError('ERR_TIMEOUT', 'counted from the start')
        return reply
      },
    }),
  }),
  'containers.recalled-runs-never-begin': alteredContainers({ container: () => ({ recall: () => undefined }) }),
  'containers.end-tells-which-runs-had-not-begun': alteredContainers({ container: allLost }),
  'containers.destroy-tells-which-runs-had-not-begun': alteredContainers({ container: allLost }),
  'containers.exit-code-is-reported': alteredContainers({
    container: ({ exited }) => ({ exited: exited.then(({ reason }) => ({ reason })) }),
  }),
  'containers.gone-container-is-not-reached': alteredContainers({ container: allLost }),
  'containers.silent-run-times-out': alteredContainers({
    container: (original) => ({ run: (body, options) => original.run(body, { ...options, timeoutMs: 600_000 }) }),
  }),
  'containers.suspended-container-uses-no-cpu': alteredContainers({
    container: () => ({ suspend: nothing, resume: nothing }),
  }),
  // The container stands still, and what it started does not.
  'containers.suspended-children-use-no-cpu': alteredContainers({
    simulated: { behaviour: { run: () => ({ body: JSON.stringify({ ticks: Math.floor(performance.now() / 10) }) }) } },
  }),
  'containers.suspend-undeclared-is-refused': alteredContainers({}),
  'containers.memory-limit-kills-and-says-so': alteredContainers({
    simulated: {
      behaviour: {
        run: ({ body, runsBefore }) =>
          runsBefore > 0
            ? { exit: { reason: 'exited', signal: 'SIGKILL' } }
            : { body: JSON.stringify((JSON.parse(body) as { readonly value: object }).value) },
      },
    },
  }),
  'containers.replies-are-passed-on-unjudged': alteredContainers({
    container: (original) => ({
      run: async (body, options) => ({ ...(await original.run(body, options)), status: 200 }),
    }),
  }),
  'containers.large-bodies-arrive-whole': alteredContainers({
    container: (original) => ({
      run: async (body, options) => {
        const reply = await original.run(body, options)
        return { ...reply, body: Buffer.from(reply.body, 'latin1').toString('latin1') }
      },
    }),
  }),
  'containers.long-replies-are-cut-between-characters': alteredContainers({
    container: (original) => ({
      run: async (body, options) => {
        const { bodyBytes, truncated } = await original.run(body, options)
        const whole = await original.run(body, { ...options, maxReplyBytes: 1e9 })
        const cut = Buffer.from(whole.body).subarray(0, options.truncateAtBytes).toString()
        return { ...whole, body: truncated ? cut : whole.body, bodyBytes, truncated }
      },
    }),
  }),
  'containers.runs-overlap-up-to-the-maximum': alteredContainers({
    container: (original) => {
      let last: Promise<unknown> = Promise.resolve()
      return {
        run: (body, options) => {
          const next = last.then(() => original.run(body, options))
          last = next.catch(() => undefined)
          return next
        },
      }
    },
  }),
  'containers.environment-is-the-given-one-only': alteredContainers({
    factory: (original) => ({
      create: (spec, options) =>
        original.create(
          { ...spec, environment: { ...(process.env as Record<string, string>), ...spec.environment } },
          options,
        ),
    }),
  }),
  'containers.log-has-both-streams-in-order': alteredContainers({
    container: (original) => logging(original, (log) => ({ ...log, lines: log.lines.toReversed() })),
  }),
  'containers.log-includes-the-initialisation': alteredContainers({
    container: (original) =>
      logging(original, (log) => ({ ...log, lines: log.lines.filter(({ text }) => text !== 'loaded') })),
  }),
  'containers.log-of-one-run-is-not-in-the-next': alteredContainers({
    container: (original) => {
      let earlier: CollectedLog['lines'] = []
      return logging(original, (log) => ({ ...log, lines: (earlier = [...earlier, ...log.lines]) }))
    },
  }),
  'containers.log-limit-counts-text-and-drops-the-rest': alteredContainers({
    container: (original) => ({
      openLog: (activationId, { limitBytes }) => original.openLog(activationId, { limitBytes: limitBytes / 2 }),
    }),
  }),
  'containers.log-of-twenty-megabytes-is-whole': alteredContainers({
    container: (original) => logging(original, (log) => ({ ...log, lines: log.lines.slice(1) })),
  }),
  'containers.log-lines-belong-to-their-activation': alteredContainers({
    container: (original) => ({
      run: (body, options) => original.run(body.replace(/"activation_id":"run\d"/, '"activation_id":"run0"'), options),
    }),
  }),
  'containers.log-keeps-the-last-words': alteredContainers({
    container: (original) => logging(original, (log) => ({ ...log, lines: log.lines.slice(0, -1) })),
  }),
  'containers.log-does-not-wait-beyond-its-time': alteredContainers({
    container: (original) => ({
      openLog: (activationId, options) => {
        const log = original.openLog(activationId, options)
        return { collect: () => log.collect({ waitMs: 600_000 }) }
      },
    }),
  }),
  // What it cannot ask for is not there.
  'containers.factory-says-when-its-engine-is-away': backed(() => Promise.resolve([])),
}
