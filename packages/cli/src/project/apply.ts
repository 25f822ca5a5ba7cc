import type { Api } from '../server/api.ts'
import { ApiError } from '../server/api.ts'
import { createApi } from '../server/create-api.ts'
import {
  qualified,
  type ActionEntity,
  type Entity,
  type JsonValue,
  type Limits,
  type TriggerEntity,
  type Values,
} from './model.ts'
import { hashesOf, operationName, type Change, type Plan } from './plan.ts'
import { keyOf, MARK, type Deployed, type Mark, type OnServer } from './server-state.ts'

/** One change failed; those before it are done. */
export class ChangeFailed extends Error {
  override readonly name = 'ChangeFailed'
  readonly change: Change
  override readonly cause: unknown

  constructor(change: Change, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause))
    this.change = change
    this.cause = cause
  }
}

export interface ApplyOptions {
  readonly api: Api
  readonly server: OnServer
  /** No further change is begun after it. */
  readonly signal?: AbortSignal
  readonly began?: (change: Change, index: number) => void
  readonly done?: (change: Change, index: number) => void
}

/**
 * Makes the changes one after the other, and notes them in `server`. Resolves with how many were made: fewer than all
 * when the signal came.
 * @throws ChangeFailed
 */
export async function applyChanges(plan: Plan, changes: readonly Change[], options: ApplyOptions): Promise<number> {
  let count = 0
  for (const [index, change] of changes.entries()) {
    if (options.signal?.aborted) break
    options.began?.(change, index)
    try {
      await make(change, plan.project.name, options)
    } catch (error) {
      throw new ChangeFailed(change, error)
    }
    options.done?.(change, index)
    count++
  }
  return count
}

async function make(change: Change, project: string, options: ApplyOptions): Promise<void> {
  const { api, server } = options
  switch (change.what) {
    case 'remove':
      await remove(change.deployed, api)
      server.state.delete(keyOf(change.deployed.kind, change.deployed.name))
      return
    case 'remove-api': {
      const { basePath, path, verb } = change.operation
      await api.gateway('DELETE', 'deleteApi', { qs: { basepath: basePath, relpath: path, operation: verb } })
      return
    }
    case 'add':
    case 'change':
      await put(change.entity, project, options)
  }
}

async function put(entity: Entity, project: string, { api, server }: ApplyOptions): Promise<void> {
  if (entity.kind === 'api') {
    await createApi(api, entity)
    return
  }
  const before = server.state.get(keyOf(entity.kind, entity.name))
  const version = before === undefined ? '0.0.1' : next(before.version)
  const limits = entity.kind === 'action' ? (Object.keys(entity.limits) as (keyof Limits)[]) : []
  const mark: Mark = { project, ...hashesOf(entity), version, ...(limits.length > 0 && { limits }) }
  const annotations = { ...entity.annotations, [MARK]: mark as unknown as JsonValue }
  await SENDERS[entity.kind](entity as never, { api, annotations, version, before })
  server.state.set(keyOf(entity.kind, entity.name), {
    kind: entity.kind,
    name: entity.name,
    version,
    mark,
    annotations: {
      ...annotations,
      ...(entity.kind === 'action' && { exec: entity.exec.kind }),
      ...(entity.kind === 'trigger' && entity.feed && { feed: entity.feed.action }),
    },
  })
}

interface Sending {
  readonly api: Api
  readonly annotations: Values
  readonly version: string
  readonly before: Deployed | undefined
}

const OVERWRITE = { overwrite: true } as const

