export class Node {
  readonly name: string
  readonly kind: 'controller' | 'invoker'
  readonly url: string | undefined
  readonly running: boolean
  readonly pid: number | undefined
  start(): Promise<void>
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface LocalClusterOptions {
  readonly folder: string
  readonly config: (apiHost: string) => object
  readonly controllers: number
  readonly invokers: number
  readonly firstPort?: number
  readonly key?: string
}

export class LocalCluster {
  static start(options: LocalClusterOptions): Promise<LocalCluster>
  readonly key: string
  readonly controllers: readonly Node[]
  readonly invokers: readonly Node[]
  readonly nodes: readonly Node[]
  readonly authorization: string
  untilUp(timeoutMs?: number): Promise<void>
  stop(): Promise<void>
}

export function newKey(): string
export function freePort(): Promise<number>
