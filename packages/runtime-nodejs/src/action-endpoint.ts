import { failure, type Reply } from './reply.ts'

export type Message = Readonly<Record<string, unknown>>
export type Answer = (reply: Reply) => void

/** What stands behind init and run, however they come in; `body` is the text that `message` was read from. */
export interface ActionEndpoint {
  init(message: Message, answer: Answer): void
  run(message: Message, answer: Answer, body: string): void
  /** A call is in progress, and no other may begin. */
  readonly busy: boolean
  /** Calls never overlap. */
  readonly exclusive: boolean
  /** It will never begin another run. */
  readonly stopped: boolean
  /** To be called whenever a call has ended. */
  onEnded: (() => void) | undefined
}

export const MAX_BODY_BYTES: number = 48 * 1024 * 1024

/** Begins a call. Whatever is wrong with it is its answer. */
export function begin(host: ActionEndpoint, path: '/init' | '/run', body: string, answer: Answer): void {
  const message = parse(body)
  if (!message) return answer(badRequest())
  try {
    if (path === '/run') host.run(message, answer, body)
    else host.init(message, answer)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    answer(failure(500, 'Internal error.'))
  }
}

export function badRequest(): Reply {
  return failure(500, 'Bad request.')
}

function parse(body: string): Message | undefined {
  if (body.length === 0) return {}
  try {
    const message: unknown = JSON.parse(body)
    return typeof message === 'object' && message !== null ? (message as Message) : undefined
  } catch {
    return undefined
  }
}
