import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { prepare } from '../prepare.mjs'
import { DEPLOY } from './compose-file.ts'

const ROOT = resolve(DEPLOY, '../..')
const require = createRequire(import.meta.url)

const PLATFORM = 'stemcell'
const ACTIONS = 'stemcell-actions'

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number
  readonly serviceAccountName?: string
  readonly containers: readonly {
    readonly args: readonly string[]
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
    readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } }
    readonly startupProbe: Probe
    readonly readinessProbe: Probe
    readonly livenessProbe: Probe
  }[]
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[]
}

interface Probe {
  readonly httpGet: { readonly port: string; readonly scheme: string }
}

interface StatefulSet extends Manifest {
  readonly spec: {
    readonly serviceName: string
    readonly selector: { readonly matchLabels: Record<string, string> }
    readonly template: { readonly metadata: { readonly labels: Record<string, string> }; readonly spec: PodSpec }
    readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[]
  }
}

interface Kustomization {
  readonly resources: readonly string[]
  readonly secretGenerator: readonly {
    readonly name: string
    readonly namespace: string
    readonly files: readonly string[]
  }[]
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(DEPLOY, folder)).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
const manifestsIn = (folder: string): readonly Manifest[] =>
  filesIn(folder)
    .flatMap((name) => parseAllDocuments(readFileSync(join(DEPLOY, folder, name), 'utf8')))
    .map((document) => document.toJS() as Manifest)
const manifests = manifestsIn('kubernetes')
const withTrial = [...manifests, ...manifestsIn('kubernetes-trial')]
const sets = manifests.filter(({ kind }) => kind === 'StatefulSet') as unknown as readonly StatefulSet[]
const kustomization = parse(readFileSync(join(DEPLOY, 'kubernetes/kustomization.yaml'), 'utf8')) as Kustomization
const trial = parse(readFileSync(join(DEPLOY, 'kubernetes-trial/kustomization.yaml'), 'utf8')) as Kustomization
const titled = withTrial.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const)

let folder: string
let config: {
  readonly drainMs: number
  readonly port?: number
  readonly limits: { readonly timeoutMs: { readonly max: number } }
  readonly invoker: { readonly port: number; readonly userMemoryMb: number }
  readonly containers: { readonly options: { readonly namespace: string } }
  readonly tls: Record<string, string>
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stemcell-kubernetes-'))
  prepare({ folder, apiHost: 'api.example.com' })
  config = JSON.parse(readFileSync(join(folder, 'kubernetes.json'), 'utf8')) as typeof config
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Name of the package's class, and its module. */
function modelOf({ apiVersion, kind }: Manifest): { readonly name: string; readonly from: string } {
  return { name: kind, from: `kubernetes-models/${apiVersion}` }
}

describe('the manifests for Kubernetes', () => {
  it.each(titled)('%s has what its schema requires, and values that it takes', (_, manifest) => {
    const { name, from } = modelOf(manifest)
    const Model = (require(from) as Record<string, new (data: object) => { validate(): void }>)[name]!
    new Model(manifest).validate()
  })

  it('have no field that Kubernetes does not know', () => {
    const models = [
      ...new Map(withTrial.map((manifest) => [JSON.stringify(modelOf(manifest)), modelOf(manifest)])).values(),
    ]
    const imports = models.map(({ name, from }) => `import type { I${name} } from '${from}'`)
    const check = (data: readonly Manifest[]): string => {
      const values = data.map((each, index) => `export const m${index}: I${each.kind} = ${JSON.stringify(each)}`)
      // Inside the repository, where the types are found.
      const own = mkdtempSync(join(DEPLOY, 'test', '.manifests-'))
      try {
        writeFileSync(join(own, 'manifests.ts'), [...imports, ...values].join('\n'))
        const options = [
          '--noEmit',
          '--strict',
          '--skipLibCheck',
          '--module',
          'nodenext',
          '--types',
          'node',
          '--ignoreConfig',
        ]
        const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
        return spawnSync(process.execPath, [tsc, ...options, join(own, 'manifests.ts')], { encoding: 'utf8' }).stdout
      } finally {
        rmSync(own, { recursive: true })
      }
    }
    expect(check(withTrial)).toBe('')
    const [set] = sets
    const wrong = { ...set!, spec: { ...set!.spec, terminationGracePeriodSecond: 1 } } as Manifest
    expect(check([wrong])).toMatch(/terminationGracePeriodSecond"?' does not exist/)
  })

  it('are all named by the kustomization, with secrets of files that prepare.mjs makes', () => {
    expect(kustomization.resources.toSorted()).toEqual(filesIn('kubernetes').toSorted())
    expect(trial.resources.toSorted()).toEqual(['../kubernetes', ...filesIn('kubernetes-trial')].toSorted())
    for (const { files: sources, namespace } of kustomization.secretGenerator) {
      expect(namespace).toBe(PLATFORM)
      for (const source of sources) {
        const path = source.split('=')[1]!.replace(/^settings\//, '')
        expect(existsSync(join(folder, path)), path).toBe(true)
      }
    }
  })

  it('keep actions in a namespace of their own, where invokers may do no more than the factory needs', () => {
    const namespaces = manifests.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)
    expect(namespaces).toEqual([PLATFORM, ACTIONS])
    for (const { metadata, kind } of manifests) {
      if (kind !== 'Namespace') expect(namespaces).toContain(metadata.namespace)
    }
    const inActions = manifests.filter(({ metadata }) => metadata.namespace === ACTIONS)
    expect(inActions.map(({ kind }) => kind).toSorted()).toEqual(['NetworkPolicy', 'Role', 'RoleBinding'])
    const { serviceAccountName } = sets.find(({ metadata }) => metadata.name === 'invoker')!.spec.template.spec
    expect(inActions.find(({ kind }) => kind === 'RoleBinding')).toMatchObject({
      subjects: [{ kind: 'ServiceAccount', name: serviceAccountName, namespace: PLATFORM }],
    })
    expect(config.containers.options.namespace).toBe(ACTIONS)
  })
})

describe.each(sets.map((set) => [set.metadata.name, set] as const))('the pods of %s', (name, { spec }) => {
  const [container] = spec.template.spec.containers

  it('have the time to finish an action of the longest time limit', () => {
    const { terminationGracePeriodSeconds: grace } = spec.template.spec
    const [, pause = '0'] = container!.lifecycle?.preStop.exec.command ?? []
    expect(config.drainMs).toBeGreaterThanOrEqual(config.limits.timeoutMs.max)
    expect((grace - Number(pause)) * 1000).toBeGreaterThanOrEqual(config.drainMs + 20_000)
  })

  it('are found by the selector of their set, and by a Service that gives them names', () => {
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels)
    const service = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === spec.serviceName)
    expect(service).toMatchObject({ spec: { clusterIP: 'None', selector: spec.selector.matchLabels } })
  })

  it('are asked on the port that they listen on, over TLS', () => {
    const expected = name === 'invoker' ? config.invoker.port : (config.port ?? 3233)
    const [port] = container!.ports
    expect(port!.containerPort).toBe(expected)
    for (const probe of [container!.startupProbe, container!.readinessProbe, container!.livenessProbe]) {
      expect(probe.httpGet).toMatchObject({ port: port!.name, scheme: 'HTTPS' })
    }
  })

  it('mount what their configuration and their arguments name', () => {
    const mounts = container!.volumeMounts
    const volumes = [...spec.template.spec.volumes, ...spec.volumeClaimTemplates.map(({ metadata }) => metadata)]
    expect(mounts.map((mount) => mount.name).toSorted()).toEqual(volumes.map((volume) => volume.name).toSorted())
    const secrets = spec.template.spec.volumes.flatMap(({ secret }) => (secret ? [secret.secretName] : []))
    const made = kustomization.secretGenerator.map((secret) => secret.name)
    expect(secrets.filter((secret) => !made.includes(secret))).toEqual([])
    const paths = [...Object.values(config.tls), ...container!.args.flatMap((arg) => /=(\/\S+)/.exec(arg)?.[1] ?? [])]
    for (const path of paths) {
      expect(
        mounts.some(({ mountPath }) => path.startsWith(`${mountPath}/`)),
        path,
      ).toBe(true)
    }
  })

  it('have a budget for disruptions', () => {
    const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget')
    expect(budgets).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ spec: expect.objectContaining({ selector: spec.selector }) as unknown }),
      ]),
    )
  })
})

