// What could be wrong with controllers and invokers, as changes of ours: the simulated cluster must break a promise with
// each of them (`npm run simulate -- --bites`). `find` is part of one line and in its file exactly once, and says the same
// in TypeScript as in what is made of it.

/**
 * @typedef {object} ClusterMutant
 * @property {string} name A word for the table.
 * @property {string} text What is wrong then.
 * @property {string} file
 * @property {string} find
 * @property {string} replace
 * @property {number} seeds It is found within so many …
 * @property {number} [first] … from this one on, where it is rare; default 1.
 */

const CONTROLLER = 'packages/core/src/controller'
const INVOKER = 'packages/core/src/invoker'
const ACTIVATOR = `${CONTROLLER}/invoke/placing-activator.ts`

/** @type {readonly ClusterMutant[]} */
export const CLUSTER_MUTANTS = [
  {
    name: 'slot-not-released',
    text: 'A controller forgets to release the slot of an activation that ended.',
    file: ACTIVATOR,
    find: 'this.cluster.release(entry.invoker, entry.placement)',
    replace: 'void 0',
    seeds: 10,
  },
  {
    name: 'place-not-left',
    text: 'A controller does not give the place in the namespace’s limit back.',
    file: ACTIVATOR,
    find: 'entry.request.onSettled?.()',
    replace: '',
    seeds: 10,
  },
  {
    name: 'id-before-provisional',
    text: 'A client is told an id that neither a queue nor a store has.',
    file: ACTIVATOR,
    find: 'if (entry.published && queue.capabilities.durable)',
    replace: 'if (true)',
    seeds: 30,
    first: 9,
  },
  {
    name: 'acknowledged-before-record',
    text: 'An invoker acknowledges its message before the record is stored.',
    file: `${INVOKER}/activation-job.ts`,
    find: 'recorder.settleTogether(this.#message, record, logs, this.#settled)',
    replace: 'recorder.settleTogether(this.#message, record, logs, () => 0); this.#settled(Promise.resolve())',
    seeds: 30,
    first: 3,
  },
  {
    name: 'takeover-without-fencing',
    text: 'A takeover sends on what the invoker may have started.',
    file: `${CONTROLLER}/cluster/takeover.ts`,
    find: 'if (found && (attempt === 1 || found.repeatable)) {',
    replace: 'if (found) {',
    seeds: 30,
    first: 39,
  },
  {
    name: 'second-delivery-runs',
    text: 'An invoker runs what was delivered before.',
    file: `${INVOKER}/activation-consumer.ts`,
    find: "if (delivery.attempt > 1 && (typeof action === 'string' || !action.repeatable))",
    replace: 'if (delivery.attempt > 1000)',
    seeds: 30,
  },
  {
    name: 'lost-answer-runs-again',
    text: 'A run whose connection broke counts as not started, and gets another container.',
    file: `${INVOKER}/parts/call-end.ts`,
    find: "return end.kind === 'not-reached' ||",
    replace: "return end.kind === 'not-reached' || end.kind === 'lost' ||",
    seeds: 10,
  },
  {
    name: 'memory-never-free',
    text: 'The memory of a container that is gone stays booked.',
    file: `${INVOKER}/pool/resource-ledger.ts`,
    find: 'this.#used = minus(this.#used, need)',
    replace: '',
    seeds: 10,
  },
  {
    name: 'memory-not-counted',
    text: 'A pool takes memory that is in use for free.',
    file: `${INVOKER}/pool/resource-ledger.ts`,
    find: 'return covers(minus(this.capacity, this.#used), need)',
    replace: 'return covers(this.capacity, need)',
    seeds: 10,
  },
  {
    name: 'one-run-too-many',
    text: 'A container gets one run more than it may have.',
    file: `${INVOKER}/proxy/container-proxy.ts`,
    find: 'return this.#running >= this.maxConcurrent',
    replace: 'return this.#running > this.maxConcurrent',
    seeds: 10,
  },
  {
    name: 'damaged-container-kept',
    text: 'A container whose run never ended gets the next one.',
    file: `${INVOKER}/activation-job.ts`,
    find: "return call === 'timeout' ? 'stuck' : 'damaged'",
    replace: "return 'kept'",
    seeds: 10,
  },
  {
    name: 'containers-shared',
    text: 'Containers of one action are given to another of the namespace.',
    file: `${INVOKER}/activation-job.ts`,
    find: 'this.key = key',
    replace: 'this.key = this.namespace + limits.memory',
    seeds: 10,
  },
  {
    name: 'nothing-reaped',
    text: 'An invoker leaves the containers of its former life where they are.',
    file: `${INVOKER}/create-invoker.ts`,
    find: 'await containers.reap({ platform, invoker: topic })',
    replace: '',
    seeds: 30,
    first: 14,
  },
  {
    name: 'orphans-forgotten',
    text: 'Provisional records of a controller that is gone for good stay provisional.',
    file: `${CONTROLLER}/cluster/orphan-recovery.ts`,
    find: 'if (controller !== undefined && !mayLive(controller))',
    replace: 'if (false)',
    seeds: 30,
    first: 14,
  },
  {
    name: 'shared-slot-kept',
    text: 'The slot of an activation that shares a container is never free again.',
    file: `${CONTROLLER}/cluster/invoker-slots.ts`,
    find: 'shared.running--',
    replace: '',
    seeds: 10,
  },
  {
    name: 'share-only-grows',
    text: 'The share of an invoker’s memory grows by all of it when the number of controllers changes.',
    file: `${CONTROLLER}/cluster/cluster-state.ts`,
    find: 'this.slots.grow(shareMb - this.#shareMb)',
    replace: 'this.slots.grow(shareMb)',
    seeds: 10,
  },
  {
    name: 'takeover-without-record',
    text: 'A takeover ends an activation and leaves no record.',
    file: `${CONTROLLER}/cluster/takeover.ts`,
    find: 'if (isStored(message, 3, STORE_ALL)) {',
    replace: 'if (false) {',
    seeds: 30,
    first: 44,
  },
  {
    name: 'interrupted-without-record',
    text: 'What was interrupted by a crash of its invoker is dropped without a record.',
    file: `${INVOKER}/activation-consumer.ts`,
    find: 'return recorder.settleIfOpen(message, record)',
    replace: 'return Promise.resolve()',
    seeds: 30,
  },
  {
    name: 'place-left-early',
    text: 'A controller gives the place in the namespace’s limit back when the activation begins.',
    file: ACTIVATOR,
    find: 'this.cluster.take(placement.invoker, entry.placement)',
    replace: 'entry.request.onSettled?.(); this.cluster.take(placement.invoker, entry.placement)',
    seeds: 10,
  },
  {
    name: 'place-left-on-error',
    text: 'A place is given back when the caller is told an error, though the activation goes on.',
    file: `${CONTROLLER}/invoke/invoke-resolved.ts`,
    find: '!(error instanceof ActivationGoesOn)',
    replace: 'true',
    seeds: 30,
    first: 50,
  },
  {
    name: 'instances-not-counted',
    text: 'A pool starts containers of an action beyond those that it may have.',
    file: `${INVOKER}/pool/container-pool.ts`,
    find: 'return this.#limits.reached(job, this.#room.countOf(job.key))',
    replace: 'return false',
    seeds: 30,
  },
  {
    name: 'place-left-on-result',
    text: 'A web action whose result is an error gives its place back before its activation has ended.',
    file: `${CONTROLLER}/web/web-actions.ts`,
    find: 'return invokeResolved(this.#services, request)',
    replace:
      'return invokeResolved(this.#services, request).then((outcome) => (outcomeAnswer(outcome, wishOf(call, path)), outcome))',
    seeds: 30,
  },
  {
    name: 'limits-for-ever',
    text: 'A controller goes by the limits of a namespace that it has read once, whatever is changed.',
    file: 'packages/core/src/auth/store-auth.ts',
    find: 'return this.#clock.monotonic() < untilMs',
    replace: 'return true',
    seeds: 10,
  },
  {
    name: 'step-not-listed',
    text: 'A sequence forgets a step that it has begun.',
    file: `${CONTROLLER}/invoke/composing-activator.ts`,
    find: 'within.stepIds.push(outcome.activationId)',
    replace: 'if (within.stepIds.length < 2) within.stepIds.push(outcome.activationId)',
    seeds: 10,
  },
  {
    name: 'duration-by-wall-clock',
    text: 'The time of a run is taken from the wall clock, which jumps.',
    file: `${INVOKER}/proxy/run-in-container.ts`,
    find: 'return this.#clock.monotonic() - this.#began',
    replace: 'return this.#clock.now() - (this.#deadline - this.limitMs)',
    seeds: 30,
    first: 15,
  },
  {
    name: 'gone-without-answer',
    text: 'An activation whose action was deleted meanwhile is dropped without a record.',
    file: `${INVOKER}/activation-consumer.ts`,
    find: 'return taken.settled(recorder.settle(message, record))',
    replace: 'return taken.settled(undefined)',
    seeds: 10,
  },
]

/** Within how many seeds, from seed 1 on, each fault that OpenWhisk had is found (packages/simulator/src/faults/history.ts). */
export const HISTORY_SEEDS = {
  'taken-is-done': 10,
  'record-behind-the-answer': 10,
  'again-as-if-first': 30,
  'dead-but-resumed': 40,
  'lost-start': 10,
  'free-before-gone': 10,
}
