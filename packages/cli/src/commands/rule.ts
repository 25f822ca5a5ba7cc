import { qualified } from '../project/model.ts'
import { pageOf, scopeOf, sorted, type ListFlags } from './action.ts'
import { checkArguments, fieldOf, listedName, row, usage, type Session, type SessionFlags } from './session.ts'
import { summaryLines } from './summary.ts'
import { annotationsOf, pairs, type ValueFlags } from './values.ts'

export interface Rule {
  readonly namespace: string
  readonly name: string
  readonly publish: boolean
  readonly status?: string
  readonly annotations: readonly { readonly key: string; readonly value: string }[]
}

const NAME_REQUIRED = 'A rule name is required.'
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
  checkArguments(args, 1, 1, NAME_REQUIRED)
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
  checkArguments(args, 1, 1, NAME_REQUIRED)
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
  checkArguments(args, 1, 2, NAME_REQUIRED)
  const [name = '', field] = args
  if (field !== undefined && !FIELDS.includes(field)) throw usage(`Invalid field filter '${field}'.`)
  const rule = await session.attempt(`Unable to get rule '${name}'`, () =>
    session.api.entity<Rule>('GET', 'rules', name),
  )
  if (flags.summary === true) {
    session.line(summaryLines('rule', rule, session.style)[0]!)
    session.line(`   (${session.bold('status')}: ${rule.status ?? ''})`)
  } else if (field !== undefined) {
    if (!session.json) session.ok(`got rule ${session.bold(name)}, displaying field ${session.bold(field)}`)
    session.show(fieldOf(rule, field, FIELDS))
  } else {
    if (!session.json) session.ok(`got rule ${session.bold(name)}`)
    session.show(rule)
  }
}

export async function deleteRule(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & { readonly disable?: boolean },
): Promise<void> {
  checkArguments(args, 1, 1, NAME_REQUIRED)
  const [name = ''] = args
  if (flags.disable === true) await setStatus(session, name, false)
  const gone = await session.attempt(`Unable to delete rule '${name}'`, () =>
    session.api.entity('DELETE', 'rules', name),
  )
  session.ok(`deleted rule ${session.bold(name)}`, gone)
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
