import { CommandEnd, type Context } from '../context.ts'
import type { JsonValue } from '../project/model.ts'
import { Api, ApiError } from '../server/api.ts'
import { page } from '../terminal/pager.ts'
import { Style } from '../terminal/style.ts'
import { connectionOf, hintFor, type ServerFlags } from './connect.ts'

/** As `wsk` ends. */
const EXIT = { general: 1, usage: 2, network: 3 } as const

export interface SessionFlags extends ServerFlags {
  readonly json?: boolean
}

/** A command that talks to a server, and the words in which it tells what became of it. */
export class Session {
  readonly api: Api
  readonly context: Context
  readonly style: Style
  /** JSON and nothing else is wanted. */
  readonly json: boolean

  constructor(flags: SessionFlags, context: Context) {
    this.api = new Api(connectionOf(flags, context))
    this.context = context
    this.style = Style.for(context, context.stdout)
    this.json = flags.json === true
  }

  /** `ok: …` on a line; with `--json` the value instead. */
  ok(text: string, value?: unknown): void {
    if (this.json) this.#write(value === undefined ? '' : JSON.stringify(value, null, 2))
    else this.#write(`${this.style.ok()} ${text}`)
  }

  /** As `wsk` shows JSON. */
  show(value: unknown): void {
    this.#write(JSON.stringify(value, null, this.json ? 2 : 4))
  }

  line(text: string): void {
    this.#write(text)
  }

  /** A listing, page by page where it is long. */
  async list(value: unknown, lines: readonly string[]): Promise<void> {
    await page(this.json ? `${JSON.stringify(value, null, 2)}\n` : `${lines.join('\n')}\n`, this.context)
  }

  bold(text: string): string {
    return this.style.bold(text)
  }

  /** Does it, and says of a failure what could not be done. @throws CommandEnd */
  async attempt<T>(what: string, doing: () => Promise<T>): Promise<T> {
    try {
      return await doing()
    } catch (error) {
      throw this.failure(what, error)
    }
  }

  failure(what: string, error: unknown): unknown {
    if (!(error instanceof ApiError)) return error
    const hint = hintFor(error, this.api.connection)
    const code = error.code === undefined ? '' : ` (code ${error.code})`
    const text = `${what}: ${error.message}${code}${hint === undefined || hint === error.message ? '' : `\n    ${hint}`}`
    return new CommandEnd(error.status === undefined ? EXIT.network : error.status % 256, text)
  }

  close(): void {
    this.api.close()
  }

  #write(text: string): void {
    if (text !== '') this.context.stdout.write(`${text}\n`)
  }
}

/** Runs a command with a session, and closes it. Signals end the command at once. */
export async function withSession<F extends SessionFlags>(
  flags: F,
  context: Context,
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const session = new Session(flags, context)
  try {
    await use(session)
  } finally {
    session.close()
  }
}

export function usage(message: string): CommandEnd {
  return new CommandEnd(EXIT.usage, message)
}

/** As many arguments as the command takes. @throws CommandEnd */
export function checkArguments(args: readonly string[], least: number, most: number, required: string): void {
  if (args.length < least) throw usage(`Invalid argument(s). ${required}`)
  if (args.length > most) throw usage(`Invalid argument(s): ${args.slice(most).join(', ')}. ${required}`)
}

/** One member of what the API shows. @throws CommandEnd there is none of that name */
export function fieldOf(value: object, field: string, known: readonly string[]): JsonValue {
  if (!known.includes(field)) throw usage(`Invalid field filter '${field}'.`)
  return ((value as Record<string, JsonValue>)[field] ?? null) as JsonValue
}

/** `/namespace/package/name` as `wsk` calls it: the namespace of the key is `_`. */
export function fullName(name: string): string {
  return name.startsWith('/') ? name : `/_/${name}`
}

/** A whole name for what a listing has. */
export function listedName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `/${namespace}/${name}`
}

/** A column of names, and what follows it. */
export function row(name: string, ...rest: readonly string[]): string {
  return `${name.padEnd(70)} ${rest.join(' ')}`
}
