import type { Logger } from '../log.ts'
import type { ActivationStore } from './activation-store.ts'

/** Turns provisional records that `owner` left behind into final ones. A restarted process calls it before it accepts work. */
export async function finalizeOwnOrphans(
  activationStore: ActivationStore,
  owner: string,
  logger: Logger,
): Promise<void> {
  const records = await activationStore.finalizeOrphans(owner)
  if (records > 0) logger.warn({ owner, records }, 'activations that were interrupted got their final records')
}
