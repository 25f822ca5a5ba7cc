import { PlatformError } from '@stemcell/core'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse, YAMLParseError } from 'yaml'
import { z } from '@stemcell/core/schema'
import type { ClusterAccess, Credentials } from './cluster-access.ts'

const cluster = z.looseObject({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
})

const user = z.looseObject({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
})

const named = <T extends z.ZodType>(name: string, value: T) =>
  z
    .array(z.looseObject({ name: z.string(), [name]: value }))
    .nullish()
    .transform((list) => list ?? [])

const kubeconfig = z.looseObject({
  clusters: named('cluster', z.unknown()),
  users: named('user', z.unknown()),
  contexts: named(
    'context',
    z.looseObject({ cluster: z.string(), user: z.string(), namespace: z.string().optional() }),
  ),
  'current-context': z.string().optional(),
})

/** Ways of a kubeconfig to get credentials that are not gone here, and what to do instead. */
const TOKEN_INSTEAD = 'make a token (kubectl create token NAME) and name it as token or tokenFile'
const UNSUPPORTED: Readonly<Record<string, string>> = {
  exec: `its user has an exec plug-in, which is not run here: ${TOKEN_INSTEAD}`,
  'auth-provider': `its user has an auth-provider, which is not supported: ${TOKEN_INSTEAD}`,
  username: `its user has a password, which API servers do not take any more: ${TOKEN_INSTEAD}`,
  as: 'its user acts as another one (as), which is not supported: name credentials of that user',
}

/**
 * A cluster as a kubeconfig file describes it. The files that it names are read again for each new connection.
 * @throws ERR_CONFIG it cannot be read, or asks for what is not supported.
 */
export async function fromKubeconfig(path: string, contextName: string | undefined): Promise<ClusterAccess> {
  const config = await read(path)
  const name = contextName ?? config['current-context']
  if (!name) throw unusable(path, 'it has no current-context: set context')
  const context = find(path, config.contexts, 'context', name) as z.output<
    typeof kubeconfig
  >['contexts'][number]['context'] & { readonly cluster: string; readonly user: string; readonly namespace?: string }
  const where = checked(
    path,
    cluster,
    find(path, config.clusters, 'cluster', context.cluster),
    `cluster ${context.cluster}`,
  )
  if (where['proxy-url'] !== undefined)
    throw unusable(path, 'proxy-url is not supported: name a server that is reached directly')
  refuseUnsupported(path, find(path, config.users, 'user', context.user))
  const serverName = where['tls-server-name']
  return {
    server: new URL(where.server.replace(/\/+$/, '')),
    namespace: context.namespace ?? 'default',
    source: `context ${name} of ${path}`,
    credentials: async () => {
      const again = await read(path)
      const { user: userName, cluster: clusterName } = context
      const found = find(path, again.users, 'user', userName)
      refuseUnsupported(path, found)
      const here = checked(path, cluster, find(path, again.clusters, 'cluster', clusterName), `cluster ${clusterName}`)
      const who = checked(path, user, found ?? {}, `user ${userName}`)
      const ca = await either(path, here, 'certificate-authority')
      const cert = await either(path, who, 'client-certificate')
      const key = await either(path, who, 'client-key')
      const token = who.tokenFile === undefined ? who.token : await file(path, who.tokenFile)
      const credentials: Credentials = {
        ...(token !== undefined && { token: token.trim() }),
        tls: {
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
          ...(serverName !== undefined && { servername: serverName }),
          ...(here['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
        },
      }
      return credentials
    },
  }
}

async function read(path: string): Promise<z.output<typeof kubeconfig>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw unusable(path, `it cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, cause)
  }
  try {
    return checked(path, kubeconfig, parse(text) as unknown, 'the file')
  } catch (error) {
    if (error instanceof YAMLParseError) throw unusable(path, `it is no YAML: ${error.message.split('\n')[0]!}`, error)
    throw error
  }
}

function checked<T extends z.ZodType>(path: string, schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const why = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`).join('; ')
  throw unusable(path, `${what}: ${why}`)
}

function find(path: string, list: readonly Readonly<Record<string, unknown>>[], kind: string, name: string): unknown {
  const found = list.find((one) => one['name'] === name)
  if (found) return found[kind]
  const names = list.map((one) => String(one['name'])).join(', ')
  throw unusable(path, `it has no ${kind} '${name}'${names === '' ? '' : ` (it has ${names})`}`)
}

function refuseUnsupported(path: string, found: unknown): void {
  for (const [name, why] of Object.entries(UNSUPPORTED)) {
    if (typeof found === 'object' && found !== null && Object.hasOwn(found, name)) throw unusable(path, why)
  }
}

/** What stands in the file itself, or in one that it names; names are relative to it. */
async function either(
  path: string,
  holder: Readonly<Record<string, unknown>>,
  name: string,
): Promise<string | undefined> {
  const data = holder[`${name}-data`]
  if (typeof data === 'string') return Buffer.from(data, 'base64').toString()
  const named = holder[name]
  return typeof named === 'string' ? file(path, named) : undefined
}

async function file(path: string, named: string): Promise<string> {
  const full = resolve(dirname(path), named)
  try {
    return await readFile(full, 'utf8')
  } catch (cause) {
    throw unusable(path, `${full} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, cause)
  }
}

function unusable(path: string, why: string, cause?: unknown): PlatformError {
  return new PlatformError('ERR_CONFIG', `@stemcell/spi-kubernetes: kubeconfig: ${path}: ${why}`, { cause })
}
