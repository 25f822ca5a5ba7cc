import { Command, InvalidArgumentError } from 'commander'
import type { InvokeFlags } from './commands/action.ts'
import type { Session, SessionFlags } from './commands/session.ts'
import type { Context } from './context.ts'
import { serverOptions } from './server-options.ts'

type Run<F> = (session: Session, args: readonly string[], flags: F) => Promise<void>

/** What `wsk` has for every day, with its words. Each command loads what it needs when it is run. */
export function wskPrograms(context: Context): Command[] {
  return new WskPrograms(context).all()
}

class WskPrograms {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  all(): Command[] {
    return [
      this.#action(),
      this.#trigger(),
      this.#rule(),
      this.#package(),
      this.#activation(),
      this.#namespace(),
      this.#api(),
      this.#invoke('invoke an action, wait for its result and show it', true),
      this.#logs(),
      this.#list(),
      this.#completion(),
    ]
  }

  #action(): Command {
    const load = () => import('./commands/action.ts')
    const put = (name: string, description: string, update: boolean): Command =>
      values(
        this.#command(name, '[name] [action]', description, async () => {
          const { putAction } = await load()
          return (session, args, flags) => putAction(session, args, flags, update)
        }),
      )
        .option('--native', 'the artifact is an executable or a script, or a zip with one')
        .option('--docker <image>', 'the image that runs it')
        .option('--copy', 'the artifact is the name of an action to copy')
        .option('--sequence', 'the artifact is a list of actions, with commas')
        .option('--kind <kind>', 'the runtime, nodejs:default for example')
        .option('--main <function>', 'what is called in it')
        .option('-t, --timeout <ms>', 'how long it may take', whole)
        .option('-m, --memory <mb>', 'how much memory it may use', whole)
        .option('-l, --logsize <mb>', 'how much it may log', whole)
        .option('-c, --concurrency <count>', 'how many calls one container takes at once', whole)
        .option('--web <how>', 'yes or true: a web action; raw: one that gets requests as they are; no or false')
        .option('--web-secure <secret>', 'true, false or a text that callers of the web action must know')
    return group('action', 'work with actions', [
      put('create', 'make an action', false),
      put('update', 'change an action, or make it', true).option('--del-annotation <name...>', 'annotations to remove'),
      this.#invoke('invoke an action', false),
      this.#command('get', '[name] [field]', 'show an action, or a field of it', async () => (await load()).getAction)
        .option('-s, --summary', 'what it is for, and what it takes')
        .option('-r, --url', 'where it is')
        .option('--save', 'write its code to a file of its name')
        .option('--save-as <file>', 'write its code to this file'),
      this.#command('delete', '[name]', 'remove an action', async () => (await load()).deleteAction),
      paged(this.#command('list', '[namespace]', 'list actions', async () => (await load()).listActions)),
    ])
  }

  /** `always`: the result is wanted, whether it is said or not. */
  #invoke(description: string, always: boolean): Command {
    const command = this.#command('invoke', '[name]', description, async () => {
      const { invokeAction } = await import('./commands/action.ts')
      return (session, args, flags: InvokeFlags) =>
        invokeAction(session, args, always ? { ...flags, result: true } : flags)
    })
    return parameters(command)
      .option('-b, --blocking', 'wait for the end')
      .option('-r, --result', 'show only the result; waits')
  }

  #trigger(): Command {
    const load = () => import('./commands/trigger.ts')
    return group('trigger', 'work with triggers', [
      values(this.#command('create', '[name]', 'make a trigger', async () => (await load()).createTrigger))
        .option('-f, --feed <action>', 'what makes it fire')
        .option('-F, --feed-param <key value>', 'a parameter of the feed', collect)
        .option('-T, --trigger-param <key value>', 'a parameter of the trigger', collect),
      values(
        this.#command('update', '[name]', 'change a trigger, or make it', async () => (await load()).updateTrigger),
      )
        .option('-F, --feed-param <key value>', 'a parameter of the feed', collect)
        .option('-T, --trigger-param <key value>', 'a parameter of the trigger', collect),
      parameters(this.#command('fire', '[name] [payload]', 'fire a trigger', async () => (await load()).fireTrigger)),
      this.#command(
        'get',
        '[name] [field]',
        'show a trigger, or a field of it',
        async () => (await load()).getTrigger,
      ).option('-s, --summary', 'what it is for, and what it takes'),
      this.#command('delete', '[name]', 'remove a trigger', async () => (await load()).deleteTrigger),
      paged(this.#command('list', '[namespace]', 'list triggers', async () => (await load()).listTriggers)),
    ])
  }

  #rule(): Command {
    const load = () => import('./commands/rule.ts')
    const put = (name: string, description: string, update: boolean): Command =>
      annotations(
        this.#command(name, '[name] [trigger] [action]', description, async () => {
          const { putRule } = await load()
          return (session, args, flags) => putRule(session, args, flags, update)
        }),
      )
    const change = (name: string, description: string, enable: boolean): Command =>
      this.#command(name, '[name]', description, async () => {
        const { switchRule } = await load()
        return (session, args) => switchRule(session, args, enable)
      })
    return group('rule', 'work with rules', [
      put('create', 'lead a trigger to an action', false),
      put('update', 'change a rule, or make it', true),
      change('enable', 'let a rule work', true),
      change('disable', 'keep a rule from working', false),
      this.#command('status', '[name]', 'say whether a rule works', async () => (await load()).ruleStatus),
      this.#command(
        'get',
        '[name] [field]',
        'show a rule, or a field of it',
        async () => (await load()).getRule,
      ).option('-s, --summary', 'what it is for'),
      this.#command('delete', '[name]', 'remove a rule', async () => (await load()).deleteRule).option(
        '--disable',
        'disable it before',
      ),
      paged(this.#command('list', '[namespace]', 'list rules', async () => (await load()).listRules)),
    ])
  }

  #package(): Command {
    const load = () => import('./commands/package.ts')
    const put = (name: string, description: string, update: boolean): Command =>
      values(
        this.#command(name, '[name]', description, async () => {
          const { putPackage } = await load()
          return (session, args, flags) => putPackage(session, args, flags, update)
        }),
      ).option('--shared [yes|no]', 'let others use it')
    return group('package', 'work with packages', [
      put('create', 'make a package', false),
      put('update', 'change a package, or make it', true),
      values(
        this.#command(
          'bind',
          '[package] [name]',
          'use a package of others under a name',
          async () => (await load()).bindPackage,
        ),
      ),
      this.#command(
        'get',
        '[name] [field]',
        'show a package, or a field of it',
        async () => (await load()).getPackage,
      ).option('-s, --summary', 'what is in it, and what that takes'),
      this.#command('delete', '[name]', 'remove a package', async () => (await load()).deletePackage).option(
        '-f, --force',
        'with the actions in it',
      ),
      paged(this.#command('list', '[namespace]', 'list packages', async () => (await load()).listPackages)),
    ])
  }

  #activation(): Command {
    const load = () => import('./commands/activation.ts')
    const last = (command: Command): Command => command.option('-l, --last', 'the newest one')
    const poll = this.#command(
      'poll',
      '[name]',
      'show logs as activations end',
      async () => (await load()).pollActivations,
      true,
    )
      .option('-e, --exit <seconds>', 'stop after so long', whole)
      .option('--since-seconds <count>', 'begin so long ago', whole)
      .option('--since-minutes <count>', 'begin so long ago', whole)
      .option('--since-hours <count>', 'begin so long ago', whole)
      .option('--since-days <count>', 'begin so long ago', whole)
    return group('activation', 'work with activations', [
      paged(this.#command('list', '[name]', 'list activations', async () => (await load()).listActivations))
        .option('-f, --full', 'whole records')
        .option('--since <ms>', 'begun after this, in ms since 1970', whole)
        .option('--upto <ms>', 'begun before this, in ms since 1970', whole),
      last(
        this.#command(
          'get',
          '[id] [field]',
          'show an activation, or a field of it',
          async () => (await load()).getActivation,
        ),
      )
        .option('-s, --summary', 'only how it went, and its result')
        .option('-g, --logs', 'only its log'),
      last(
        this.#command('logs', '[id]', 'show the log of an activation', async () => (await load()).activationLogs),
      ).option('-r, --strip', 'without times and streams'),
      last(
        this.#command(
          'result',
          '[id]',
          'show the result of an activation',
          async () => (await load()).activationResult,
        ),
      ),
      poll,
    ])
  }

  #namespace(): Command {
    const load = () => import('./commands/namespace.ts')
    return group('namespace', 'work with namespaces', [
      this.#command('list', '', 'list namespaces', async () => (await load()).listNamespaces),
      this.#command(
        'get',
        '[namespace]',
        'show all that is in a namespace',
        async () => (await load()).getNamespace,
      ).option('-n, --name-sort', 'by name'),
    ])
  }

  #list(): Command {
    return this.#command('list', '[namespace]', 'show all that is in a namespace', async () => {
      const { getNamespace } = await import('./commands/namespace.ts')
      return getNamespace
    }).option('-n, --name-sort', 'by name')
  }

  #api(): Command {
    const load = () => import('./commands/api.ts')
    return group('api', 'work with APIs', [
      this.#command(
        'create',
        '[base] [path] [verb] [action]',
        'lead an operation of an API to a web action',
        async () => (await load()).makeApi,
      )
        .option('-n, --apiname <name>', 'what the API is called')
        .option('-c, --config-file <file>', 'a Swagger file, in JSON or YAML')
        .option('--response-type <type>', 'json, http, text, html or svg (default json)'),
      this.#command('get', '[base]', 'show an API as a Swagger document', async () => (await load()).getApi).option(
        '--format <format>',
        'json or yaml',
      ),
      this.#command(
        'delete',
        '[base] [path] [verb]',
        'remove an API, a path of it, or an operation',
        async () => (await load()).deleteApi,
      ),
      paged(
        this.#command('list', '[base] [path] [verb]', 'list operations of APIs', async () => (await load()).listApis),
      ).option('-f, --full', 'a line for each thing'),
    ])
  }

  #logs(): Command {
    return this.#command(
      'logs',
      '[action]',
      'show what ran last, with results, logs and stages',
      async () => (await import('./commands/activation.ts')).showLogs,
      true,
    )
      .option('-f, --follow', 'go on showing what runs')
      .option('-l, --limit <count>', 'how many that ran before (default 1; 0 with --follow)', whole)
  }

  #completion(): Command {
    const command = new Command('completion')
      .description('print what makes a shell complete this command: bash, zsh or fish')
      .argument('<shell>')
      .action(async (shell: string) => {
        const { completionFor } = await import('./commands/completion.ts')
        this.#context.stdout.write(completionFor(shell, command.parent ?? command))
      })
    return command
  }

  /** Takes any number of arguments: `wsk` has words and an exit code of its own for too few and too many. */
  #command<F extends SessionFlags>(
    name: string,
    usage: string,
    description: string,
    load: () => Promise<Run<F>>,
    endsWell = false,
  ): Command {
    const command = new Command(name)
      .description(description)
      .usage(`[options] ${usage}`)
      .argument('[arguments...]')
      .option('--json', 'JSON and nothing else')
      .action(async (args: string[], flags: F) => {
        if (!endsWell) this.#context.releaseSignals()
        const [{ withSession }, run] = await Promise.all([import('./commands/session.ts'), load()])
        await withSession(flags, this.#context, (session) => run(session, args, flags))
      })
    return serverOptions(command)
  }
}

function group(name: string, description: string, commands: readonly Command[]): Command {
  const command = new Command(name).description(description)
  for (const one of commands) command.addCommand(one)
  return command
}

function paged(command: Command): Command {
  return command
    .option('-s, --skip <count>', 'leave out the first ones', whole)
    .option('-l, --limit <count>', 'at most so many (default 30)', whole)
    .option('-n, --name-sort', 'by name')
}

function parameters(command: Command): Command {
  return command
    .option('-p, --param <key value>', 'a parameter', collect)
    .option('-P, --param-file <file>', 'parameters in JSON')
}

function annotations(command: Command): Command {
  return command
    .option('-a, --annotation <key value>', 'an annotation', collect)
    .option('-A, --annotation-file <file>', 'annotations in JSON')
}

function values(command: Command): Command {
  return annotations(parameters(command))
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

function whole(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('it must be a whole number')
  return Number(value)
}
