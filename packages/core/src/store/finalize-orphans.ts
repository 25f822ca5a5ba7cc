import type { Logger } from '../log.ts'
import type { ActivationStore } from './activation-store.ts'

/** Ends with a record what an earlier life of `owner` left; to be called before the next one accepts anything. */
export async function finalizeOwnOrphans(
  activationStore: ActivationStore,
  owner: string,
  logger: Logger,
): Promise<void> {
  const records = await activationStore.finalizeOrphans(owner)
  if (records > 0) logger.warn({ owner, records }, 'activations that were cut short have got their records')
}
