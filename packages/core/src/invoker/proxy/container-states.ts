/**
 * The life of one container as a table. The table alone decides; `ContainerProxy` carries out the actions and turns
 * what comes of them into the next event.
 *
 *     creating-stem ─► stem ─┐                  ┌──────────────► suspending ─► suspended
 *                            ▼                  │ grace-over        │ assign        │ assign
 *     creating ───────► initialising ─► busy ◄─► idle            recalled ──► resuming ─► busy
 *
 * From everywhere: `draining` (no new runs, those inside finish) and `removing`, then `gone`.
 */
export type ContainerState =
  /** Being made for a job. */
  | 'creating'
  /** Being made for nobody yet. */
  | 'creating-stem'
  /** Up, of no action yet. */
  | 'stem'
  | 'initialising'
  /** Initialised, at least one job inside. */
  | 'busy'
  /** Initialised, no job inside. */
  | 'idle'
  | 'suspending'
  /** Suspending, and a job came: it will be resumed at once. */
  | 'recalled'
  | 'suspended'
  | 'resuming'
  /** Takes no more jobs; goes when the last one inside has ended. */
  | 'draining'
  | 'removing'
  | 'gone'

export type ContainerEvent =
  | 'created'
  | 'create-failed'
  /** A job was given to it. */
  | 'assign'
  | 'initialised'
  | 'init-failed'
  /** A run left the container unusable. */
  | 'damage'
  /** The last job inside ended. */
  | 'drained'
  | 'grace-over'
  | 'suspended'
  | 'suspend-failed'
  | 'resumed'
  | 'resume-failed'
  /** Idle for too long. */
  | 'expire'
  /** The pool wants it gone once its jobs have ended. */
  | 'retire'
  /** The pool wants it gone now. */
  | 'remove'
  /** The container ended by itself. */
  | 'exited'
  | 'destroyed'

export type ContainerAction =
  /** Let the first waiting job initialise the container and run. */
  | 'initialise'
  /** Let every waiting job run. */
  | 'run-waiting'
  /** Give the waiting jobs back to the pool. */
  | 'release-waiting'
  /** End the first waiting job with the error of the start and give the others back. */
  | 'fail-waiting'
  /** Tell the pool of a stem cell. */
  | 'offer-stem'
  /** Tell the pool that there is nobody inside. */
  | 'offer-idle'
  /** Tell the pool that it is taken out of use for now, but can be resumed. */
  | 'park'
  /** Tell the pool never to use it again. */
  | 'withdraw'
  | 'arm-grace'
  | 'arm-expiry'
  | 'cancel-timer'
  | 'suspend'
  | 'resume'
  | 'abort-create'
  | 'destroy'
  /** Tell the pool that it is gone. */
  | 'forget'

export interface Transition {
  readonly to: ContainerState
  readonly actions: readonly ContainerAction[]
}

const go = (to: ContainerState, ...actions: readonly ContainerAction[]): Transition => ({ to, actions })

const leaveIdle = go('removing', 'cancel-timer', 'withdraw', 'destroy')
const leaveWaiting = go('removing', 'withdraw', 'release-waiting', 'destroy')
const leaveAtOnce = go('removing', 'withdraw', 'destroy')
const drain = go('draining', 'withdraw')
const stayRemoving = go('removing')
const stayGone = go('gone')

/** Pairs that are not listed cannot happen. */
const TABLE: Readonly<Record<ContainerState, Readonly<Partial<Record<ContainerEvent, Transition>>>>> = {
  creating: {
    created: go('initialising', 'initialise'),
    'create-failed': go('gone', 'withdraw', 'fail-waiting', 'forget'),
    assign: go('creating'),
    remove: go('removing', 'withdraw', 'release-waiting', 'abort-create'),
  },
  'creating-stem': {
    created: go('stem', 'offer-stem'),
    'create-failed': go('gone', 'withdraw', 'forget'),
    remove: go('removing', 'withdraw', 'abort-create'),
  },
  stem: {
    assign: go('initialising', 'initialise'),
    remove: leaveAtOnce,
    exited: leaveAtOnce,
  },
  initialising: {
    assign: go('initialising'),
    initialised: go('busy', 'run-waiting'),
    'init-failed': leaveWaiting,
    remove: leaveWaiting,
    // The pending call fails and says so.
    exited: go('initialising'),
  },
  busy: {
    assign: go('busy', 'run-waiting'),
    damage: drain,
    drained: go('idle', 'arm-grace', 'offer-idle'),
    retire: drain,
    remove: leaveAtOnce,
    exited: drain,
  },
  idle: {
    assign: go('busy', 'cancel-timer', 'run-waiting'),
    'grace-over': go('suspending', 'park', 'suspend'),
    expire: leaveIdle,
    retire: leaveIdle,
    remove: leaveIdle,
    exited: leaveIdle,
  },
  suspending: {
    assign: go('recalled'),
    suspended: go('suspended', 'arm-expiry'),
    'suspend-failed': leaveAtOnce,
    remove: leaveAtOnce,
    exited: leaveAtOnce,
  },
  recalled: {
    assign: go('recalled'),
    suspended: go('resuming', 'resume'),
    'suspend-failed': leaveWaiting,
    remove: leaveWaiting,
    exited: leaveWaiting,
  },
  suspended: {
    assign: go('resuming', 'cancel-timer', 'resume'),
    expire: leaveIdle,
    remove: leaveIdle,
    exited: leaveIdle,
  },
  resuming: {
    assign: go('resuming'),
    resumed: go('busy', 'run-waiting'),
    'resume-failed': leaveWaiting,
    remove: leaveWaiting,
    exited: leaveWaiting,
  },
  draining: {
    damage: go('draining'),
    drained: go('removing', 'destroy'),
    retire: go('draining'),
    remove: go('removing', 'destroy'),
    exited: go('draining'),
  },
  removing: {
    // The start could not be stopped any more.
    created: go('removing', 'destroy'),
    'create-failed': go('gone', 'forget'),
    initialised: stayRemoving,
    'init-failed': stayRemoving,
    damage: stayRemoving,
    drained: stayRemoving,
    suspended: stayRemoving,
    'suspend-failed': stayRemoving,
    resumed: stayRemoving,
    'resume-failed': stayRemoving,
    retire: stayRemoving,
    remove: stayRemoving,
    exited: stayRemoving,
    destroyed: go('gone', 'forget'),
  },
  gone: {
    initialised: stayGone,
    'init-failed': stayGone,
    damage: stayGone,
    drained: stayGone,
    suspended: stayGone,
    'suspend-failed': stayGone,
    resumed: stayGone,
    'resume-failed': stayGone,
    retire: stayGone,
    remove: stayGone,
    exited: stayGone,
  },
}

/** What `event` does to a container in `state`; undefined for a pair that cannot happen. */
export function transition(state: ContainerState, event: ContainerEvent): Transition | undefined {
  return TABLE[state][event]
}
