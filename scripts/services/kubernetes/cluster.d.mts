/** A cluster that `startCluster` started: one node. */
export interface Cluster {
  readonly folder: string
  /** Of everything with every permission. */
  readonly kubeconfig: string
  /** `https://…` of the API. */
  readonly server: string
  readonly token: string
  readonly network: { readonly host: string; readonly node: string; readonly pods: string }
  /** Process 1 in there. */
  readonly pid: number
  readonly startTime: string | undefined
  /** Unix socket of containerd, for programs outside. */
  readonly socket: string
  start(part: Part): Promise<void>
  stop(part: Part, options?: { readonly signal?: NodeJS.Signals }): Promise<void>
  signal(part: Part, signal: NodeJS.Signals): void
  importImages(archive: string): void
}

export type Part =
  | 'containerd'
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'coredns'

export function whyNoCluster(): string | undefined
/** `kubelet`: members of its KubeletConfiguration. */
export function startCluster(folder: string, options?: { readonly kubelet?: object }): Promise<Cluster>
export function removeCluster(folder: string): Promise<void>
export function clusterRemains(folder: string): boolean
export function namesOf(folder: string): { readonly cable: string; readonly group: string }
export function kubectlProgram(): Promise<string>
export function importImages(socket: string, archive: string): void
/** Ids of images by their names, such as `stemcell/action-nodejs:20`. */
export function imageIds(socket: string): ReadonlyMap<string, string | undefined>
