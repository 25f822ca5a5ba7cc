import type { AuthKey, Invoker, SubjectAdministration } from '@stemcell/core'
import type { AdminCommand } from './admin-command.ts'
import type { AdminTarget } from './admin-target.ts'
import { executeOnDatabase, isDatabaseCommand, type DatabaseCommand } from './database/execute-on-database.ts'

/** Where the lines of an answer go; resolves when there is room for more. */
export type PrintLine = (line: string) => Promise<void>

const NO_LIMITS = 'No limits found, default system limits apply'

/**
 * Executes a command with the words of OpenWhisk's `wskadmin`.
 * @throws AdministrationError it is refused; the message is for the operator.
 */
export async function execute(command: AdminCommand, target: AdminTarget, print: PrintLine): Promise<void> {
  if (isDatabaseCommand(command)) {
    await executeOnDatabase(command, target, print)
    return
  }
  if (isInvokerCommand(command)) return print(await invokerAnswer(command, await target.invoker()))
  for await (const line of answer(command, await target.administration())) await print(line)
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
      const { subject, namespace } = await subjects.whois(command.auth)
      yield `subject: ${subject}`
      yield `namespace: ${namespace}`
      return
    }
    case 'user block':
    case 'user unblock':
      for (const subject of command.subjects) {
        const block = command.do === 'user block'
        await (block ? subjects.block(subject) : subjects.unblock(subject))
        yield `"${subject}" ${block ? 'blocked' : 'unblocked'} successfully`
      }
      return
    case 'user list': {
      const found = await subjects.listNamespace(command.namespace, command.pick)
      yield* found.map(({ subject, authkey }) => (command.keysOnly ? text(authkey) : `${text(authkey)}\t${subject}`))
      return
    }
    case 'limits set':
      await subjects.setLimits(command.namespace, command.limits)
      yield `Limits successfully set for "${command.namespace}"`
      return
    case 'limits get': {
      const limits = await subjects.getLimits(command.namespace)
      if (limits) yield* Object.entries(limits).map(([name, value]) => `${name} = ${shown(value)}`)
      else yield NO_LIMITS
      return
    }
    case 'limits delete':
      yield (await subjects.deleteLimits(command.namespace)) ? 'Limits deleted' : NO_LIMITS
  }
}

function text({ uuid, key }: AuthKey): string {
  return `${uuid}:${key}`
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
