import { qualified } from '../project/model.ts'
import { pageOf, scopeOf, sorted, type ListFlags } from './action.ts'
import { askedFor, deleteEntity, nameRequired, showAsked } from './entity.ts'
import { checkArguments, listedName, row, type Session, type SessionFlags } from './session.ts'
import { summaryLines } from './summary.ts'
import { annotationsOf, pairs, type ValueFlags } from './values.ts'

export interface Rule {
  readonly namespace: string
  readonly name: string
  readonly publish: boolean
  readonly status?: string
  readonly annotations: readonly { readonly key: string; readonly value: string }[]
}

const FIELDS = ['namespace', 'name', 'version', 'annotations', 'status', 'trigger', 'action', 'publish', 'updated']

export async function putRule(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & ValueFlags,
  update: boolean,
): Promise<void> {
  checkArguments(args, 3, 3, 'A rule, trigger and action name are required.')
  const [name = '', trigger = '', action = ''] = args
  const annotations = annotationsOf(flags, session.context)
  const body = {
    trigger: qualified(trigger),
    action: qualified(action),
    ...(Object.keys(annotations).length > 0 && { annotations: pairs(annotations) }),
  }
  const made = await session.attempt(`Unable to ${update ? 'update' : 'create'} rule '${name}'`, () =>
    session.api.entity('PUT', 'rules', name, { qs: { overwrite: update }, body }),
  )
  session.ok(`${update ? 'updated' : 'created'} rule ${session.bold(name)}`, made)
}

export async function switchRule(session: Session, args: readonly string[], enable: boolean): Promise<void> {
  checkArguments(args, 1, 1, nameRequired('rule'))
  const [name = ''] = args
  await setStatus(session, name, enable)
  session.ok(`${enable ? 'enabled' : 'disabled'} rule ${session.bold(name)}`, {
    status: enable ? 'active' : 'inactive',
  })
}

async function setStatus(session: Session, name: string, enable: boolean): Promise<void> {
  const body = { status: enable ? 'active' : 'inactive' }
  await session.attempt(`Unable to ${enable ? 'enable' : 'disable'} rule '${name}'`, () =>
    session.api.entity('POST', 'rules', name, { body }),
  )
}

export async function ruleStatus(session: Session, args: readonly string[]): Promise<void> {
  checkArguments(args, 1, 1, nameRequired('rule'))
  const [name = ''] = args
  const { status = '' } = await session.attempt(`Unable to get status of rule '${name}'`, () =>
    session.api.entity<Rule>('GET', 'rules', name),
  )
  session.ok(`rule ${session.bold(name)} is ${session.bold(status)}`, { status })
}

export async function getRule(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & { readonly summary?: boolean },
): Promise<void> {
  const asked = await askedFor<Rule>(session, 'rule', args, FIELDS)
  const rule = asked.entity
  if (flags.summary === true) {
    session.line(summaryLines('rule', rule, session.style)[0]!)
    session.line(`   (${session.bold('status')}: ${rule.status ?? ''})`)
  } else showAsked(session, 'rule', asked)
}

export async function deleteRule(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & { readonly disable?: boolean },
): Promise<void> {
  const [name] = args
  if (flags.disable === true && name !== undefined) await setStatus(session, name, false)
  await deleteEntity(session, 'rule', args)
}

export async function listRules(session: Session, args: readonly string[], flags: ListFlags): Promise<void> {
  checkArguments(args, 0, 1, 'An optional namespace is the only valid argument.')
  const { namespace } = scopeOf(args[0])
  const what = `Unable to obtain the list of rules for namespace '${decodeURIComponent(namespace)}'`
  const rules = await session.attempt(what, () =>
    session.api.request<Rule[]>('GET', `namespaces/${namespace}/rules`, { qs: pageOf(flags) }),
  )
  const whole = await rulesWithStatus(session, rules, what)
  await session.list(whole, [session.bold('rules'), ...sorted(whole, flags).map(ruleRow)])
}

/** Listings do not say whether rules are active. */
export async function rulesWithStatus(session: Session, rules: readonly Rule[], what: string): Promise<Rule[]> {
  return Promise.all(
    rules.map(async (rule) => {
      const { status = '' } = await session.attempt(what, () =>
        session.api.entity<Rule>('GET', 'rules', listedName(rule)),
      )
      return { ...rule, status }
    }),
  )
}

export function ruleRow(rule: Rule): string {
  return row(listedName(rule), (rule.publish ? 'shared' : 'private').padEnd(20), rule.status ?? '')
}
