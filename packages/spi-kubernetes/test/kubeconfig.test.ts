import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findCluster } from '../src/cluster/find-cluster.ts'
import { inCluster } from '../src/cluster/in-cluster.ts'
import { fromKubeconfig } from '../src/cluster/kubeconfig.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')

function config(user: string, cluster = ''): string {
  return write(
    'config',
    `apiVersion: v1
kind: Config
current-context: one
preferences: {}
contexts:
  - { name: one, context: { cluster: here, user: me, namespace: actions } }
  - { name: two, context: { cluster: here, user: nobody } }
clusters:
  - { name: here, cluster: { server: 'https://10.0.0.1:6443/', ${cluster} } }
users:
  - { name: me, user: { ${user} } }
`,
  )
}

it('reads certificates that stand in it, and those in files that it names, relative to it', async () => {
  write('ca.pem', 'CA')
  const path = config(
    `client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}`,
    'certificate-authority: ca.pem, tls-server-name: kubernetes',
  )
  const access = await fromKubeconfig(path, undefined)
  expect([access.server.origin, access.namespace]).toEqual(['https://10.0.0.1:6443', 'actions'])
  expect(await access.credentials()).toEqual({ tls: { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'kubernetes' } })
})

it('reads a file with a token again each time', async () => {
  write('token', 'first\n')
  const access = await fromKubeconfig(config('tokenFile: token', 'insecure-skip-tls-verify: true'), 'one')
  expect(await access.credentials()).toEqual({ token: 'first', tls: { rejectUnauthorized: false } })
  write('token', 'second')
  expect((await access.credentials()).token).toBe('second')
})

it('says what it does not do, and what to do instead', async () => {
  const refused = (user: string): Promise<unknown> => fromKubeconfig(config(user), undefined)
  await expect(refused('exec: { command: aws }')).rejects.toThrow(/exec plug-in, which is not run here: make a token/)
  await expect(refused('auth-provider: { name: gcp }')).rejects.toThrow(/auth-provider, which is not supported/)
  await expect(refused('username: me, password: secret')).rejects.toThrow(/has a password/)
  await expect(refused('token: x, as: other')).rejects.toThrow(/acts as another one/)
  await expect(fromKubeconfig(config('token: x', "proxy-url: 'http://p'"), undefined)).rejects.toThrow(/proxy-url/)
})

it('names the file and what is wrong in it', async () => {
  const missing = join(folder, 'none')
  await expect(fromKubeconfig(missing, undefined)).rejects.toThrow(`kubeconfig: ${missing}: it cannot be read (ENOENT)`)
  await expect(fromKubeconfig(config('token: x'), 'three')).rejects.toThrow(
    "it has no context 'three' (it has one, two)",
  )
  await expect(fromKubeconfig(config('token: x'), 'two')).rejects.toThrow("it has no user 'nobody' (it has me)")
  await expect(fromKubeconfig(write('bad', 'a: [b'), undefined)).rejects.toThrow(/it is no YAML/)
  await expect(fromKubeconfig(write('list', '- a'), undefined)).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  const access = await fromKubeconfig(config('tokenFile: gone'), undefined)
  await expect(access.credentials()).rejects.toThrow(/gone cannot be read \(ENOENT\)/)
})

it('takes the first file that KUBECONFIG names', async () => {
  const path = config('token: x')
  const access = await findCluster({}, { KUBECONFIG: `${path}:/somewhere/else` })
  expect(access.source).toBe(`context one of ${path}`)
})

it('takes the service account of its pod, whose token changes', async () => {
  write('token', 'first\n')
  write('ca.crt', 'CA')
  write('namespace', 'stemcell')
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
  const access = await inCluster(env, folder)
  expect([access.server.origin, access.namespace]).toEqual(['https://[fd00::1]:6443', 'stemcell'])
  expect(await access.credentials()).toEqual({ token: 'first', tls: { ca: 'CA' } })
  write('token', 'second')
  expect((await access.credentials()).token).toBe('second')
  expect((await inCluster({}, folder)).server.origin).toBe('https://kubernetes.default.svc')
})