const SENDERS = {
  package: async (entity: Entity & { kind: 'package' }, { api, annotations, version }: Sending): Promise<void> => {
    const { name, parameters, shared, binding } = entity
    const body = {
      parameters: pairs(parameters),
      annotations: pairs(annotations),
      publish: shared,
      version,
      ...(binding && { binding }),
    }
    await api.entity('PUT', 'packages', name, { qs: OVERWRITE, body })
  },
  action: async (entity: ActionEntity, { api, annotations, version, before }: Sending): Promise<void> => {
    const { name, exec, parameters, limits } = entity
    // The server keeps annotations that an update does not name.
    const gone = Object.keys(before?.annotations ?? {}).filter(
      (key) => !(key in annotations) && key !== 'exec' && key !== 'provide-api-key',
    )
    const body = {
      exec,
      parameters: pairs(parameters),
      annotations: pairs(annotations),
      version,
      limits: { ...limitsGone(before, limits), ...limits },
      ...(gone.length > 0 && { delAnnotations: gone }),
    }
    await api.entity('PUT', 'actions', name, { qs: OVERWRITE, body })
  },
  trigger: async (entity: TriggerEntity, sending: Sending): Promise<void> => {
    const { api, annotations, version, before } = sending
    const { name, parameters, feed } = entity
    if (before !== undefined) await tellFeed(api, before, 'DELETE')
    const all = feed === undefined ? annotations : { ...annotations, feed: feed.action }
    const body = { parameters: pairs(parameters), annotations: pairs(all), version }
    await api.entity('PUT', 'triggers', name, { qs: OVERWRITE, body })
    if (feed === undefined) return
    try {
      await invokeFeed(api, feed.action, name, 'CREATE', feed.parameters)
    } catch (error) {
      await api.entity('DELETE', 'triggers', name)
      throw error
    }
  },
  rule: async (entity: Entity & { kind: 'rule' }, { api, annotations, version }: Sending): Promise<void> => {
    const { name, trigger, action } = entity
    const body = { trigger, action, annotations: pairs(annotations), version }
    await api.entity('PUT', 'rules', name, { qs: OVERWRITE, body })
  },
}

/** OpenWhisk's. An update that does not name a limit keeps that of before. */
const USUAL_LIMITS: Required<Limits> = { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 }

/** Limits that the project set once and does not set any more. */
function limitsGone(before: Deployed | undefined, limits: Limits): Limits {
  const set = (before?.mark?.limits ?? []).filter((name) => limits[name] === undefined)
  return Object.fromEntries(set.map((name) => [name, USUAL_LIMITS[name]]))
}

async function remove(deployed: Deployed, api: Api): Promise<void> {
  const { kind, name } = deployed
  if (kind === 'trigger') await tellFeed(api, deployed, 'DELETE')
  try {
    await api.entity('DELETE', `${kind}s`, name)
  } catch (error) {
    // Somebody was faster.
    if (!(error instanceof ApiError && error.status === 404)) throw error
  }
}

/** Of what made a trigger fire so far; one that does not know it any more is no hindrance. */
async function tellFeed(api: Api, { name, annotations }: Deployed, event: 'DELETE'): Promise<void> {
  const { feed } = annotations
  if (typeof feed !== 'string') return
  try {
    await invokeFeed(api, feed, name, event, {})
  } catch (error) {
    if (!(error instanceof ApiError && error.status !== undefined)) throw error
  }
}

/** @throws ApiError */
export async function invokeFeed(
  api: Api,
  feed: string,
  trigger: string,
  lifecycleEvent: 'CREATE' | 'READ' | 'UPDATE' | 'DELETE',
  parameters: Values,
): Promise<unknown> {
  const { namespace, path } = { namespace: '_', path: trigger }
  return api.entity('POST', 'actions', qualified(feed), {
    qs: { blocking: true, result: false },
    body: {
      ...parameters,
      lifecycleEvent,
      triggerName: `/${namespace}/${path}`,
      authKey: api.connection.auth,
    },
  })
}

function pairs(values: Values): { key: string; value: JsonValue }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}

function next(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return `${major}.${minor}.${patch + 1}`
}

/** As a person would call it. */
export function changeName(change: Change): string {
  switch (change.what) {
    case 'remove':
      return `${change.deployed.kind} ${change.deployed.name}`
    case 'remove-api':
      return `api ${operationName(change.operation)}`
    case 'add':
    case 'change':
      return `${change.entity.kind} ${change.entity.name}`
  }
}
