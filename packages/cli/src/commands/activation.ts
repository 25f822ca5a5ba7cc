import { CommandEnd, pause } from '../context.ts'
import { ActivationFeed } from '../dev/activation-feed.ts'
import { activationLines } from '../dev/activation-lines.ts'
import { annotationOf, type ActivationRecord } from '../server/activation.ts'
import { splitName } from '../server/api.ts'
import type { ListFlags } from './action.ts'
import { checkArguments, fieldOf, usage, type Session, type SessionFlags } from './session.ts'

export interface ActivationListFlags extends ListFlags {
  readonly full?: boolean
  readonly since?: number
  readonly upto?: number
}

const STATUSES = ['success', 'application error', 'developer error', 'internal error'] as const
const FIELDS = [
  'namespace',
  'name',
  'version',
  'subject',
  'activationId',
  'start',
  'end',
  'duration',
  'statusCode',
  'response',
  'logs',
  'annotations',
  'publish',
  'cause',
]

export async function listActivations(
  session: Session,
  args: readonly string[],
  flags: ActivationListFlags,
): Promise<void> {
  checkArguments(args, 0, 1, 'An optional namespace is the only valid argument.')
  const { skip = 0, limit = 30, full, since, upto } = flags
  const { namespace, path } = scopeOf(args[0])
  const qs = {
    skip,
    limit,
    ...(path !== '' && { name: decodeURIComponent(path) }),
    ...(full === true && { docs: true }),
    ...(since !== undefined && { since }),
    ...(upto !== undefined && { upto }),
  }
  const what = `Unable to obtain the list of activations for namespace '${decodeURIComponent(namespace)}'`
  const found = await session.attempt(what, () =>
    session.api.request<ActivationRecord[]>('GET', `namespaces/${namespace}/activations`, { qs }),
  )
  if (full === true) session.show(found)
  else await session.list(found, table(found))
}

/** A name that begins with a slash and has no other is a namespace. */
function scopeOf(name: string | undefined): { readonly namespace: string; readonly path: string } {
  return name === undefined ? { namespace: '_', path: '' } : splitName(name)
}

/** Columns as wide as what is in them. */
function table(records: readonly ActivationRecord[]): string[] {
  const kinds = records.map((record) => {
    const kind = annotationOf(record, 'kind')
    return typeof kind === 'string' ? kind : 'unknown'
  })
  const statuses = records.map(({ statusCode = 0 }) => STATUSES[statusCode] ?? 'internal error')
  const kindWidth = Math.max('Kind'.length, ...kinds.map(({ length }) => length))
  const statusWidth = Math.max('success'.length, ...statuses.map(({ length }) => length))
  const line = (...[time, id, kind, start, duration, status, entity]: string[]): string =>
    [
      time!.padEnd(19),
      id!.padEnd(32),
      kind!.padEnd(kindWidth),
      start!.padEnd(5),
      duration!.padEnd(10),
      status!.padEnd(statusWidth),
      entity!,
    ].join(' ')
  return [
    line('Datetime', 'Activation ID', 'Kind', 'Start', 'Duration', 'Status', 'Entity'),
    ...records.map((record, index) =>
      line(
        dateTime(record.start),
        record.activationId,
        kinds[index]!,
        annotationOf(record, 'initTime') === undefined ? 'warm' : 'cold',
        goDuration(record.duration ?? 0),
        statuses[index]!,
        entityOf(record),
      ),
    ),
  ]
}

function entityOf(record: ActivationRecord): string {
  const path = annotationOf(record, 'path')
  const name = typeof path === 'string' ? path : `${record.namespace}/${record.name}`
  return `${name}:${record.version}`
}

