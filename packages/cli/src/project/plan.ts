import { createHash } from 'node:crypto'
import type { ApiEntity, Entity, EntityKind, JsonValue, Project } from './model.ts'
import { keyOf, projectOf, type ApiOperation, type Deployed, type Mark, type OnServer } from './server-state.ts'

/** Something that is not yet as the project wants it. */
export type Change =
  | { readonly what: 'add'; readonly entity: Entity }
  | { readonly what: 'change'; readonly entity: Entity; readonly why: string; readonly before: Deployed | undefined }
  | { readonly what: 'remove'; readonly deployed: Deployed }
  | { readonly what: 'remove-api'; readonly operation: ApiOperation }

export interface Plan {
  readonly project: Project
  /** In the order in which they are made. */
  readonly changes: readonly Change[]
  /** What the project has no more, last made first. */
  readonly removals: readonly Change[]
  readonly unchanged: number
}

/** What is between a project and a server. */
export function planOf(project: Project, server: OnServer): Plan {
  const changes: Change[] = []
  const wanted = new Set<string>()
  for (const entity of project.entities) {
    wanted.add(keyOf(entity.kind, entity.name))
    const change = entity.kind === 'api' ? apiChange(entity, server) : entityChange(entity, project, server)
    if (change) changes.push(change)
  }
  const unchanged = project.entities.length - changes.length
  return { project, changes, removals: removalsOf(project.name, server, wanted), unchanged }
}

/** Everything that a project has on a server, last made first. */
export function removalsOf(project: string, server: OnServer, wanted: ReadonlySet<string> = new Set()): Change[] {
  const mine = [...server.state.values()].filter((deployed) => projectOf(deployed) === project)
  const actions = new Set(
    mine.filter(({ kind }) => kind === 'action').map(({ name }) => `/${server.namespace}/${name}`),
  )
  const operations = (server.operations ?? []).filter(
    (operation) => actions.has(operation.action) && !wanted.has(keyOf('api', operationName(operation))),
  )
  const gone = mine.filter(({ kind, name }) => !wanted.has(keyOf(kind, name)))
  const rank = ({ kind, annotations }: Deployed): number =>
    kind === 'action' && annotations['exec'] === 'sequence' ? 2.5 : REMOVAL_ORDER.indexOf(kind)
  return [
    ...operations.map((operation): Change => ({ what: 'remove-api', operation })),
    ...gone.toSorted((a, b) => rank(a) - rank(b)).map((deployed): Change => ({ what: 'remove', deployed })),
  ]
}

const REMOVAL_ORDER: readonly EntityKind[] = ['api', 'rule', 'trigger', 'action', 'package']

export function operationName({ verb, basePath, path }: Pick<ApiOperation, 'verb' | 'basePath' | 'path'>): string {
  return `${verb.toUpperCase()} ${basePath === '/' ? '' : basePath}${path}`
}

function entityChange(entity: Entity, project: Project, { state }: OnServer): Change | undefined {
  const before = state.get(keyOf(entity.kind, entity.name))
  if (!before) return { what: 'add', entity }
  const { code, settings } = hashesOf(entity)
  const why = reasons(before, project.name, { code, settings })
  return why === '' ? undefined : { what: 'change', entity, before, why }
}

function reasons(before: Deployed, project: string, now: Pick<Mark, 'code' | 'settings'>): string {
  const owner = projectOf(before)
  if (owner === undefined) return 'was there already, of no project'
  if (owner !== project) return `was of the project ${owner}`
  if (!before.mark) return 'was changed by somebody else'
  return [before.mark.code === now.code ? '' : 'code', before.mark.settings === now.settings ? '' : 'settings']
    .filter((reason) => reason !== '')
    .join(', ')
}

function apiChange(entity: ApiEntity, { operations = [], namespace }: OnServer): Change | undefined {
  const { basePath, path, verb } = entity
  const before = operations.find((one) => one.basePath === basePath && one.path === path && one.verb === verb)
  if (!before) return { what: 'add', entity }
  const action = entity.action.replace(/^\/_\//, `/${namespace}/`)
  const same = before.action === action && before.responseType === entity.responseType
  return same ? undefined : { what: 'change', entity, before: undefined, why: `led to ${before.action}` }
}

/** Of the code, and of everything else that is sent. */
export function hashesOf(entity: Entity): Pick<Mark, 'code' | 'settings'> {
  const code = entity.kind === 'action' && 'code' in entity.exec ? (entity.exec.code ?? '') : ''
  const rest: Record<string, unknown> = { ...entity }
  delete rest['source']
  if (entity.kind === 'action') rest['exec'] = { ...entity.exec, code: undefined }
  return { code: hash(code), settings: hash(canonical(rest as JsonValue)) }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}

/** The same text for the same value, whatever the order of its members. */
function canonical(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one as JsonValue)}`).join()}}`
}
