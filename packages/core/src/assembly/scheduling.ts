// What decides where and in which container an activation runs, for programs that drive it on a clock of their own.
export { ClusterState } from '../controller/cluster/cluster-state.ts'
export { GuardedPlacement, type CheckedPlacement } from '../controller/cluster/guarded-placement.ts'
export { WaitingRoom, type Waiter } from '../controller/cluster/waiting-room.ts'
export type { Acquisition, AcquisitionReason, Job, JobFailure, Verdict } from '../invoker/parts/job.ts'
export { RemovableHeap, type HeapItem } from '../collections/removable-heap.ts'
export type { Resources } from '../invoker/parts/resources.ts'
export { ContainerPool, type PoolParts } from '../invoker/pool/container-pool.ts'
export { guardedPolicy } from '../invoker/pool/guarded-policy.ts'
