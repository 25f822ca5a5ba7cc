import type { NamespaceLimits } from '@stemcell/core'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { resolve } from 'node:path'
import type { AdminCommand } from './admin-command.ts'
import { CommandFailure, NOT_UNDERSTOOD } from './command-failure.ts'
import { newAuthKey } from './new-auth-key.ts'

/** Where a command works, as given on the command line. */
export interface AdminPlace {
  readonly data?: string
  readonly config?: string
}

/** What the commands need from the program around them. */
export interface AdminHost {
  /** Executes a command and prints its answer. */
  run(command: AdminCommand, place: AdminPlace): Promise<void>
  print(line: string): void
  /** All of the standard input. */
  readInput(): Promise<string>
}

type LimitKind = 'number' | 'size' | 'kinds' | 'boolean' | 'duration'

/** How each limit of a namespace is written on the command line. */
const LIMITS: Readonly<Record<keyof NamespaceLimits, LimitKind>> = {
  invocationsPerMinute: 'number',
  concurrentInvocations: 'number',
  firesPerMinute: 'number',
  allowedKinds: 'kinds',
  storeActivations: 'boolean',
  minActionMemory: 'number',
  maxActionMemory: 'number',
  minActionLogs: 'number',
  maxActionLogs: 'number',
  minActionTimeout: 'number',
  maxActionTimeout: 'number',
  minActionConcurrency: 'number',
  maxActionConcurrency: 'number',
  maxParameterSize: 'size',
  maxPayloadSize: 'size',
  truncationSize: 'size',
  warmedContainerKeepingCount: 'number',
  warmedContainerKeepingTimeout: 'duration',
  maxActionInstances: 'number',
}

/** The commands below `stemcell admin`, in the words of OpenWhisk's `wskadmin`. */
export function adminProgram(host: AdminHost): Command {
  return new Command('admin')
    .description('subjects, keys, limits of namespaces and raw data, whether the server runs or not; its invoker')
    .addCommand(userCommands(host))
    .addCommand(limitsCommands(host))
    .addCommand(invokerCommands(host))
    .addCommand(dbCommands(host))
}

/** OpenWhisk's one flag that is not spelled as flags usually are. */
export function withoutDoubleLetters(args: readonly string[]): string[] {
  return args.map((arg) => (arg === '-ns' ? '--namespace' : arg))
}

function userCommands(host: AdminHost): Command {
  const user = new Command('user').description('who may call, and with which key')
  /** `-` keeps a key out of the list of processes. */
  const secret = async (text: string): Promise<string> => (text === '-' ? (await host.readInput()).trim() : text)

  interface Create extends AdminPlace {
    readonly auth?: string
    readonly namespace?: string
    readonly revoke?: boolean
    readonly genonly?: boolean
    readonly silent?: boolean
  }
  at(user.command('create <subject>'))
    .description('make a subject, or give it another namespace, and print its uuid:key')
    .option('-u, --auth <uuid:key>', 'the key to issue; - reads it from standard input')
    .option('--namespace <name>', 'also -ns; default: like the subject')
    .option('-r, --revoke', 'revoke the present key and issue another')
    .option('-g, --genonly', 'print a new uuid:key and store nothing')
    .option('-s, --silent', 'do not print the key')
    .action(async (subject: string, flags: Create) => {
      if (flags.genonly === true) return host.print(newAuthKey())
      const auth = flags.auth === undefined ? {} : { auth: await secret(flags.auth) }
      const { revoke = false, silent = false } = flags
      await host.run({ do: 'user create', subject, ...namespaceOf(flags), ...auth, revoke, silent }, flags)
    })

  interface InNamespace extends AdminPlace {
    readonly namespace?: string
    readonly all?: boolean
  }
  at(user.command('delete <subject>'))
    .description('remove a subject, or only one of its namespaces; what it owns stays')
    .option('--namespace <name>', 'also -ns; only this namespace')
    .action(async (subject: string, flags: InNamespace) =>
      host.run({ do: 'user delete', subject, ...namespaceOf(flags) }, flags),
    )
  at(user.command('get <subject>'))
    .description('print the uuid:key of a subject')
    .option('--namespace <name>', 'also -ns; default: like the subject')
    .option('-a, --all', 'of all its namespaces')
    .action(async (subject: string, flags: InNamespace) =>
      host.run({ do: 'user get', subject, ...namespaceOf(flags), all: flags.all ?? false }, flags),
    )
  at(user.command('whois <uuid:key>'))
    .description('whose key this is; - reads it from standard input')
    .action(async (auth: string, flags: AdminPlace) => host.run({ do: 'user whois', auth: await secret(auth) }, flags))
  at(user.command('block <subjects...>'))
    .description('take all keys of subjects out of service')
    .action(async (subjects: string[], flags: AdminPlace) => host.run({ do: 'user block', subjects }, flags))
  at(user.command('unblock <subjects...>'))
    .description('put them into service again')
    .action(async (subjects: string[], flags: AdminPlace) => host.run({ do: 'user unblock', subjects }, flags))

  interface List extends AdminPlace {
    readonly pick: number
    readonly all?: boolean
    readonly key?: boolean
  }
  at(user.command('list <namespace>'))
    .description('who may act in a namespace')
    .option('-p, --pick <n>', 'at most so many', whole, 1)
    .option('-a, --all', 'all of them')
    .option('-k, --key', 'only the keys')
    .action(async (namespace: string, flags: List) => {
      if (flags.pick < 1) throw new CommandFailure('pick at least 1 identity to show', NOT_UNDERSTOOD)
      const pick = flags.all === true ? {} : { pick: flags.pick }
      await host.run({ do: 'user list', namespace, ...pick, keysOnly: flags.key ?? false }, flags)
    })
  return user
}

