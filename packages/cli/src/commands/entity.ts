import type { JsonValue } from '../project/model.ts'
import { checkArguments, usage, type Session } from './session.ts'

/** What commands get and delete in the same way. */
export type EntityKind = 'action' | 'package' | 'rule' | 'trigger'

const ARTICLES: Readonly<Record<EntityKind, string>> = { action: 'An', package: 'A', rule: 'A', trigger: 'A' }

export function nameRequired(kind: EntityKind): string {
  return `${ARTICLES[kind]} ${kind} name is required.`
}

export interface Asked<T> {
  readonly name: string
  /** The member that is wanted, if it is not the whole. */
  readonly field: string | undefined
  readonly entity: T
}

/** Gets what `NAME [FIELD]` asks for. @throws CommandEnd */
export async function askedFor<T>(
  session: Session,
  kind: EntityKind,
  args: readonly string[],
  fields: readonly string[],
  qs?: Readonly<Record<string, boolean>>,
): Promise<Asked<T>> {
  checkArguments(args, 1, 2, nameRequired(kind))
  const [name = '', field] = args
  if (field !== undefined && !fields.includes(field)) throw usage(`Invalid field filter '${field}'.`)
  const entity = await session.attempt(`Unable to get ${kind} '${name}'`, () =>
    session.api.entity<T>('GET', `${kind}s`, name, qs ? { qs } : {}),
  )
  return { name, field, entity }
}

/** The whole, or the member that was asked for. */
export function showAsked(session: Session, kind: EntityKind, { name, field, entity }: Asked<object>): void {
  const which = field === undefined ? '' : `, displaying field ${session.bold(field)}`
  if (!session.json) session.ok(`got ${kind} ${session.bold(name)}${which}`)
  session.show(field === undefined ? entity : ((entity as Record<string, JsonValue>)[field] ?? null))
}

/** @throws CommandEnd */
export async function deleteEntity(
  session: Session,
  kind: EntityKind,
  args: readonly string[],
  qs?: Readonly<Record<string, boolean>>,
): Promise<void> {
  checkArguments(args, 1, 1, nameRequired(kind))
  const [name = ''] = args
  const gone = await session.attempt(`Unable to delete ${kind} '${name}'`, () =>
    session.api.entity('DELETE', `${kind}s`, name, qs ? { qs } : {}),
  )
  session.ok(`deleted ${kind} ${session.bold(name)}`, gone)
}
