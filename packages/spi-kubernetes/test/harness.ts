import type { ContainerSpec } from '@stemcell/core'
import { containerSpec } from '../../../test/action-containers.ts'
import type { TestCluster } from './cluster.ts'

export { answer, eventually, initialise, logged, run } from '../../../test/action-containers.ts'

export function specOf({ platform, image }: TestCluster, extra: Partial<ContainerSpec> = {}): ContainerSpec {
  return containerSpec({ owner: { platform, invoker: 'invoker0' }, image }, { memoryMb: 128, ...extra })
}
