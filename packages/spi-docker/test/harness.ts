import type { ContainerSpec } from '@stemcell/core'
import { randomBytes } from 'node:crypto'
import { containerSpec } from '../../../test/action-containers.ts'
import type { TestEngine } from './engine.ts'

export { answer, callOptions, eventually, initialise, logged, run } from '../../../test/action-containers.ts'

export function specOf({ platform, image }: TestEngine, extra: Partial<ContainerSpec> = {}): ContainerSpec {
  return containerSpec({ owner: { platform, invoker: 'invoker0' }, image }, extra)
}

export const unique = (): string => randomBytes(6).toString('hex')