function limitsCommands(host: AdminHost): Command {
  const limits = new Command('limits').description('limits of namespaces, where they differ from the system’s')
  const set = at(limits.command('set <namespace>')).description('lay limits over those already set')
  for (const [name, kind] of Object.entries(LIMITS)) set.addOption(limitOption(name, kind))
  set.action(async (namespace: string, flags: AdminPlace & Readonly<Record<string, unknown>>) => {
    const given = Object.fromEntries(Object.entries(flags).filter(([name]) => name in LIMITS))
    await host.run({ do: 'limits set', namespace, limits: given }, flags)
  })
  at(limits.command('get <namespace>'))
    .description('print what is set')
    .action(async (namespace: string, flags: AdminPlace) => host.run({ do: 'limits get', namespace }, flags))
  at(limits.command('delete <namespace>'))
    .description('back to the system’s limits')
    .action(async (namespace: string, flags: AdminPlace) => host.run({ do: 'limits delete', namespace }, flags))
  return limits
}

function invokerCommands(host: AdminHost): Command {
  const invoker = new Command('invoker').description('whether a running server takes work')
  const simple = {
    'invoker status': 'say whether it is enabled',
    'invoker enable': 'take work again',
    'invoker disable': 'take no more work; what runs goes on, and callers get 503',
  } as const
  for (const [name, description] of Object.entries(simple) as [keyof typeof simple, string][]) {
    at(invoker.command(name.slice('invoker '.length)))
      .description(description)
      .action(async (flags: AdminPlace) => host.run({ do: name }, flags))
  }
  at(invoker.command('drain'))
    .description('take no more work and wait until what was taken has ended')
    .option('--deadline <seconds>', 'then end the rest, each with a record', whole, 60)
    .action(async (flags: AdminPlace & { readonly deadline: number }) =>
      host.run({ do: 'invoker drain', seconds: flags.deadline }, flags),
    )
  return invoker
}

function dbCommands(host: AdminHost): Command {
  const db = new Command('db').description('the stores as a whole')
  at(db.command('get'))
    .description('print a database as JSON, a row on each line; subjects with their keys')
    .addArgument(new Argument('<database>').choices(['subjects', 'whisks', 'activations']))
    .option('--docs', 'with the documents')
    .action(async (database: Database, flags: AdminPlace & { readonly docs?: boolean }) =>
      host.run({ do: 'db get', database, documents: flags.docs ?? false }, flags),
    )
  at(db.command('init'))
    .description('make what the stores need, where it is missing')
    .action(async (flags: AdminPlace) => host.run({ do: 'db init' }, flags))
  at(db.command('migrate'))
    .description('bring the stores to what this version needs, and their indexes up to date')
    .action(async (flags: AdminPlace) => host.run({ do: 'db migrate' }, flags))
  at(db.command('check'))
    .description('read everything, and compare the indexes with it')
    .action(async (flags: AdminPlace) => host.run({ do: 'db check' }, flags))
  at(db.command('repair'))
    .description('keep what can be read of a damaged embedded database; copy the data folder first')
    .action(async (flags: AdminPlace) => host.run({ do: 'db repair' }, flags))
  at(db.command('export <file>'))
    .description('write everything to a file, subjects with their keys; goes on where an earlier one was interrupted')
    .action(async (file: string, flags: AdminPlace) => host.run({ do: 'db export', file: resolve(file) }, flags))
  at(db.command('import <file>'))
    .description('store what a file of db export holds, after checking all of it')
    .option('--overwrite', 'also replace documents that are there with another content')
    .action(async (file: string, flags: AdminPlace & { readonly overwrite?: boolean }) =>
      host.run({ do: 'db import', file: resolve(file), overwrite: flags.overwrite ?? false }, flags),
    )
  return db
}

type Database = Extract<AdminCommand, { readonly do: 'db get' }>['database']

function namespaceOf(flags: { readonly namespace?: string }): { namespace?: string } {
  return flags.namespace === undefined ? {} : { namespace: flags.namespace }
}

function limitOption(name: string, kind: LimitKind): Option {
  switch (kind) {
    case 'number':
      return new Option(`--${name} <n>`).argParser(whole)
    case 'boolean':
      return new Option(`--${name} <true|false>`).argParser(truth)
    case 'kinds':
      return new Option(`--${name} <kinds...>`)
    case 'size':
      return new Option(`--${name} <size>`, 'such as "1 MB"')
    case 'duration':
      return new Option(`--${name} <duration>`, 'such as "10 minutes"')
  }
}

function whole(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}

function truth(text: string): boolean {
  const word = text.toLowerCase()
  if (word !== 'true' && word !== 'false') throw new InvalidArgumentError('expected true or false')
  return word === 'true'
}

function at(command: Command): Command {
  return command
    .option('--data <folder>', 'data folder of the server (default ./stemcell-data)')
    .option('--config <file>', 'configuration file of the server')
}
