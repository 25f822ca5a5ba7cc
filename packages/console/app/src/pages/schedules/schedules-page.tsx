import { useEffect, useState } from 'preact/hooks'
import { ApiError, pathOf, type Api } from '../../api/api.ts'
import { annotation, localName, type Action, type Activation, type Trigger } from '../../api/entities.ts'
import { useSigned } from '../../parts/context.ts'
import { Failure } from '../../parts/failure.tsx'
import { hrefOf } from '../../parts/route.ts'
import { useAsync } from '../../parts/use-async.ts'

const FEEDS = '/whisk.system/alarms/'
/** Each schedule is asked for by an invocation, and those count against the limits of the namespace. */
const READ_AT_ONCE = 10

interface Entry {
  /** A trigger, or an action with the annotation `cron`. */
  readonly kind: 'trigger' | 'action'
  readonly name: string
  readonly feed: string
}

interface Described {
  readonly config: Readonly<Record<string, unknown>>
  readonly status: { readonly active: boolean; readonly dateChangedISO?: string; readonly reason?: unknown }
}

/** Whether `@stemcell/alarms` is there, and its schedules in this namespace. */
async function load(api: Api, signal: AbortSignal): Promise<readonly Entry[] | 'absent'> {
  try {
    await api.get('/api/v1/namespaces/whisk.system/packages/alarms', signal)
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return 'absent'
    throw error
  }
  const [triggers, actions] = await Promise.all([
    api.get<Trigger[]>('triggers?limit=200', signal),
    api.get<Action[]>('actions?limit=200', signal),
  ])
  return [
    ...triggers.flatMap((trigger): Entry[] => {
      const feed = annotation(trigger, 'feed')
      return typeof feed === 'string' && feed.startsWith(FEEDS)
        ? [{ kind: 'trigger', name: trigger.name, feed: feed.slice(FEEDS.length) }]
        : []
    }),
    ...actions.flatMap((action): Entry[] =>
      typeof annotation(action, 'cron') === 'string'
        ? [{ kind: 'action', name: localName(action), feed: 'alarm' }]
        : [],
    ),
  ]
}

async function tell(
  api: Api,
  { kind, name, feed }: Pick<Entry, 'kind' | 'name' | 'feed'>,
  event: string,
  more: object = {},
) {
  const named = kind === 'trigger' ? { triggerName: name } : { actionName: name }
  const { body } = await api.ask<Activation>(
    'POST',
    `/api/v1/namespaces/whisk.system/actions/alarms/${feed}?blocking=true`,
    { lifecycleEvent: event, ...named, ...more },
  )
  const { result, status } = body.response
  if (status === 'success') return result
  const error = typeof result === 'object' && result !== null && 'error' in result ? result.error : result
  throw new Error(typeof error === 'string' ? error : JSON.stringify(error))
}