function dateTime(ms: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** As Go writes it: `12ms`, `1.5s`, `2m3s`. */
export function goDuration(ms: number): string {
  if (ms <= 0) return '0s'
  if (ms < 1000) return `${ms}ms`
  const seconds = (ms % 60_000) / 1000
  const minutes = Math.floor(ms / 60_000)
  if (minutes === 0) return `${seconds}s`
  return minutes < 60 ? `${minutes}m${seconds}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`
}

export interface LastFlags extends SessionFlags {
  readonly last?: boolean
  readonly summary?: boolean
  readonly logs?: boolean
  readonly strip?: boolean
}

export async function getActivation(session: Session, given: readonly string[], flags: LastFlags): Promise<void> {
  const args = await withLast(session, given, flags, 'Unable to get activation')
  checkArguments(args, 1, 2, 'An activation ID is required.')
  const [id = '', field] = args
  if (field !== undefined && !FIELDS.includes(field)) {
    throw new CommandEnd(1, `Invalid field filter '${field}'.`)
  }
  const record = await session.attempt(`Unable to get activation '${id}'`, () =>
    session.api.entity<ActivationRecord>('GET', 'activations', id),
  )
  if (flags.summary === true) {
    const { namespace, name, response, end = record.start } = record
    session.line(`activation result for '/${namespace}/${name}' (${response?.status ?? ''} at ${dateTime(end)})`)
    session.show(response?.result ?? null)
  } else if (flags.logs === true) for (const log of record.logs ?? []) session.line(stripped(log))
  else if (field !== undefined) {
    if (!session.json) session.ok(`got activation ${session.bold(id)}, displaying field ${session.bold(field)}`)
    session.show(fieldOf(record, field, FIELDS))
  } else {
    if (!session.json) session.ok(`got activation ${session.bold(id)}`)
    session.show(record)
  }
}

export async function activationLogs(session: Session, given: readonly string[], flags: LastFlags): Promise<void> {
  const args = await withLast(session, given, flags, 'Unable to get logs for activation')
  checkArguments(args, 1, 1, 'An activation ID is required.')
  const [id = ''] = args
  const { logs } = await session.attempt(`Unable to get logs for activation '${id}'`, () =>
    session.api.entity<{ readonly logs: readonly string[] }>('GET', 'activations', `${id}/logs`),
  )
  if (session.json) session.show(logs)
  else for (const log of logs) session.line(flags.strip === true ? stripped(log) : log)
}

export async function activationResult(session: Session, given: readonly string[], flags: LastFlags): Promise<void> {
  const args = await withLast(session, given, flags, 'Unable to get result for activation')
  checkArguments(args, 1, 1, 'An activation ID is required.')
  const [id = ''] = args
  const { result } = await session.attempt(`Unable to get result for activation '${id}'`, () =>
    session.api.entity<{ readonly result: unknown }>('GET', 'activations', `${id}/result`),
  )
  session.show(result ?? {})
}

/** The id of the newest activation before the other arguments. */
async function withLast(
  session: Session,
  args: readonly string[],
  { last }: LastFlags,
  what: string,
): Promise<readonly string[]> {
  if (last !== true) return args
  const [newest] = await session.attempt(what, () =>
    session.api.request<ActivationRecord[]>('GET', 'namespaces/_/activations', { qs: { limit: 1, skip: 0 } }),
  )
  if (!newest) throw new CommandEnd(1, `${what}: Activation list does not contain any activations.`)
  return [newest.activationId, ...args]
}

function stripped(log: string): string {
  return log.replace(/^\S+\s+(?:stdout|stderr): ?/, '')
}

export interface PollFlags extends SessionFlags {
  readonly exit?: number
  readonly sinceSeconds?: number
  readonly sinceMinutes?: number
  readonly sinceHours?: number
  readonly sinceDays?: number
}

const POLL_MS = 2_000

export async function pollActivations(session: Session, args: readonly string[], flags: PollFlags): Promise<void> {
  checkArguments(args, 0, 1, 'An optional namespace is the only valid argument.')
  const { sinceSeconds = 0, sinceMinutes = 0, sinceHours = 0, sinceDays = 0, exit = 0 } = flags
  const { clock, signal } = session.context
  const began = clock.monotonic()
  const back = (((sinceDays * 24 + sinceHours) * 60 + sinceMinutes) * 60 + sinceSeconds) * 1000
  session.line('Enter Ctrl-c to exit.')
  session.line('Polling for activation logs')
  const feed = new ActivationFeed(session.api, clock.now() - back, args[0])
  while (!signal.aborted) {
    const records = await session.attempt('Unable to poll for activations', () => feed.next())
    for (const { name, activationId, logs = [] } of records) {
      session.line(`\nActivation: '${name}' (${activationId})`)
      session.show(logs)
    }
    const left = exit === 0 ? POLL_MS : exit * 1000 - (clock.monotonic() - began)
    if (left <= 0) return
    await pause(Math.min(left, POLL_MS), session.context)
  }
  session.line('Poll terminated')
  throw new CommandEnd(1)
}

export interface LogsFlags extends SessionFlags {
  readonly follow?: boolean
  readonly limit?: number
}

const FOLLOW_MS = 250

/** What ran last, and with `follow` what runs from now on. */
export async function showLogs(session: Session, args: readonly string[], flags: LogsFlags): Promise<void> {
  checkArguments(args, 0, 1, 'An optional action name is the only valid argument.')
  const [name] = args
  const { signal, clock } = session.context
  const { follow = false, limit = follow ? 0 : 1 } = flags
  if (limit < 0 || limit > 200) throw usage('--limit takes 0 to 200')
  const from = clock.now()
  if (limit > 0) {
    const qs = { docs: true, limit, ...(name !== undefined && { name }) }
    const last = await session.attempt('Unable to obtain the list of activations', () =>
      session.api.request<ActivationRecord[]>('GET', 'namespaces/_/activations', { qs }),
    )
    show(session, last.toReversed())
    if (last.length === 0 && !follow) throw new CommandEnd(1, 'nothing has run yet')
  }
  const feed = new ActivationFeed(session.api, from, name)
  while (follow && !signal.aborted) {
    show(session, await session.attempt('Unable to follow activations', () => feed.next()))
    await pause(FOLLOW_MS, session.context)
  }
}

function show(session: Session, records: readonly ActivationRecord[]): void {
  for (const record of records) {
    if (session.json) session.line(JSON.stringify(record))
    else for (const line of activationLines(record, session.style)) session.line(line)
  }
}
