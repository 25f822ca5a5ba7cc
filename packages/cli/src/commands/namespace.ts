import { actionRow, sorted, type ListFlags } from './action.ts'
import { plainRow, type PlainItem } from './list-plain.ts'
import { ruleRow, rulesWithStatus, type Rule } from './rule.ts'
import { checkArguments, type Session } from './session.ts'

export async function listNamespaces(session: Session, args: readonly string[]): Promise<void> {
  checkArguments(args, 0, 0, 'No arguments are required.')
  const namespaces = await session.attempt('Unable to obtain the list of available namespaces', () =>
    session.api.request<string[]>('GET', 'namespaces'),
  )
  await session.list(namespaces, [session.bold('namespaces'), ...namespaces])
}

/** Everything in a namespace. */
export async function getNamespace(session: Session, args: readonly string[], flags: ListFlags): Promise<void> {
  checkArguments(args, 0, 1, 'An optional namespace is the only valid argument.')
  const { api } = session
  const given = args[0]?.replace(/^\//, '') ?? '_'
  const what = `Unable to obtain the list of entities for namespace '${given}'`
  const [packages, actions, triggers, rules, names] = await session.attempt(what, async () => {
    const list = <T>(collection: string): Promise<T[]> =>
      api.request<T[]>('GET', `namespaces/${encodeURIComponent(given)}/${collection}`, { qs: { limit: 200 } })
    return Promise.all([
      list<PlainItem>('packages'),
      list<Parameters<typeof actionRow>[0]>('actions'),
      list<PlainItem>('triggers'),
      list<Rule>('rules'),
      api.request<string[]>('GET', 'namespaces'),
    ])
  })
  const whole = await rulesWithStatus(session, rules, what)
  const name = given === '_' ? (names[0] ?? given) : given
  await session.list({ packages, actions, triggers, rules: whole }, [
    `Entities in namespace: ${session.bold(name)}`,
    session.bold('packages'),
    ...sorted(packages, flags).map(plainRow),
    session.bold('actions'),
    ...sorted(actions, flags).map(actionRow),
    session.bold('triggers'),
    ...sorted(triggers, flags).map(plainRow),
    session.bold('rules'),
    ...sorted(whole, flags).map(ruleRow),
  ])
}
