import { pageOf, scopeOf, sorted, type ListFlags } from './action.ts'
import { checkArguments, listedName, row, type Session } from './session.ts'

export interface PlainItem {
  readonly namespace: string
  readonly name: string
  readonly publish: boolean
}

/** Packages or triggers, a line each. */
export async function listPlain(
  session: Session,
  collection: 'packages' | 'triggers',
  args: readonly string[],
  flags: ListFlags,
): Promise<void> {
  checkArguments(args, 0, 1, 'An optional namespace is the only valid argument.')
  const { namespace } = scopeOf(args[0])
  const what = `Unable to obtain the list of ${collection} for namespace '${decodeURIComponent(namespace)}'`
  const items = await session.attempt(what, () =>
    session.api.request<PlainItem[]>('GET', `namespaces/${namespace}/${collection}`, { qs: pageOf(flags) }),
  )
  await session.list(items, [session.bold(collection), ...sorted(items, flags).map(plainRow)])
}

export function plainRow(item: PlainItem): string {
  return row(listedName(item), item.publish ? 'shared' : 'private')
}
