import { describe, expect, it } from 'vitest'
import { transition, type ContainerEvent, type ContainerState } from '../../../src/invoker/proxy/container-states.ts'

const EVENTS: readonly ContainerEvent[] = [
  'created',
  'create-failed',
  'assign',
  'initialised',
  'init-failed',
  'damage',
  'drained',
  'grace-over',
  'suspended',
  'suspend-failed',
  'resumed',
  'resume-failed',
  'expire',
  'retire',
  'remove',
  'exited',
  'destroyed',
]

/** For each state, in the order of EVENTS: the next state and its actions, or `-` for what cannot happen. */
const EXPECTED: Readonly<Record<ContainerState, string>> = {
  creating: `
    initialising initialise
    gone withdraw fail-waiting forget
    creating
    - - - - - - - - - - -
    removing withdraw release-waiting abort-create
    - -`,
  'creating-stem': `
    stem offer-stem
    gone withdraw forget
    - - - - - - - - - - - -
    removing withdraw abort-create
    - -`,
  stem: `
    - -
    initialising initialise
    - - - - - - - - - - -
    removing withdraw destroy
    removing withdraw destroy
    -`,
  initialising: `
    - -
    initialising
    busy run-waiting
    removing withdraw release-waiting destroy
    - - - - - - - - -
    removing withdraw release-waiting destroy
    initialising
    -`,
  busy: `
    - -
    busy run-waiting
    - -
    draining withdraw
    idle arm-grace offer-idle
    - - - - - -
    draining withdraw
    removing withdraw destroy
    draining withdraw
    -`,
  idle: `
    - -
    busy cancel-timer run-waiting
    - - - -
    suspending park suspend
    - - - -
    removing cancel-timer withdraw destroy
    removing cancel-timer withdraw destroy
    removing cancel-timer withdraw destroy
    removing cancel-timer withdraw destroy
    -`,
  suspending: `
    - -
    recalled
    - - - - -
    suspended arm-expiry
    removing withdraw destroy
    - - - -
    removing withdraw destroy
    removing withdraw destroy
    -`,
  recalled: `
    - -
    recalled
    - - - - -
    resuming resume
    removing withdraw release-waiting destroy
    - - - -
    removing withdraw release-waiting destroy
    removing withdraw release-waiting destroy
    -`,
  suspended: `
    - -
    resuming cancel-timer resume
    - - - - - - - - -
    removing cancel-timer withdraw destroy
    -
    removing cancel-timer withdraw destroy
    removing cancel-timer withdraw destroy
    -`,
  resuming: `
    - -
    resuming
    - - - - - - -
    busy run-waiting
    removing withdraw release-waiting destroy
    - -
    removing withdraw release-waiting destroy
    removing withdraw release-waiting destroy
    -`,
  draining: `
    - - - - -
    draining
    removing destroy
    - - - - - -
    draining
    removing destroy
    draining
    -`,
  removing: `
    removing destroy
    gone forget
    -
    removing
    removing
    removing
    removing
    -
    removing
    removing
    removing
    removing
    -
    removing
    removing
    removing
    gone forget`,
  gone: `
    - - -
    gone
    gone
    gone
    gone
    -
    gone
    gone
    gone
    gone
    -
    gone
    gone
    gone
    -`,
}

function cells(table: string): string[] {
  return table
    .trim()
    .split('\n')
    .flatMap((line) => (line.trim().startsWith('-') ? line.trim().split(' ') : [line.trim()]))
}

describe.each(Object.entries(EXPECTED))('a container that is %s', (name, table) => {
  const state = name as ContainerState
  const expected = cells(table)

  it.each(EVENTS.map((event, index) => [event, expected[index]]))('on %s goes: %s', (event, outcome) => {
    const next = transition(state, event as ContainerEvent)
    expect(next ? [next.to, ...next.actions].join(' ') : '-').toBe(outcome)
  })

  it('is described for every event', () => expect(expected).toHaveLength(EVENTS.length))
})

describe('the table as a whole', () => {
  const states = Object.keys(EXPECTED) as ContainerState[]
  const edges = states.flatMap((from) =>
    EVENTS.flatMap((event) => {
      const next = transition(from, event)
      return next ? [{ from, event, ...next }] : []
    }),
  )

  it('withdraws a container exactly when it stops being usable', () => {
    const leaving = new Set<ContainerState>(['draining', 'removing', 'gone'])
    for (const { from, to, actions } of edges) {
      expect(actions.includes('withdraw')).toBe(!leaving.has(from) && leaving.has(to))
    }
  })

  it('forgets a container exactly when it is gone', () => {
    for (const { from, to, actions } of edges) expect(actions.includes('forget')).toBe(from !== 'gone' && to === 'gone')
  })

  it('lets every state that is not the last be removed', () => {
    for (const state of states) expect(transition(state, 'remove'), state).toBeDefined()
  })

  it('gives waiting jobs back on every way out of a state in which jobs wait', () => {
    const waiting = new Set<ContainerState>(['creating', 'initialising', 'recalled', 'resuming'])
    for (const { from, to, actions } of edges) {
      if (!waiting.has(from) || waiting.has(to)) continue
      expect(
        actions.some((action) => action.endsWith('waiting')),
        `${from} to ${to}`,
      ).toBe(true)
    }
  })
})
