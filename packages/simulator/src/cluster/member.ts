import type { ControllerGauges, ControllerNode, InvokerNode, PoolGauges } from '@stemcell/core'
import type { RemoteLimiter } from '../services/limiter.ts'
import type { Host, WallClock } from '../world/host.ts'

interface MemberState {
  readonly name: string
  readonly number: number
  /** Its process; another one after each crash. */
  host: Host | undefined
  /** Of its machine. */
  readonly wall: WallClock
  /** Lives of it so far. */
  lives: number
  /** It is down for good. */
  retired: boolean
}

/** A controller, through all its lives. */
export interface ControllerMember extends MemberState {
  readonly kind: 'controller'
  /** Undefined while it is down, or starts. */
  node: ControllerNode | undefined
  gauges: ControllerGauges | undefined
  limiter: RemoteLimiter | undefined
}

/** An invoker, through all its lives. */
export interface InvokerMember extends MemberState {
  readonly kind: 'invoker'
  node: InvokerNode | undefined
  gauges: PoolGauges | undefined
}

export type Member = ControllerMember | InvokerMember
