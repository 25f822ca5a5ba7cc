import type { JsonValue } from '../project/model.ts'
import type { ListFlags } from './action.ts'
import { askedFor, deleteEntity, nameRequired, showAsked } from './entity.ts'
import { listPlain } from './list-plain.ts'
import { checkArguments, usage, type Session, type SessionFlags } from './session.ts'
import { summaryLines } from './summary.ts'
import { annotationsOf, pairs, parametersOf, type ValueFlags } from './values.ts'

export interface PackageFlags extends SessionFlags, ValueFlags {
  readonly shared?: string | boolean
}

interface Package {
  readonly namespace: string
  readonly name: string
  readonly annotations: readonly { readonly key: string; readonly value: JsonValue }[]
  readonly parameters?: readonly { readonly key: string; readonly value: JsonValue }[]
  readonly actions?: readonly Omit<Package, 'namespace'>[]
  readonly feeds?: readonly Omit<Package, 'namespace'>[]
}

const FIELDS = [
  'namespace',
  'name',
  'version',
  'annotations',
  'parameters',
  'publish',
  'binding',
  'actions',
  'feeds',
  'updated',
]

export async function putPackage(
  session: Session,
  args: readonly string[],
  flags: PackageFlags,
  update: boolean,
): Promise<void> {
  checkArguments(args, 1, 1, nameRequired('package'))
  const [name = ''] = args
  const made = await session.attempt(`Unable to ${update ? 'update' : 'create'} package '${name}'`, () =>
    session.api.entity('PUT', 'packages', name, { qs: { overwrite: update }, body: bodyOf(flags, session) }),
  )
  session.ok(`${update ? 'updated' : 'created'} package ${session.bold(name)}`, made)
}

export async function bindPackage(session: Session, args: readonly string[], flags: PackageFlags): Promise<void> {
  checkArguments(args, 2, 2, 'A package name and binding name are required.')
  const [target = '', name = ''] = args
  const [namespace, pack] = target.startsWith('/') ? target.slice(1).split('/') : ['_', target]
  if (pack === undefined || pack === '') throw usage(`A package name is required in '${target}': /namespace/package.`)
  const body = { ...bodyOf(flags, session), binding: { namespace, name: pack } }
  const made = await session.attempt(`Binding creation failed`, () =>
    session.api.entity('PUT', 'packages', name, { qs: { overwrite: false }, body }),
  )
  session.ok(`created binding ${session.bold(name)}`, made)
}

function bodyOf(flags: PackageFlags, session: Session): object {
  const parameters = parametersOf(flags, session.context)
  const annotations = annotationsOf(flags, session.context)
  const { shared } = flags
  if (typeof shared === 'string' && shared !== 'yes' && shared !== 'no') {
    throw usage(`Cannot use value '${shared}' for shared. Valid input consist of 'yes' or 'no'.`)
  }
  return {
    ...(Object.keys(parameters).length > 0 && { parameters: pairs(parameters) }),
    ...(Object.keys(annotations).length > 0 && { annotations: pairs(annotations) }),
    ...(shared !== undefined && { publish: shared === true || shared === 'yes' }),
  }
}

export async function getPackage(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & { readonly summary?: boolean },
): Promise<void> {
  const asked = await askedFor<Package>(session, 'package', args, FIELDS)
  const pack = asked.entity
  if (flags.summary === true) {
    for (const line of summaryLines('package', pack, session.style)) session.line(line)
    const namespace = `${pack.namespace}/${pack.name}`
    for (const [kind, items = []] of [
      ['action', pack.actions],
      ['feed', pack.feeds],
    ] as const) {
      for (const item of items) {
        for (const line of summaryLines(kind, { ...item, namespace }, session.style, ' ')) session.line(line)
      }
    }
  } else showAsked(session, 'package', asked)
}

export async function deletePackage(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & { readonly force?: boolean },
): Promise<void> {
  await deleteEntity(session, 'package', args, flags.force === true ? { force: true } : undefined)
}

export async function listPackages(session: Session, args: readonly string[], flags: ListFlags): Promise<void> {
  await listPlain(session, 'packages', args, flags)
}
