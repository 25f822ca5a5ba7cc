import type { ContainerSpec, PlacementRequest } from '@stemcell/core'
import type { Resources } from '@stemcell/core/scheduling'
import type { TraceFunction } from '../trace/trace.ts'

/** A function of the trace as the platform knows it, and what became of its calls. */
export class ReplayedFunction {
  readonly key: string
  readonly request: PlacementRequest
  readonly need: Resources
  readonly spec: ContainerSpec
  readonly initMs: number
  readonly service: NamespaceService
  calls = 0
  coldStarts = 0

  constructor({ name, namespace, memoryMb, initMs }: TraceFunction, usualInitMs: number, service: NamespaceService) {
    this.key = `${namespace} ${name}`
    this.initMs = initMs ?? usualInitMs
    this.service = service
    this.need = { memoryMb, milliCpu: 0 }
    this.request = {
      namespace,
      action: name,
      version: '0.0.1',
      kind: 'nodejs:20',
      memoryMb,
      maxConcurrent: 1,
      blackbox: false,
    }
    this.spec = {
      owner: { platform: 'replay', invoker: 'invoker' },
      kind: 'nodejs:20',
      image: 'replayed',
      userImage: false,
      memoryMb,
      maxConcurrent: 1,
      environment: {},
      labels: {},
    }
  }
}

/** What a namespace asked for and what it took, ms. */
export interface NamespaceService {
  runMs: number
  totalMs: number
}