export function SchedulesPage() {
  const { api, namespace } = useSigned()
  const list = useAsync(`schedules ${namespace}`, (signal) => load(api, signal))
  const [isNew, setNew] = useState(false)
  const entries = list.value
  return (
    <section class="page" aria-labelledby="schedules-title">
      <div class="pane-head">
        <h1 id="schedules-title">Schedules</h1>
        {entries !== 'absent' && (
          <button type="button" class="primary" aria-expanded={isNew} onClick={() => setNew(!isNew)}>
            New
          </button>
        )}
      </div>
      {list.error && <Failure error={list.error} onRetry={list.reload} />}
      {entries === 'absent' && <p class="muted">This server has no package of timers (@stemcell/alarms).</p>}
      {isNew && (
        <NewSchedule
          onCreated={() => {
            setNew(false)
            list.reload()
          }}
        />
      )}
      {entries !== undefined && entries !== 'absent' && (
        <>
          {entries.length === 0 && <p class="muted">No schedule yet.</p>}
          <ul class="cards">
            {entries.map((entry, index) => (
              <Schedule
                key={`${entry.kind} ${entry.name}`}
                entry={entry}
                isReadAtOnce={index < READ_AT_ONCE}
                onGone={list.reload}
              />
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

interface ScheduleProps {
  readonly entry: Entry
  readonly isReadAtOnce: boolean
  readonly onGone: () => void
}

function Schedule({ entry, isReadAtOnce, onGone }: ScheduleProps) {
  const { api } = useSigned()
  const [described, setDescribed] = useState<Described>()
  const [error, setError] = useState('')
  const { kind, name, feed } = entry

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setError('')
    try {
      await work()
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure))
    }
  }
  const read = (): Promise<void> => attempt(async () => setDescribed((await tell(api, entry, 'READ')) as Described))
  useEffect(() => {
    if (isReadAtOnce) void read()
  }, [isReadAtOnce, name, kind])

  const remove = (): Promise<void> =>
    attempt(async () => {
      if (!confirm(`Delete the schedule ${name}, its trigger and its rules?`)) return
      await tell(api, entry, 'DELETE')
      const trigger = await api.get<Trigger>(`triggers/${pathOf(name)}`)
      for (const rule of Object.keys(trigger.rules ?? {}))
        await api.ask('DELETE', `rules/${pathOf(rule.split('/').at(-1)!)}`)
      await api.ask('DELETE', `triggers/${pathOf(name)}`)
      onGone()
    })
  const switchTo = (event: 'PAUSE' | 'UNPAUSE'): Promise<void> =>
    attempt(async () => {
      await tell(api, entry, event)
      await read()
    })

  const isActive = described?.status.active
  return (
    <li class="card pad">
      <div class="row between">
        <h2 class="name">{name}</h2>
        {isActive !== undefined && (
          <span class={`status ${isActive ? 'ok' : 'off'}`}>{isActive ? 'active' : 'stopped'}</span>
        )}
      </div>
      <p class="muted facts">
        <span>{kind === 'trigger' ? `trigger, feed ${feed}` : 'action'}</span>
        {kind === 'action' && <a href={hrefOf('actions', name)}>code</a>}
      </p>
      {described && (
        <dl class="facts-list">
          {Object.entries(described.config)
            .filter(([key]) => key !== 'name' && key !== 'namespace')
            .map(([key, value]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd class="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          {described.status.reason !== undefined && (
            <div>
              <dt>reason</dt>
              <dd class="mono">{JSON.stringify(described.status.reason)}</dd>
            </div>
          )}
        </dl>
      )}
      <p class="error" role="alert">
        {error}
      </p>
      <div class="row">
        {!described && (
          <button type="button" class="quiet" onClick={() => void read()}>
            Look
          </button>
        )}
        {kind === 'trigger' && (
          <>
            {isActive === true && (
              <button type="button" class="quiet" onClick={() => void switchTo('PAUSE')}>
                Pause
              </button>
            )}
            {isActive === false && (
              <button type="button" class="quiet" onClick={() => void switchTo('UNPAUSE')}>
                Go on
              </button>
            )}
            <button type="button" class="quiet danger" onClick={() => void remove()}>
              Delete
            </button>
          </>
        )}
      </div>
    </li>
  )
}

const PLACEHOLDERS = { alarm: '*/5 * * * *', interval: '15', once: '2030-01-01T08:00:00Z' } as const
const LABELS = { alarm: 'Cron pattern', interval: 'Minutes', once: 'Date' } as const
const PARAMETERS = { alarm: 'cron', interval: 'minutes', once: 'date' } as const

function NewSchedule({ onCreated }: { readonly onCreated: () => void }) {
  const { api, namespace } = useSigned()
  const [name, setName] = useState('')
  const [action, setAction] = useState('')
  const [feed, setFeed] = useState<keyof typeof LABELS>('alarm')
  const [when, setWhen] = useState('')
  const [error, setError] = useState('')

  const create = async (event: Event): Promise<void> => {
    event.preventDefault()
    setError('')
    const trigger = name.trim()
    let isMade = false
    try {
      await api.get(`actions/${pathOf(action.trim())}`)
      await api.ask('PUT', `triggers/${pathOf(trigger)}`, { annotations: [{ key: 'feed', value: `${FEEDS}${feed}` }] })
      isMade = true
      const value = feed === 'interval' ? Number(when) : when.trim()
      await tell(api, { kind: 'trigger', name: trigger, feed }, 'CREATE', {
        [PARAMETERS[feed]]: value,
        authKey: api.key,
      })
      await api.ask('PUT', `rules/${pathOf(`${trigger}-rule`)}`, {
        trigger: `/${namespace}/${trigger}`,
        action: `/${namespace}/${action.trim()}`,
      })
      onCreated()
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure))
      // A trigger that nothing fires is in nobody's interest.
      if (isMade) await api.ask('DELETE', `triggers/${pathOf(trigger)}`).catch(() => undefined)
    }
  }

  return (
    <form class="card form pad" onSubmit={(event) => void create(event)}>
      <div class="grid">
        <label>
          Name of the trigger
          <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label>
          Action
          <input required value={action} onInput={(event) => setAction(event.currentTarget.value)} />
        </label>
        <label>
          Kind
          <select value={feed} onChange={(event) => setFeed(event.currentTarget.value as keyof typeof LABELS)}>
            <option value="alarm">cron</option>
            <option value="interval">every so many minutes</option>
            <option value="once">once</option>
          </select>
        </label>
        <label>
          {LABELS[feed]}
          <input
            required
            placeholder={PLACEHOLDERS[feed]}
            value={when}
            onInput={(event) => setWhen(event.currentTarget.value)}
          />
        </label>
      </div>
      <p class="error" role="alert">
        {error}
      </p>
      <button type="submit" class="primary">
        Create
      </button>
    </form>
  )
}
