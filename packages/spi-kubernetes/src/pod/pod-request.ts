import type { ContainerSpec } from '@stemcell/core'
import { RUNTIME_PORT } from '@stemcell/core/container-engine'
import type { KubernetesContainersSettings } from '../kubernetes-containers-options.ts'
import { annotationsOf, labelsOf, type Maker } from './pod-labels.ts'
import { merged, type PodTemplate, type Tree } from './pod-template.ts'

/** The container of the action within its pod. */
export const ACTION = 'action'
/** Between asking a pod to end and killing it; less is not to be had without losing sight of it. */
export const GRACE_S = 1

const PULL_POLICIES = { always: 'Always', missing: 'IfNotPresent', never: 'Never' } as const
const TMP = 'tmp'

export interface PodPlan {
  readonly spec: ContainerSpec
  readonly maker: Maker
  /** The image is a runtime of Stemcell. */
  readonly own: boolean
  readonly environment: Readonly<Record<string, string>>
  /** Tells frames of the runtime from text; undefined for runtimes that write sentinels. */
  readonly logToken: string | undefined
  readonly settings: KubernetesContainersSettings
  readonly template: PodTemplate
}

/** A name for a host and for an object of the API. */
export function nameOf({ invoker }: ContainerSpec['owner'], { factory, key }: Maker): string {
  const readable = invoker
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 24)
  return `stemcell-${readable}-${factory}-${key}`
}

/** Whether an image is a runtime of Stemcell, by its name. */
export function isOwn(image: string, ownImages: readonly string[]): boolean {
  const path = image.replace(/^(?:localhost|[^/]*[.:A-Z][^/]*)\//, '')
  return ownImages.some((start) => path.startsWith(start) || image.startsWith(start))
}

/** What the API server is asked for: defaults, over them the operator's template, over that what must be so. */
export function podRequest(plan: PodPlan): Tree {
  return merged(merged(defaultsOf(plan), plan.template), requiredOf(plan)) as Tree
}

function defaultsOf({ spec, own, settings }: PodPlan): Tree {
  const { nodeSelector, affinity, tolerations, imagePullSecrets, keepCapabilities, user, nonRoot } = settings
  const [uid, gid] = spec.userImage && user !== undefined ? user.split(':').map(Number) : []
  const runAsNonRoot = nonRoot === 'always' || (nonRoot === 'own-images' && own)
  const readOnly = settings.readOnlyRoot === 'always' || (settings.readOnlyRoot === 'own-images' && own)
  const tmpMb = settings.tmpMb ?? Math.max(1, Math.floor(spec.memoryMb / 2))
  return {
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot, seccompProfile: { type: 'RuntimeDefault' } },
      ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
      ...(affinity && { affinity }),
      ...(tolerations.length > 0 && { tolerations }),
      ...(imagePullSecrets.length > 0 && { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
      // In memory, where it counts as the container's: on the disk of a node nothing would hold it back.
      ...(readOnly && { volumes: [{ name: TMP, emptyDir: { medium: 'Memory', sizeLimit: `${tmpMb}Mi` } }] }),
      containers: [
        {
          name: ACTION,
          securityContext: {
            allowPrivilegeEscalation: false,
            privileged: false,
            capabilities: { drop: ['ALL'], ...(keepCapabilities.length > 0 && { add: keepCapabilities }) },
            readOnlyRootFilesystem: readOnly,
            runAsNonRoot,
            ...(uid !== undefined && { runAsUser: uid, runAsGroup: gid }),
          },
          ...(readOnly && { volumeMounts: [{ name: TMP, mountPath: '/tmp' }] }),
        },
      ],
    },
  }
}

function requiredOf(plan: PodPlan): Tree {
  const { spec, maker, settings } = plan
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: nameOf(spec.owner, maker),
      labels: labelsOf(spec, maker),
      annotations: annotationsOf(spec),
    },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: GRACE_S,
      containers: [
        {
          name: ACTION,
          image: spec.image,
          imagePullPolicy: PULL_POLICIES[spec.userImage ? settings.pull : settings.platformPull],
          env: environmentOf(plan),
          ports: [{ containerPort: RUNTIME_PORT, protocol: 'TCP' }],
          resources: resourcesOf(plan),
          // The last words of what fails come with the news of its end.
          terminationMessagePolicy: 'FallbackToLogsOnError',
        },
      ],
    },
  }
}

function environmentOf({ spec, environment, logToken, settings }: PodPlan): Tree[] {
  const values = {
    ...(spec.maxConcurrent > 1 && { __OW_ALLOW_CONCURRENT: 'true' }),
    ...environment,
    ...(logToken !== undefined && { STEMCELL_LOGS: 'attributed', STEMCELL_LOG_TOKEN: logToken }),
  }
  return [
    ...Object.entries(settings.fieldEnvironment).map(([name, fieldPath]) => ({
      name,
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
    })),
    // Kubernetes would put the value of another variable in the place of `$(NAME)`.
    ...Object.entries(values).map(([name, value]) => ({ name, value: value.replaceAll('$', '$$$$') })),
  ]
}

function resourcesOf({ spec: { memoryMb, cpu }, settings: { cpuPerGb, requests } }: PodPlan): Tree {
  const cores = cpu ?? (cpuPerGb === undefined ? undefined : (cpuPerGb * memoryMb) / 1_024)
  const asked = requests.cpu * (cores ?? memoryMb / 1_024)
  return {
    limits: { memory: `${memoryMb}Mi`, ...(cores !== undefined && { cpu: milli(cores) }) },
    requests: { memory: `${Math.max(1, Math.ceil(memoryMb * requests.memory))}Mi`, cpu: milli(asked) },
  }
}

function milli(cores: number): string {
  return `${Math.max(1, Math.round(cores * 1_000))}m`
}
