import type { ContainerSpec } from '@stemcell/core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { kubernetesContainers } from '../src/index.ts'
import { kubernetesContainersOptions, type KubernetesContainersOptions } from '../src/kubernetes-containers-options.ts'
import { labelValue } from '../src/pod/pod-labels.ts'
import { isOwn, podRequest } from '../src/pod/pod-request.ts'
import { readPodTemplate } from '../src/pod/pod-template.ts'

interface Request {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string>; readonly annotations: object }
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly containers: readonly (Readonly<Record<string, unknown>> & {
      readonly name: string
      readonly env: object[]
    })[]
  }
}

const spec: ContainerSpec = {
  owner: { platform: 'p', invoker: 'Invoker_0' },
  kind: 'nodejs:20',
  image: 'stemcell/action-nodejs:20',
  userImage: false,
  memoryMb: 256,
  maxConcurrent: 1,
  environment: {},
  labels: {},
}

function request(options: KubernetesContainersOptions = {}, given: Partial<ContainerSpec> = {}, own = true): Request {
  const settings = kubernetesContainersOptions.parse(options)
  return podRequest({
    spec: { ...spec, ...given },
    maker: { factory: 'f1', key: 'k1' },
    own,
    environment: given.environment ?? {},
    logToken: own ? 'secret' : undefined,
    settings,
    template: readPodTemplate(settings.podTemplate),
  }) as unknown as Request
}

it('asks for what a strict namespace admits, and for a share of the limits', () => {
  const { metadata, spec: pod } = request({}, { cpu: 0.5 })
  expect(metadata.name).toBe('stemcell-invoker-0-f1-k1')
  expect(pod).toMatchObject({
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    volumes: [{ name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '128Mi' } }],
  })
  expect(pod.containers).toHaveLength(1)
  expect(pod.containers[0]).toMatchObject({
    imagePullPolicy: 'IfNotPresent',
    resources: { limits: { memory: '256Mi', cpu: '500m' }, requests: { memory: '256Mi', cpu: '50m' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    },
  })
})

it('gives variables their values as they are, and others from fields of the pod', () => {
  const environment = { A: '$(B) $$ $HOME $$(C)' }
  const { spec: pod } = request({ fieldEnvironment: { NODE: 'spec.nodeName' } }, { environment, maxConcurrent: 2 })
  expect(pod.containers[0]!.env).toEqual([
    { name: 'NODE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
    { name: '__OW_ALLOW_CONCURRENT', value: 'true' },
    { name: 'A', value: '$$(B) $$$$ $$HOME $$$$(C)' },
    { name: 'STEMCELL_LOGS', value: 'attributed' },
    { name: 'STEMCELL_LOG_TOKEN', value: 'secret' },
  ])
})

it('trusts images of users less, and pulls them as it is told', () => {
  const given = { image: 'me/mine:1', userImage: true }
  const { spec: pod } = request({ user: '1000:1001', pull: 'always', nonRoot: 'own-images' }, given, false)
  expect(pod).toMatchObject({ securityContext: { runAsNonRoot: false } })
  expect(pod['volumes']).toBeUndefined()
  expect(pod.containers[0]).toMatchObject({
    imagePullPolicy: 'Always',
    securityContext: { readOnlyRootFilesystem: false, runAsUser: 1_000, runAsGroup: 1_001 },
  })
})

it('knows the images of Stemcell by their name, wherever they are kept', () => {
  const own = ['stemcell/']
  expect(isOwn('stemcell/action-nodejs:20', own)).toBe(true)
  expect(isOwn('registry.example:5000/stemcell/action-nodejs:20', own)).toBe(true)
  expect(isOwn('localhost/stemcell/action-nodejs', own)).toBe(true)
  expect(isOwn('openwhisk/stemcell/x', own)).toBe(false)
  expect(isOwn('evil/stemcell-like', own)).toBe(false)
  expect(isOwn('ghcr.io/acme/run', ['ghcr.io/acme/'])).toBe(true)
})

it('merges what the operator wants, and keeps what must be so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'template-'))
  const file = join(folder, 'pod.yaml')
  writeFileSync(
    file,
    `apiVersion: v1
kind: Pod
metadata:
  labels: { team: blue, stemcell.factory: mine }
  annotations: { note: hello }
spec:
  restartPolicy: Always
  runtimeClassName: gvisor
  tolerations: [{ key: b, operator: Exists }]
  securityContext: { fsGroup: 5 }
  containers:
    - name: action
      image: other
      env: [{ name: EXTRA, value: x }, { name: STEMCELL_LOG_TOKEN, value: guessed }]
      securityContext: { readOnlyRootFilesystem: false }
      resources: { requests: { cpu: 1m, ephemeral-storage: 1Gi } }
      volumeMounts: [{ name: data, mountPath: /data }]
    - { name: sidecar, image: side }
  volumes: [{ name: data, emptyDir: {} }]
`,
  )
  try {
    const { metadata, spec: pod } = request({ podTemplate: file, tolerations: [{ key: 'a' }] })
    expect(metadata.labels).toMatchObject({ team: 'blue', 'stemcell.factory': 'f1' })
    expect(metadata.annotations).toMatchObject({ note: 'hello' })
    expect(pod).toMatchObject({
      restartPolicy: 'Never',
      runtimeClassName: 'gvisor',
      tolerations: [{ key: 'a' }, { key: 'b', operator: 'Exists' }],
      securityContext: { fsGroup: 5, runAsNonRoot: true },
      volumes: [{ name: 'tmp' }, { name: 'data' }],
    })
    const [action, sidecar] = pod.containers
    expect(sidecar).toEqual({ name: 'sidecar', image: 'side' })
    expect(action).toMatchObject({
      image: 'stemcell/action-nodejs:20',
      securityContext: { readOnlyRootFilesystem: false, allowPrivilegeEscalation: false },
      resources: { requests: { memory: '256Mi', cpu: '25m', 'ephemeral-storage': '1Gi' } },
      volumeMounts: [{ mountPath: '/tmp' }, { mountPath: '/data' }],
    })
    expect(action!.env).toEqual([
      { name: 'EXTRA', value: 'x' },
      { name: 'STEMCELL_LOG_TOKEN', value: 'secret' },
      { name: 'STEMCELL_LOGS', value: 'attributed' },
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('refuses options and templates with a word about what is wrong', () => {
  expect(() => kubernetesContainers({ namespce: 'a' } as object)).toThrow(/@stemcell\/spi-kubernetes: .*namespce/)
  expect(() => kubernetesContainers({ user: '0:0' })).toThrow(/user: must be uid:gid, and not root/)
  expect(() => kubernetesContainers({ namespace: 'A_B' })).toThrow(/must be the name of a namespace/)
  expect(() => kubernetesContainers({ podTemplate: '/none.yaml' })).toThrow(
    /podTemplate: \/none.yaml cannot be read \(ENOENT\)/,
  )
  expect(() => kubernetesContainers({ podTemplate: { kind: 'Deployment' } })).toThrow(
    /podTemplate: kind: .*must be a Pod/,
  )
  expect(() => kubernetesContainers({ podTemplate: { spec: { containers: [{}] } } })).toThrow(/spec.containers.0.name/)
})

it('makes a label of every text, and different ones of different texts', () => {
  const ofLabel = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/
  const texts = ['guest', 'guest/hello', 'guest hello', '', 'ä', '-a-', 'x'.repeat(64), `${'x'.repeat(64)}y`, '/']
  const values = texts.map(labelValue)
  for (const value of values) expect(value).toMatch(ofLabel)
  expect(new Set(values).size).toBe(texts.length)
  expect(values[0]).toBe('guest')
})
