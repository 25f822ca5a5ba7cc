/** See cluster-mutants.mjs. */
export interface ClusterMutant {
  readonly name: string
  readonly text: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly seeds: number
  readonly first?: number
}
export const CLUSTER_MUTANTS: readonly ClusterMutant[]
/** Within how many seeds each fault that OpenWhisk had is found. */
export const HISTORY_SEEDS: Readonly<Record<string, number>>
