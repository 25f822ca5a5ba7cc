import type { Container, ContainerExit, RuntimeReply } from '../../container/container-factory.ts'
import { isPlatformError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import { within } from '../../time/within.ts'

/** How long a container that broke a connection is given to say why it died. */
const EXIT_REASON_WAIT_MS = 1_000

/** How a request to a container ended. */
export type CallEnd =
  | { readonly kind: 'reply'; readonly reply: RuntimeReply }
  /** The time allowed passed. */
  | { readonly kind: 'timeout' }
  /** The request was certainly not received. */
  | { readonly kind: 'not-reached' }
  /** It waited behind others, and was asked back before it began. */
  | { readonly kind: 'recalled' }
  /** The connection broke; `exit` when the container is known to be gone. */
  | { readonly kind: 'lost'; readonly exit: ContainerExit | undefined }
  /** The adapter failed in a way that its contract does not provide for. */
  | { readonly kind: 'unexpected'; readonly error: unknown }

/** The failed end of a request. */
export async function failedCall(error: unknown, container: Container, clock: Clock): Promise<CallEnd> {
  if (!isPlatformError(error)) return { kind: 'unexpected', error }
  if (error.code === 'ERR_TIMEOUT') return { kind: 'timeout' }
  if (error.code === 'ERR_NOT_REACHED') return { kind: 'not-reached' }
  if (error.code === 'ERR_RECALLED') return { kind: 'recalled' }
  if (error.code !== 'ERR_CONNECTION_LOST') return { kind: 'unexpected', error }
  return { kind: 'lost', exit: await within(clock, container.exited, EXIT_REASON_WAIT_MS) }
}

/** Whether another container may be asked instead: nothing was received or begun, or the runtime was shutting down. */
export function isRefusal(end: CallEnd): boolean {
  return end.kind === 'not-reached' || end.kind === 'recalled' || (end.kind === 'reply' && end.reply.status === 503)
}
