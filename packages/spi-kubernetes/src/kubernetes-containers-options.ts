import { z } from '@stemcell/core/schema'

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().min(0).optional(),
})

/** Options of {@link kubernetesContainers}. */
export const kubernetesContainersOptions = z.strictObject({
  /**
   * A kubeconfig file. Default: the service account of the pod that this process runs in; elsewhere the first file of
   * `KUBECONFIG`, or `~/.kube/config`.
   */
  kubeconfig: z.string().min(1).optional(),
  /** A context of the kubeconfig. Default: its current one. */
  context: z.string().min(1).optional(),
  /** Where the pods of actions are made. Default: that of the context or of the service account. */
  namespace: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a namespace')
    .optional(),
  /** Longest wait for the API server when the platform starts. */
  connectTimeoutMs: z.int().min(1).max(600_000).default(5_000),
  /** Longest wait for one answer of the API server. */
  requestTimeoutMs: z.int().min(1).max(600_000).default(30_000),
  /** Pods that are made at the same time. Images of users, which may have to be pulled, have as many places of their own. */
  parallelCreates: z.int().min(1).max(500).default(20),
  /** Longest wait for the scheduler to find a node; longer where an autoscaler has to make one. */
  scheduleTimeoutMs: z.int().min(1).max(3_600_000).default(15_000),
  /** Longest wait for a pod that has its node and its image to answer. */
  startTimeoutMs: z.int().min(1).max(600_000).default(60_000),
  /** Longest pull of a user's image, on top of that. */
  pullTimeoutMs: z.int().min(0).max(3_600_000).default(600_000),
  /** Longest wait for a node to confirm the end of a pod; then the pod's object is removed without it. */
  destroyTimeoutMs: z.int().min(1).max(600_000).default(60_000),
  /** Cores per gigabyte of memory, for actions without a CPU limit of their own. Default: no limit. */
  cpuPerGb: z.number().min(0.01).max(1_024).optional(),
  /** What is asked of the scheduler, as a share of the limit. CPU without a limit counts as a core per gigabyte. */
  requests: z
    .strictObject({
      cpu: z.number().min(0).max(1).default(0.1),
      memory: z.number().min(0.01).max(1).default(1),
    })
    .default({ cpu: 0.1, memory: 1 }),
  /** Size of `/tmp` where the root is read-only. Default: half of the container's memory, in which it counts. */
  tmpMb: z.int().min(1).max(1_048_576).optional(),
  readOnlyRoot: z.enum(['own-images', 'always', 'never']).default('own-images'),
  /** Which images are runtimes of Stemcell: those whose name, without the registry, begins with one of these. */
  ownImages: z.array(z.string().min(1)).default(['stemcell/']),
  /** Whose images may not run as root; the node refuses those that would. */
  nonRoot: z.enum(['always', 'own-images', 'never']).default('always'),
  /** `uid:gid` for images of users. Default: the image's own. */
  user: z
    .string()
    .regex(/^[1-9]\d*:\d+$/, 'must be uid:gid, and not root')
    .optional(),
  /** Linux capabilities to keep, e.g. `NET_BIND_SERVICE`; all others are dropped. */
  keepCapabilities: z.array(z.string().regex(/^[A-Z_]+$/)).default([]),
  /** Whether the images of users are run. */
  userImages: z.boolean().default(true),
  /** When nodes fetch the images of users. */
  pull: z.enum(['always', 'missing', 'never']).default('missing'),
  /** When nodes fetch the platform's own images. */
  platformPull: z.enum(['always', 'missing', 'never']).default('missing'),
  /** Names of secrets with the credentials of registries, in the namespace of the pods. */
  imagePullSecrets: z.array(z.string().min(1)).default([]),
  nodeSelector: z.record(z.string(), z.string()).default({}),
  /** As in the specification of a pod. */
  affinity: z.record(z.string(), z.unknown()).optional(),
  tolerations: z.array(toleration).default([]),
  /** Variables of the environment from fields of the pod, e.g. `NODE_NAME: 'spec.nodeName'`. */
  fieldEnvironment: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().min(1)).default({}),
  /** A pod in YAML, as a file or as an object: what it says is merged into every pod; its container is called `action`. */
  podTemplate: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  /**
   * This machine as pods see it, and the addresses of pods: an API on a loopback address is forwarded from there. Default:
   * the address from which the API server is spoken to, open to pods of this process, and to nodes where they may be listed.
   */
  gateway: z
    .strictObject({ address: z.union([z.ipv4(), z.ipv6()]), subnet: z.union([z.cidrv4(), z.cidrv6()]) })
    .optional(),
})

export type KubernetesContainersOptions = z.input<typeof kubernetesContainersOptions>
export type KubernetesContainersSettings = z.output<typeof kubernetesContainersOptions>
