/** What an operator sees of a container. */
export interface ContainerView {
  /** Counts up from 1 while the invoker is open; never used twice. */
  readonly id: number
  readonly phase: ContainerPhase
  /** Absent until it belongs to an action. */
  readonly of?: ContainerOwnerView
  /** Kind of a stem cell. */
  readonly stemKind?: string
  readonly memoryMb: number
  /** Activations given to it that have not ended. */
  readonly active: number
}

/** Whose activations a container runs. */
export interface ContainerOwnerView {
  /** Of the caller. */
  readonly namespace: string
  /** `namespace/[package/]name` */
  readonly action: string
  readonly kind: string
}

/** The states of a container, as far as an operator tells them apart. */
export type ContainerPhase =
  | 'starting'
  | 'stem'
  | 'initialising'
  /** At least one activation inside. */
  | 'hot'
  | 'idle'
  | 'suspended'
  | 'leaving'
  | 'gone'

/** Told of a container now and whenever it changes; `gone` comes last. */
export type ContainerListener = (view: ContainerView) => void