describe('the network policies', () => {
  interface Policy extends Manifest {
    readonly spec: {
      readonly podSelector: { readonly matchLabels?: Record<string, string> }
      readonly policyTypes: readonly string[]
      readonly ingress?: readonly { readonly from?: readonly { readonly podSelector?: Selector }[] }[]
      readonly egress?: readonly {
        readonly to: readonly { readonly podSelector?: Selector; readonly ipBlock?: object }[]
      }[]
    }
  }
  interface Selector {
    readonly matchLabels?: Record<string, string>
    readonly matchExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[]
  }
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as readonly Policy[]
  const COMPONENT = 'app.kubernetes.io/component'
  const of = (component: string | undefined): Policy =>
    policies.find(
      ({ metadata, spec }) =>
        metadata.namespace === PLATFORM && spec.podSelector.matchLabels?.[COMPONENT] === component,
    )!
  const componentsIn = (selectors: readonly (Selector | undefined)[]): string[] =>
    selectors.flatMap((selector) => [
      ...(selector?.matchLabels?.[COMPONENT] === undefined ? [] : [selector.matchLabels[COMPONENT]]),
      ...(selector?.matchExpressions?.flatMap(({ values }) => values) ?? []),
    ])

  it('let nobody in but by another policy', () => {
    expect(of(undefined).spec).toEqual({ podSelector: {}, policyTypes: ['Ingress'] })
  })

  it('keep actions from queue and stores, on both sides', () => {
    const callers = of('backend').spec.ingress!.flatMap(({ from = [] }) => from.map(({ podSelector }) => podSelector))
    expect(componentsIn(callers).toSorted()).toEqual(['backend', 'controller', 'invoker'])
    const { policyTypes, egress, podSelector } = policies.find(({ metadata }) => metadata.namespace === ACTIONS)!.spec
    expect(podSelector).toEqual({})
    expect(policyTypes).toContain('Egress')
    const reached = egress!.flatMap(({ to }) => to)
    expect(componentsIn(reached.map(({ podSelector }) => podSelector))).toEqual(['controller'])
    // Every private address is left out of what is outside.
    expect(reached.filter(({ ipBlock }) => ipBlock)).toEqual([
      {
        ipBlock: {
          cidr: '0.0.0.0/0',
          except: ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
        },
      },
    ])
  })
})
