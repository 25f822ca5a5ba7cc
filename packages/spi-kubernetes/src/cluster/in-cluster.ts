import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClusterAccess } from './cluster-access.ts'

/** Where Kubernetes puts the credentials of a pod's service account. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export function hasServiceAccount(folder: string = SERVICE_ACCOUNT): boolean {
  return existsSync(join(folder, 'token'))
}

/** The service account of the pod that this process runs in. Its token is replaced about once an hour. */
export async function inCluster(
  env: Readonly<Record<string, string | undefined>>,
  folder: string = SERVICE_ACCOUNT,
): Promise<ClusterAccess> {
  const { KUBERNETES_SERVICE_HOST: host = 'kubernetes.default.svc', KUBERNETES_SERVICE_PORT: port = '443' } = env
  const namespace = existsSync(join(folder, 'namespace'))
    ? (await readFile(join(folder, 'namespace'), 'utf8')).trim()
    : 'default'
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace,
    source: `the service account in ${folder}`,
    async credentials() {
      const [token, ca] = await Promise.all(['token', 'ca.crt'].map((name) => readFile(join(folder, name), 'utf8')))
      return { token: token!.trim(), tls: { ca: ca! } }
    },
  }
}
