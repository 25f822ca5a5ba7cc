import type { SubjectChange } from '../../auth/auth.ts'
import type { ActivationMessage } from '../../messages/activation-message.ts'
import { documentId } from '../../model/entity-name.ts'
import { isTruthy, parameterValue } from '../../model/parameters.ts'
import { invokerIdBound } from '../../store/invoker-numbers.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import { CacheAnnouncer } from '../entities/cache-announcer.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import { placementRequest } from './placement-request.ts'
import { OrphanRecovery } from './orphan-recovery.ts'
import type { ClusterState } from './cluster-state.ts'
import { Membership } from './membership.ts'
import { Takeover, type Placeable } from './takeover.ts'

/**
 * What a controller does as a member of a cluster: it pings the others, announces what it wrote, counts the members,
 * and finishes the work of members that are gone.
 */
export class ClusterCoordinator {
  readonly #parts: ControllerParts
  readonly #cluster: ClusterState
  readonly #membership: Membership
  readonly #announcer: CacheAnnouncer
  readonly #takeover: Takeover
  readonly #orphans: OrphanRecovery

  constructor(parts: ControllerParts, cluster: ClusterState, cache: () => EntityCache) {
    this.#parts = parts
    this.#cluster = cluster
    const { id: controllerId, logger } = parts
    const shared = { ...parts, controllerId }
    this.#membership = new Membership({
      ...shared,
      onChange: (controllers) => {
        cluster.controllers = controllers
      },
      onGone: (gone) => {
        logger.warn({ gone }, 'controller gone')
        void this.#orphans.look()
      },
    })
    this.#announcer = new CacheAnnouncer({
      ...shared,
      forget: (documentId) => cache().invalidate(documentId),
      forgetSubject: (changed) => parts.auth.invalidate?.(changed),
    })
    this.#orphans = new OrphanRecovery({
      ...parts,
      mayLive: (id) => this.#membership.mayLive(id),
      isResponsible: () => this.#membership.isFirst,
    })
    this.#takeover = new Takeover({
      ...parts,
      cluster,
      placementOf: (message) => placeable(parts, cache(), message),
      isResponsible: () => this.#membership.isFirst,
    })
  }

  async open(): Promise<void> {
    this.#cluster.expect(await invokerIdBound(this.#parts.entityStore))
    await this.#announcer.open()
    await this.#membership.open()
    this.#takeover.open()
    this.#orphans.open()
  }

  /** Announces that this controller accepts no more work. */
  leave(): Promise<void> {
    return this.#membership.leave()
  }

  async close(): Promise<void> {
    await this.#orphans.close()
    await this.#takeover.close()
    await this.#membership.close()
    await this.#announcer.close()
  }

  /** Another controller may have the document in its cache. */
  announceWrite(documentId: string): void {
    this.#announcer.announce(documentId)
  }

  /** Another controller's auth may have it in its cache. */
  announceSubject(changed: SubjectChange): void {
    this.#announcer.announceSubject(changed)
  }
}

async function placeable(
  { manifest }: ControllerParts,
  cache: EntityCache,
  { action: reference, user }: ActivationMessage,
): Promise<Placeable | undefined> {
  const found = (await cache.get(documentId(reference)))?.action
  return (
    found && {
      request: placementRequest(user.namespace.name, found, manifest),
      repeatable: isTruthy(parameterValue(found.action.annotations, 'repeatable'), false),
    }
  )
}
