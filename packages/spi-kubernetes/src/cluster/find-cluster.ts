import { PlatformError } from '@stemcell/core'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { ClusterAccess } from './cluster-access.ts'
import { hasServiceAccount, inCluster } from './in-cluster.ts'
import { fromKubeconfig } from './kubeconfig.ts'

/**
 * The cluster that the options name, or else the one that this process is in, or the user's.
 * @throws ERR_CONFIG there is none, or its description cannot be used.
 */
export function findCluster(
  { kubeconfig, context }: { readonly kubeconfig?: string | undefined; readonly context?: string | undefined },
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ClusterAccess> {
  if (kubeconfig !== undefined) return fromKubeconfig(kubeconfig, context)
  if (context === undefined && hasServiceAccount()) return inCluster(env)
  const [named] = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  const own = join(homedir(), '.kube', 'config')
  if (named === undefined && !existsSync(own)) {
    const fix = 'set kubeconfig, or KUBECONFIG in the environment, or run in a pod with a service account'
    const what = `no cluster is named: there is no service account and no ${own}: ${fix}`
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-kubernetes: ${what}`)
  }
  return fromKubeconfig(named ?? own, context)
}
