import type { ContainerSpec } from '@stemcell/core'
import { RUNTIME_PORT, socketIn, type RuntimeImage } from '@stemcell/core/container-engine'
import type { ContainerCreateOptions, HostConfig } from 'dockerode'
import type { DockerContainersSettings } from '../docker-containers-options.ts'
import { labelsOf, nameOf, type Maker } from '../engine/container-labels.ts'

/** Where the socket's folder is inside a container. */
const SOCKET_FOLDER = '/run/stemcell'
const MIB = 1_048_576
const PERIOD_US = 100_000
/** The kernel takes no smaller quota. */
const LEAST_QUOTA_US = 1_000
const LEAST_SHARES = 2

export type Address = 'socket' | 'port' | 'bridge'

export interface ContainerPlan {
  readonly spec: ContainerSpec
  readonly image: RuntimeImage
  readonly maker: Maker
  readonly network: string
  readonly address: Address
  /** Mounted into the container when `address` is `socket`. */
  readonly folder: string
  /** Tells frames of the runtime from text; undefined for runtimes that write sentinels. */
  readonly logToken: string | undefined
  readonly settings: DockerContainersSettings
}

/** What the engine is asked for. */
export function createOptions(plan: ContainerPlan): ContainerCreateOptions {
  const { spec, image, maker, settings } = plan
  const user = image.isRoot ? settings.user : undefined
  return {
    name: nameOf(spec, maker),
    Image: image.id,
    Env: Object.entries(environmentOf(plan)).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf(spec, maker),
    ...(user !== undefined && { User: user }),
    // Without this the engine would ignore the binding, and say nothing.
    ...(plan.address === 'port' && { ExposedPorts: { [`${RUNTIME_PORT}/tcp`]: {} } }),
    HostConfig: {
      ...resourcesOf(plan),
      ...isolationOf(plan),
      NetworkMode: plan.network,
      Dns: [...settings.dns],
      // The output goes to whoever is attached, and nowhere else: no file grows.
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
      ...(plan.address === 'socket' && { Binds: [`${plan.folder}:${SOCKET_FOLDER}:rw`] }),
      ...(plan.address === 'port' && {
        PortBindings: { [`${RUNTIME_PORT}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
      }),
    },
  }
}

function environmentOf({ spec, address, logToken }: ContainerPlan): Record<string, string> {
  return {
    ...(spec.maxConcurrent > 1 && { __OW_ALLOW_CONCURRENT: 'true' }),
    ...spec.environment,
    ...(address === 'socket' && { STEMCELL_SOCKET: socketIn(SOCKET_FOLDER) }),
    ...(logToken !== undefined && { STEMCELL_LOGS: 'attributed', STEMCELL_LOG_TOKEN: logToken }),
  }
}

function resourcesOf({ spec, settings }: ContainerPlan): HostConfig {
  const bytes = spec.memoryMb * MIB
  const cores = spec.cpu ?? (settings.cpuPerGb === undefined ? undefined : (settings.cpuPerGb * spec.memoryMb) / 1_024)
  return {
    Memory: bytes,
    // The sum of memory and swap: no swap.
    MemorySwap: bytes,
    CpuShares: Math.max(LEAST_SHARES, Math.round(cores === undefined ? spec.memoryMb : cores * 1_024)),
    ...(cores !== undefined && {
      CpuPeriod: PERIOD_US,
      CpuQuota: Math.max(LEAST_QUOTA_US, Math.round(cores * PERIOD_US)),
    }),
    PidsLimit: settings.pids,
    Ulimits: [{ Name: 'nofile', Soft: settings.openFiles, Hard: settings.openFiles }],
  }
}

function isolationOf({ spec, image, settings }: ContainerPlan): HostConfig {
  const { readOnlyRoot, tmpMb, keepCapabilities } = settings
  const readOnly = readOnlyRoot === 'always' || (readOnlyRoot === 'own-images' && image.own)
  const tmp = tmpMb ?? Math.max(1, Math.floor(spec.memoryMb / 2))
  return {
    CapDrop: ['ALL'],
    CapAdd: [...keepCapabilities],
    SecurityOpt: ['no-new-privileges'],
    Privileged: false,
    IpcMode: 'private',
    ...(readOnly && {
      ReadonlyRootfs: true,
      // Native modules of an action are unpacked here, and loading them is executing.
      Tmpfs: { '/tmp': `rw,nosuid,nodev,exec,mode=1777,size=${tmp}m` },
    }),
  }
}
