import type { ContainerOwner, ContainerSpec } from '../container/container-factory.ts'
import type { ActivationMessage } from '../messages/activation-message.ts'
import { documentId } from '../model/entity-name.ts'
import type { LoadedAction } from './parts/loaded-action.ts'
import type { StemCellLane } from './pool/stem-cells.ts'

export interface ContainerSpecOptions {
  readonly owner: ContainerOwner
  readonly apiHost: () => string
  readonly extraEnvironment: Readonly<Record<string, string>>
  /** Jobs at once that any action may ask for: a stem cell must be able to take as many. */
  readonly maxConcurrent: number
}

/** What containers of this invoker are made like. */
export class ContainerSpecs {
  readonly #options: ContainerSpecOptions

  constructor(options: ContainerSpecOptions) {
    this.#options = options
  }

  forAction(message: ActivationMessage, action: LoadedAction, maxConcurrent: number): ContainerSpec {
    const { memory, cpu } = action.action.limits
    return {
      owner: this.#options.owner,
      kind: action.kind,
      image: action.image,
      userImage: action.userImage,
      memoryMb: memory,
      ...(cpu === undefined ? {} : { cpu }),
      maxConcurrent,
      environment: this.#environment(maxConcurrent),
      labels: { namespace: message.user.namespace.name, action: documentId(message.action) },
    }
  }

  forStemCell({ kind, image, plan }: StemCellLane): ContainerSpec {
    const { owner, maxConcurrent } = this.#options
    return {
      owner,
      kind,
      image,
      userImage: false,
      memoryMb: plan.memoryMb,
      maxConcurrent,
      environment: this.#environment(maxConcurrent),
      labels: {},
    }
  }

  #environment(maxConcurrent: number): Record<string, string> {
    const { apiHost, extraEnvironment } = this.#options
    return {
      ...extraEnvironment,
      __OW_API_HOST: apiHost(),
      // Without it the OpenWhisk runtimes refuse a second run while one is going on.
      ...(maxConcurrent > 1 ? { __OW_ALLOW_CONCURRENT: 'true' } : {}),
    }
  }
}
