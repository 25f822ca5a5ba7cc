import { CommandEnd, type Context } from '../context.ts'
import { qualified, type JsonValue, type Values } from '../project/model.ts'
import { valueOf } from '../project/words.ts'
import { askedFor, deleteEntity, nameRequired, showAsked } from './entity.ts'
import { listPlain } from './list-plain.ts'
import { type ListFlags } from './action.ts'
import { checkArguments, fullName, type Session, type SessionFlags } from './session.ts'
import { summaryLines } from './summary.ts'
import { annotationsOf, pairs, pairValues, parametersOf, type ValueFlags } from './values.ts'

export interface TriggerFlags extends SessionFlags, ValueFlags {
  readonly feed?: string
  readonly feedParam?: readonly string[]
  readonly triggerParam?: readonly string[]
}

interface Trigger {
  readonly namespace: string
  readonly name: string
  readonly annotations: readonly { readonly key: string; readonly value: JsonValue }[]
  readonly parameters?: readonly { readonly key: string; readonly value: JsonValue }[]
}

const FIELDS = ['namespace', 'name', 'version', 'annotations', 'parameters', 'publish', 'updated', 'rules']

export async function createTrigger(session: Session, args: readonly string[], flags: TriggerFlags): Promise<void> {
  checkArguments(args, 1, 1, nameRequired('trigger'))
  const [name = ''] = args
  const { feed } = flags
  const { own, told } = parametersFor(flags, session.context, feed !== undefined)
  const annotations = { ...annotationsOf(flags, session.context), ...(feed !== undefined && { feed: qualified(feed) }) }
  const body = {
    ...(Object.keys(annotations).length > 0 && { annotations: pairs(annotations) }),
    ...(Object.keys(own).length > 0 && { parameters: pairs(own) }),
  }
  const made = await session.attempt(`Unable to create trigger '${name}'`, () =>
    session.api.entity('PUT', 'triggers', name, { qs: { overwrite: false }, body }),
  )
  if (feed !== undefined) {
    try {
      await callFeed(session, feed, name, 'CREATE', told)
    } catch (error) {
      await session.api.entity('DELETE', 'triggers', name)
      throw error
    }
  }
  session.ok(`created trigger ${session.bold(name)}`, made)
}

export async function updateTrigger(session: Session, args: readonly string[], flags: TriggerFlags): Promise<void> {
  checkArguments(args, 1, 1, nameRequired('trigger'))
  const [name = ''] = args
  const what = `Unable to update trigger '${name}'`
  const feed = feedOf(await triggerIfThere(session, name))
  const { own, told } = parametersFor(flags, session.context, feed !== undefined)
  const annotations = annotationsOf(flags, session.context)
  const body = {
    ...(Object.keys(annotations).length > 0 && {
      annotations: pairs({ ...annotations, ...(feed !== undefined && { feed }) }),
    }),
    ...(Object.keys(own).length > 0 && { parameters: pairs(own) }),
  }
  if (feed !== undefined && Object.keys(told).length > 0) await callFeed(session, feed, name, 'UPDATE', told)
  const made = await session.attempt(what, () =>
    session.api.entity('PUT', 'triggers', name, { qs: { overwrite: true }, body }),
  )
  session.ok(`updated trigger ${session.bold(name)}`, made)
}

export async function getTrigger(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & { readonly summary?: boolean },
): Promise<void> {
  const asked = await askedFor<Trigger>(session, 'trigger', args, FIELDS)
  const { name, field, entity: trigger } = asked
  const feed = feedOf(trigger)
  if (flags.summary === true) {
    for (const line of summaryLines('trigger', trigger, session.style)) session.line(line)
  } else if (field === undefined && feed !== undefined && !session.json) {
    await callFeed(session, feed, name, 'READ', {})
  } else showAsked(session, 'trigger', asked)
}

