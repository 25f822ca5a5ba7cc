import type { ContainerFactory } from '@stemcell/core'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { describeWith } from '../../../test/describe-with.ts'
import { useCluster } from './cluster.ts'
import { answer, eventually, logged, specOf } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** The Role that the README tells operators to make. */
function roleOfReadme(): readonly Rule[] {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const blocks = Array.from(
    readme.matchAll(/```yaml\n([^`]*)```/g),
    ([, text]) => parse(text!) as { kind?: string; rules?: Rule[] },
  )
  const role = blocks.find(({ kind }) => kind === 'Role')
  if (!role?.rules) throw new Error('the README has no Role')
  return role.rules
}

describeWith('kubernetes', 'what the credentials must allow', (kubeconfig) => {
  const cluster = useCluster(kubeconfig)
  const folder = mkdtempSync(join(tmpdir(), 'stemcell-k8s-roles-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const rules = roleOfReadme()
  const given = JSON.parse(
    readFileSync(kubeconfig, 'utf8').trimStart().startsWith('{')
      ? readFileSync(kubeconfig, 'utf8')
      : JSON.stringify(parse(readFileSync(kubeconfig, 'utf8'))),
  ) as {
    readonly clusters: readonly { readonly name: string }[]
  }

  const rbac = (): string => `/apis/rbac.authorization.k8s.io/v1/namespaces/${cluster.namespace}`

  async function account(name: string, allowed: readonly Rule[]): Promise<string> {
    await cluster.post(`/api/v1/namespaces/${cluster.namespace}/serviceaccounts`, { metadata: { name } })
    await cluster.post(`${rbac()}/roles`, { metadata: { name }, rules: allowed })
    await cluster.post(`${rbac()}/rolebindings`, {
      metadata: { name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: cluster.namespace }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    })
    return token(name)
  }

  async function token(name: string): Promise<string> {
    const path = `/api/v1/namespaces/${cluster.namespace}/serviceaccounts/${name}/token`
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3_600 } }
    return (await cluster.post<{ status: { token: string } }>(path, body)).status.token
  }

  /** A factory with a token in a file. */
  function factoryOf(name: string, text: string): { readonly factory: ContainerFactory; readonly file: string } {
    const file = join(folder, `${name}.token`)
    writeFileSync(file, text)
    const { clusters } = given
    const config = {
      clusters,
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: clusters[0]!.name, user: 'test' } }],
      users: [{ name: 'test', user: { tokenFile: file } }],
    }
    const path = join(folder, `${name}.kubeconfig`)
    writeFileSync(path, JSON.stringify(config))
    return { factory: cluster.factory({ kubeconfig: path }), file }
  }

  let text: string
  beforeAll(async () => {
    text = await account('all', rules)
  })

  it('the Role of the README is enough for everything', async () => {
    const { factory } = factoryOf('all', text)
    const owner = { platform: cluster.platform, invoker: 'all' }
    await eventually('the Role is in force', () =>
      factory.open().then(
        () => true,
        () => false,
      ),
    )
    const container = await factory.create(specOf(cluster, { owner }))
    await answer(container, 'function main() { console.log("heard"); return {} }')
    expect((await logged(container, 'a2')).lines.map(({ text: line }) => line)).toEqual(['heard'])
    expect(await factory.list(owner)).toHaveLength(1)
    expect(await factory.reap(owner)).toBe(0)
    await container.destroy()
    expect(await factory.list(owner)).toEqual([])
    await factory.close()
  })

  // `create` of `pods/attach` is for later versions of Kubernetes.
  const verbs = rules
    .flatMap(({ resources, verbs: all }) => resources.flatMap((resource) => all.map((verb) => ({ resource, verb }))))
    .filter(({ resource, verb }) => resource !== 'pods/attach' || verb !== 'create')

  it.each(verbs)('without $verb of $resource nothing begins, and the error names it', async ({ resource, verb }) => {
    const name = `no-${verb}-${resource.replace('/', '-')}`
    const less = rules.map((rule) =>
      rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
    )
    const { factory } = factoryOf(
      name,
      await account(
        name,
        less.filter(({ verbs: left }) => left.length > 0),
      ),
    )
    const others = verbs.filter((one) => one.verb !== verb || one.resource !== resource)
    await vi.waitFor(async () => {
      const error: unknown = await factory.open().catch((one: unknown) => one)
      expect(error).toMatchObject({ code: 'ERR_CONFIG' })
      const { message } = error as Error
      expect(message).toContain(`no permission in namespace ${cluster.namespace} to ${verb} ${resource}: give`)
      // Until the server has heard of the Role, all of them are missing.
      for (const other of others) expect(message).not.toContain(`${other.verb} ${other.resource},`)
    }, 30_000)
  })

  it('a token that is believed no more is read again from its file', async () => {
    const first = await account('first', rules)
    const { factory, file } = factoryOf('renewed', first)
    await eventually('the Role is in force', () =>
      factory.open().then(
        () => true,
        () => false,
      ),
    )
    try {
      await (await factory.create(specOf(cluster))).destroy()
      writeFileSync(file, text)
      await cluster.remove(`/api/v1/namespaces/${cluster.namespace}/serviceaccounts/first`)
      const container = await factory.create(specOf(cluster))
      expect(await answer(container, 'function main() { return { fine: true } }')).toEqual({ fine: true })
    } finally {
      await factory.close()
    }
  })

  it('wrong credentials are refused at once, with a word about them', async () => {
    const { factory } = factoryOf('wrong', 'no-token')
    await expect(factory.open()).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(
        /the API server at https:.* refuses: Unauthorized: the credentials are wrong/,
      ) as string,
    })
  })
})
