import type { AnswerPolicy } from './answer-policy.ts'

/** The answer to one request, however the request was read. */
export interface Reply {
  /** What the back end answers is changed accordingly; set before it is asked. */
  policy: AnswerPolicy | undefined
  /** Called once the back end has answered. */
  whenAnswered: (() => void) | undefined
  /** False makes it the last of its connection. */
  shouldKeepAlive: boolean
  /** A word of the gateway, unless it was answered already. Names and values alternate in `headers`. */
  refuse(status: number, message: string, headers?: readonly string[]): void
  /** The answer to the question of a browser about another origin. */
  preflight(headers: readonly string[]): void
}

/** The body of a refusal. */
export function refusalText(status: number, message: string): string {
  return JSON.stringify({ status, message: `Error: ${message}` })
}
