import type { HttpRequest, HttpResponse } from './http/direct/api-server.ts'
import type { SubjectChange } from '../auth/auth.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { ClusterMember } from './cluster/cluster-member.ts'
import type { ActionInvocation, FiringOutcome, TriggerFiring } from '../system-packages/system-package.ts'

/** Everything behind the REST API. */
export interface Controller extends Lifecycle {
  readonly id: string

  /** Controllers in the cluster, this one included, as far as it knows. */
  readonly clusterSize: number

  /** The invokers as this controller sees them now, those that are away included. */
  readonly members: readonly ClusterMember[]

  /** Resolves to true as soon as an invoker is there that can be given work, to false when none came within `limitMs`. */
  hasInvoker(limitMs: number): Promise<boolean>

  /** Accepts no more activations and waits, for at most `deadlineMs`, until those in flight have completed. */
  drain(deadlineMs: number): Promise<void>

  /** A subject or the limits of a namespace were changed in the store: this controller's auth is told, and the others'. */
  subjectChanged(changed: SubjectChange): void

  /** Fires a trigger in the name of a key's owner, see `SystemPackageContext.fire`. */
  fire(firing: TriggerFiring): Promise<FiringOutcome>

  /** Invokes an action in the name of the owner of its namespace, see `SystemPackageContext.invoke`. */
  invoke(invocation: ActionInvocation): Promise<FiringOutcome>

  /** Answers one HTTP request; never rejects. */
  handle(request: HttpRequest, response: HttpResponse): void
}
