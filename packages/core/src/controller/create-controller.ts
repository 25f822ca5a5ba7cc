import type { HttpRequest, HttpResponse } from './http/direct/api-server.ts'
import type { SubjectChange } from '../auth/auth.ts'
import type { InvokerState } from '../load-balancer/load-balancer.ts'
import { finalizeOwnOrphans } from '../store/finalize-orphans.ts'
import { controllerOwner } from '../store/record-owner.ts'
import type { ActionInvocation, FiringOutcome, TriggerFiring } from '../system-packages/system-package.ts'
import type { Clock } from '../time/clock.ts'
import { checkApiOptions } from './parts/api-options.ts'
import type { ClusterMember } from './cluster/cluster-member.ts'
import type { Controller } from './controller.ts'
import type { ControllerParts } from './parts/controller-parts.ts'
import { ClusterCoordinator } from './cluster/cluster-coordinator.ts'
import { guardedParts } from './guards/guarded-parts.ts'
import { HealthProbe } from './cluster/health-probe.ts'
import { createHttpFront, type HttpFront } from './front.ts'
import type { InvokerStatus, OperationalState } from './operations/operational-routes.ts'
import { PlacingActivator } from './invoke/placing-activator.ts'

const DEFAULT_MAX_WAITING = 4096

/** Names of the states as the operational API shows them. */
const STATUS_OF_STATE: Readonly<Record<InvokerState, InvokerStatus>> = {
  healthy: 'up',
  unhealthy: 'unhealthy',
  unresponsive: 'unresponsive',
  offline: 'down',
}

export function createController(parts: ControllerParts): Controller {
  return new HttpController(parts)
}

/** The REST API in front of the activator. */
class HttpController implements Controller {
  readonly id: string
  readonly #parts: ControllerParts
  readonly #clock: Clock
  readonly #activator: PlacingActivator
  readonly #front: HttpFront
  readonly #coordinator: ClusterCoordinator | undefined
  #state: 'starting' | 'open' | 'leaving' = 'starting'
  #hadInvoker = false

  constructor(given: ControllerParts) {
    const parts = guardedParts(given)
    this.id = parts.id
    this.#parts = parts
    this.#clock = parts.clock
    this.#activator = new PlacingActivator({
      ...parts,
      controllerId: parts.id,
      maxWaiting: parts.maxWaiting ?? DEFAULT_MAX_WAITING,
      ...(parts.clustered && { probe: new HealthProbe({ ...parts, controllerId: parts.id }) }),
    })
    const { cluster } = this.#activator
    const coordinator = parts.clustered ? new ClusterCoordinator(parts, cluster, () => this.#front.entities) : undefined
    this.#coordinator = coordinator
    const operations: OperationalState = {
      invokers: () => new Map(cluster.states().map(([name, state]) => [name, STATUS_OF_STATE[state]])),
      inFlight: () => this.#activator.list(),
    }
    const { api = {} } = parts
    checkApiOptions(api, parts.limits)
    this.#front = createHttpFront(parts, this.#activator, {
      ...api,
      ...(api.operationalRoutes === false ? {} : { operations }),
      disable: () => this.#disable(),
      unready: () => this.#unready(),
      ...(coordinator && { announceWrite: (documentId) => coordinator.announceWrite(documentId) }),
    })
  }

  get clusterSize(): number {
    return this.#activator.cluster.controllers
  }

  get members(): readonly ClusterMember[] {
    return this.#activator.cluster.members()
  }

  hasInvoker(limitMs: number): Promise<boolean> {
    return this.#activator.hasInvoker(limitMs)
  }

  async open(): Promise<void> {
    const { activationStore, logger } = this.#parts
    await finalizeOwnOrphans(activationStore, controllerOwner(this.id), logger)
    await this.#activator.open()
    await this.#coordinator?.open()
    this.#front.compositions.open()
    this.#state = 'open'
  }

  /**
   * Once there was an invoker it stays ready without one: what needs none is served, and what waits for one is told better here
   * than by a port that nobody answers.
   */
  #unready(): string | undefined {
    if (this.#state === 'starting') return 'the controller starts'
    if (this.#state === 'leaving') return 'the controller accepts no more activations'
    this.#hadInvoker ||= this.#activator.cluster.countStates().healthy > 0
    return this.#hadInvoker ? undefined : 'no invoker has been healthy yet'
  }

  /** What was accepted goes on; other controllers are told. */
  #disable(): void {
    this.#state = 'leaving'
    this.#parts.logger.warn({}, 'controller is disabled: it accepts no more activations')
    this.#front.compositions.stopAccepting()
    void this.#coordinator?.leave()
  }

  /** Compositions first, as their steps still need the activator. */
  async drain(deadlineMs: number): Promise<void> {
    this.#state = 'leaving'
    const dueMs = this.#clock.monotonic() + deadlineMs
    await this.#coordinator?.leave()
    await this.#front.compositions.drain(deadlineMs)
    await this.#activator.drain(Math.max(0, dueMs - this.#clock.monotonic()))
  }

  async close(): Promise<void> {
    await this.drain(0)
    await this.#coordinator?.close()
    await this.#activator.close()
    await this.#front.compositions.close()
  }

  subjectChanged(changed: SubjectChange): void {
    this.#parts.auth.invalidate?.(changed)
    this.#coordinator?.announceSubject(changed)
  }

  fire(firing: TriggerFiring): Promise<FiringOutcome> {
    return this.#front.fire(firing)
  }

  invoke(invocation: ActionInvocation): Promise<FiringOutcome> {
    return this.#front.invoke(invocation)
  }

  handle(request: HttpRequest, response: HttpResponse): void {
    this.#front.handle(request, response)
  }
}
