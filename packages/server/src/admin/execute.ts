import {
  AdministrationError,
  isPlatformError,
  type AuthKey,
  type Invoker,
  type NamespaceLimits,
  type SubjectAdministration,
} from '@stemcell/core'
import type { AdminCommand } from './admin-command.ts'
import type { AdminTarget } from './admin-target.ts'
import { CommandFailure, NOT_UNDERSTOOD } from './command-failure.ts'
import { executeOnDatabase, isDatabaseCommand, type DatabaseCommand } from './database/execute-on-database.ts'
import { pythonText } from './python-text.ts'
import type { PrintLine } from './print-line.ts'

const NO_LIMITS = 'No limits found, default system limits apply'

/** What `limits get` shows, in the order of `wskadmin`; then what that does not know. */
const LIMITS: readonly (keyof NamespaceLimits)[] = [
  'invocationsPerMinute',
  'firesPerMinute',
  'concurrentInvocations',
  'allowedKinds',
  'storeActivations',
  'minActionMemory',
  'maxActionMemory',
  'minActionLogs',
  'maxActionLogs',
  'minActionTimeout',
  'maxActionTimeout',
  'minActionConcurrency',
  'maxActionConcurrency',
  'maxParameterSize',
  'maxPayloadSize',
  'truncationSize',
  'warmedContainerKeepingCount',
  'warmedContainerKeepingTimeout',
  'maxActionInstances',
]

/**
 * Executes a command with the words and the exit codes of OpenWhisk's `wskadmin`.
 * @throws AdministrationError it is refused; the message is for the operator.
 * @throws CommandFailure      the same with an exit code other than 1.
 */
export async function execute(command: AdminCommand, target: AdminTarget, print: PrintLine): Promise<void> {
  if (isDatabaseCommand(command)) {
    await executeOnDatabase(command, target, print)
    return
  }
  if (isInvokerCommand(command)) return print(await invokerAnswer(command, await target.invoker()))
  try {
    for await (const line of answer(command, await target.administration())) await print(line)
  } catch (error) {
    const isNoWish = error instanceof AdministrationError && error.reason === 'invalid'
    throw isNoWish && !(error instanceof CommandFailure) ? new CommandFailure(error.message, NOT_UNDERSTOOD) : error
  }
}

type InvokerCommand = Extract<AdminCommand, { readonly do: `invoker ${string}` }>

function isInvokerCommand(command: AdminCommand): command is InvokerCommand {
  return command.do.startsWith('invoker ')
}

async function invokerAnswer(command: InvokerCommand, invoker: Invoker): Promise<string> {
  const name = `invoker${invoker.instance.id}`
  switch (command.do) {
    case 'invoker status':
      return `${name} is ${invoker.isEnabled ? 'enabled' : 'disabled'}`
    case 'invoker enable':
      return `${name} is ${(await invoker.enable()) ? 'now' : 'already'} enabled`
    case 'invoker disable':
      return `${name} is ${(await invoker.disable()) ? 'now' : 'already'} disabled`
    case 'invoker drain':
      return (await invoker.drain(command.seconds * 1000))
        ? `${name} is drained`
        : `${name} is drained; what had not ended after ${command.seconds} s was ended`
  }
}

async function* answer(
  command: Exclude<AdminCommand, InvokerCommand | DatabaseCommand>,
  subjects: SubjectAdministration,
): AsyncGenerator<string> {
  switch (command.do) {
    case 'user create': {
      const { subject, namespace, auth, revoke, silent } = command
      const key = await subjects.createUser(subject, {
        revoke,
        ...(namespace === undefined ? {} : { namespace }),
        ...(auth === undefined ? {} : { auth }),
      })
      if (!silent) yield text(key)
      return
    }
    case 'user delete': {
      const deleted = await subjects.deleteUser(command.subject, command.namespace)
      yield deleted === 'subject' ? 'Subject deleted' : 'Namespace deleted'
      return
    }
    case 'user get':
      if (!command.all) yield text(await subjects.getUser(command.subject, command.namespace))
      else {
        const keys = await subjects.namespacesOf(command.subject)
        yield* keys.map(({ namespace, authkey }) => `${namespace}\t${text(authkey)}`)
      }
      return
    case 'user whois': {
      const found = await foundOr(subjects.whois(command.auth))
      if (typeof found === 'string') yield found
      else {
        yield `subject: ${found.subject}`
        yield `namespace: ${found.namespace}`
      }
      return
    }
    case 'user block':
    case 'user unblock':
      return yield* blockEach(command.do === 'user block' ? 'block' : 'unblock', command.subjects, subjects)
    case 'user list': {
      const found = await foundOr(subjects.listNamespace(command.namespace, command.pick))
      if (typeof found === 'string') return yield found
      yield* found.map(({ subject, authkey }) => (command.keysOnly ? text(authkey) : `${text(authkey)}\t${subject}`))
      return
    }
    case 'limits set':
      await subjects.setLimits(command.namespace, command.limits)
      yield `Limits successfully set for "${command.namespace}"`
      return
    case 'limits get': {
      const limits = await subjects.getLimits(command.namespace)
      if (!limits) return yield NO_LIMITS
      const set = LIMITS.filter((name) => limits[name] !== undefined)
      yield* set.map((name) => `${name} = ${pythonText(limits[name])}`)
      return
    }
    case 'limits delete':
      if (!(await subjects.deleteLimits(command.namespace))) {
        throw new AdministrationError('not-found', `Failed to delete limits (${NO_LIMITS})`)
      }
      yield 'Limits deleted'
  }
}

/** Goes on after a failure. @throws CommandFailure its exit code is how many failed. */
async function* blockEach(
  verb: 'block' | 'unblock',
  given: readonly string[],
  subjects: SubjectAdministration,
): AsyncGenerator<string> {
  let failed = 0
  for (const subject of given.map((text) => text.trim()).filter((text) => text !== '')) {
    try {
      await subjects[verb](subject)
      yield `"${subject}" ${verb}ed successfully`
    } catch (error) {
      if (!(error instanceof AdministrationError || isPlatformError(error))) throw error
      failed++
      yield `Failed to ${verb} "${subject}" (${error.message})`
    }
  }
  if (failed > 0) throw new CommandFailure('', Math.min(failed, MOST_FAILURES))
}

/** Beyond it an exit code begins again at 0. */
const MOST_FAILURES = 255

/** That nothing was found is an answer here, and no failure: its text. */
async function foundOr<T extends object>(search: Promise<T>): Promise<T | string> {
  try {
    return await search
  } catch (error) {
    if (error instanceof AdministrationError && error.reason === 'not-found') return error.message
    throw error
  }
}

function text({ uuid, key }: AuthKey): string {
  return `${uuid}:${key}`
}