export async function deleteTrigger(session: Session, args: readonly string[]): Promise<void> {
  checkArguments(args, 1, 1, nameRequired('trigger'))
  const [name = ''] = args
  const what = `Unable to delete trigger '${name}'`
  const trigger = await session.attempt(what, () => session.api.entity<Trigger>('GET', 'triggers', name))
  const feed = feedOf(trigger)
  if (feed !== undefined) {
    try {
      await callFeed(session, feed, name, 'DELETE', {})
    } catch (error) {
      // The trigger goes all the same.
      if (!(error instanceof CommandEnd)) throw error
      session.context.stderr.write(`error: ${error.message}\n`)
    }
  }
  await deleteEntity(session, 'trigger', args)
}

export async function fireTrigger(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & ValueFlags,
): Promise<void> {
  checkArguments(args, 1, 2, 'A trigger name is required. A payload is optional.')
  const [name = '', payload] = args
  const body = { ...payloadOf(payload), ...parametersOf(flags, session.context) }
  const fired = await session.attempt(`Unable to fire trigger '${name}'`, () =>
    session.api.entity<{ readonly activationId?: string } | undefined>('POST', 'triggers', name, { body }),
  )
  const full = session.bold(fullName(name))
  if (typeof fired?.activationId === 'string') {
    session.ok(`triggered ${full} with id ${session.bold(fired.activationId)}`, fired)
  } else if (session.json) session.show({})
  else session.line(`trigger ${full} did not fire as it is not associated with an active rule`)
}

export async function listTriggers(session: Session, args: readonly string[], flags: ListFlags): Promise<void> {
  await listPlain(session, 'triggers', args, flags)
}

/** With a feed, parameters are its own unless they are named as those of the trigger. */
function parametersFor(flags: TriggerFlags, context: Context, hasFeed: boolean): { own: Values; told: Values } {
  const plain = parametersOf(flags, context)
  const own = pairValues(flags.triggerParam, '--trigger-param')
  const told = pairValues(flags.feedParam, '--feed-param')
  return hasFeed ? { own, told: { ...plain, ...told } } : { own: { ...plain, ...own }, told }
}

function payloadOf(text: string | undefined): Values {
  if (text === undefined) return {}
  const value = valueOf(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : { payload: value }
}

function feedOf(trigger: Trigger | undefined): string | undefined {
  const feed = trigger?.annotations.find(({ key }) => key === 'feed')?.value
  return typeof feed === 'string' ? feed : undefined
}

async function triggerIfThere(session: Session, name: string): Promise<Trigger | undefined> {
  try {
    return await session.api.entity<Trigger>('GET', 'triggers', name)
  } catch (error) {
    const end = session.failure('', error)
    // What is not there is made.
    if (end instanceof CommandEnd && end.exitCode === 404 % 256) return undefined
    throw session.failure(`Unable to update trigger '${name}'`, error)
  }
}

/** Invokes what makes the trigger fire, and shows the activation as `wsk` does. */
async function callFeed(
  session: Session,
  feed: string,
  trigger: string,
  lifecycleEvent: 'CREATE' | 'READ' | 'UPDATE' | 'DELETE',
  parameters: Values,
): Promise<void> {
  const body = {
    ...parameters,
    lifecycleEvent,
    triggerName: fullName(trigger),
    authKey: session.api.connection.auth,
  }
  const activation = await session.attempt(
    `Unable to invoke trigger '${trigger}' feed action '${feed}'; feed is not configured`,
    () =>
      session.api.entity<{ readonly activationId: string; readonly response?: object }>(
        'POST',
        'actions',
        qualified(feed),
        {
          qs: { blocking: true, result: false },
          body,
        },
      ),
  )
  if (activation.response === undefined) {
    throw new CommandEnd(
      1,
      `the feed action '${feed}' has not finished: Request accepted, but processing not completed yet.`,
    )
  }
  if (session.json) return
  session.ok(`invoked ${session.bold(qualified(feed))} with id ${session.bold(activation.activationId)}`)
  session.show(activation)
}
