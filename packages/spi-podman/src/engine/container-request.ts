import type { ContainerSpec } from '@stemcell/core'
import { engineLabels, RUNTIME_PORT, socketIn, type RuntimeImage } from '@stemcell/core/container-engine'
import type { ContainerNetwork } from '../network/networks.ts'
import type { PodmanContainersSettings } from '../podman-containers-options.ts'

/** Where the folder of the socket is inside a container. */
const SOCKET_FOLDER = '/run/stemcell'
const MIB = 1_048_576
const PERIOD_US = 100_000
/** The kernel takes no smaller quota, and no shares outside of these bounds. */
const LEAST_QUOTA_US = 1_000
const LEAST_SHARES = 2
const MOST_SHARES = 262_144

export type Address = 'socket' | 'port' | 'bridge'

/** What is sent to `POST /libpod/containers/create`. */
export type ContainerRequest = Readonly<Record<string, unknown>>

export interface RequestParts {
  readonly spec: ContainerSpec
  readonly image: RuntimeImage
  readonly name: string
  readonly network: ContainerNetwork
  readonly address: Address
  /** Mounted into the container when `address` is `socket`. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Tells frames of the runtime from text; undefined for runtimes that write sentinels. */
  readonly logToken: string | undefined
  readonly settings: PodmanContainersSettings
}

/** How a container of this image is reached. A user's image is given no folder of this machine. */
export function addressOf(
  { own }: RuntimeImage,
  { address, network, egress }: Pick<PodmanContainersSettings, 'address' | 'network' | 'egress'>,
): Address {
  if (address !== 'auto') return address
  if (own) return 'socket'
  return network === 'isolated' && !egress ? 'bridge' : 'port'
}

/** Source: https://docs.podman.io/en/latest/_static/api.html, ContainerCreateLibpod. */
export function containerRequest(parts: RequestParts): ContainerRequest {
  const { spec, image, name, network, address, settings } = parts
  const { keepCapabilities, dns, ociRuntime, cgroupParent } = settings
  const user = image.isRoot ? settings.user : undefined
  return {
    name,
    image: image.id,
    labels: engineLabels(spec),
    env: environmentOf(parts),
    ...(user !== undefined && { user }),
    ...network.request,
    ...(address === 'port' && {
      portmappings: [{ host_ip: '127.0.0.1', host_port: 0, container_port: RUNTIME_PORT, protocol: 'tcp' }],
    }),
    ...(dns.length > 0 && { dns_server: dns }),
    ...resourcesOf(spec, settings),
    ...fileSystemOf(parts),
    cap_drop: ['ALL'],
    cap_add: keepCapabilities,
    no_new_privileges: true,
    ...(ociRuntime !== undefined && { oci_runtime: ociRuntime }),
    ...(cgroupParent !== undefined && { cgroup_parent: cgroupParent }),
    // The output goes to whoever is attached, and nowhere else: no file grows.
    log_configuration: { driver: 'none' },
    restart_policy: 'no',
    // Nothing of the host's, and nothing that an image asks of the engine beyond being run.
    httpproxy: false,
    sdnotifyMode: 'ignore',
    systemd: 'false',
    healthconfig: { Test: ['NONE'] },
    image_volume_mode: 'ignore',
  }
}

function environmentOf({ spec, address, environment, logToken }: RequestParts): Record<string, string> {
  return {
    ...(spec.maxConcurrent > 1 && { __OW_ALLOW_CONCURRENT: 'true' }),
    ...environment,
    ...(address === 'socket' && { STEMCELL_SOCKET: socketIn(SOCKET_FOLDER) }),
    ...(logToken !== undefined && { STEMCELL_LOGS: 'attributed', STEMCELL_LOG_TOKEN: logToken }),
  }
}

function resourcesOf({ cpu, memoryMb }: ContainerSpec, settings: PodmanContainersSettings): ContainerRequest {
  const { cpuPerGb, pids, openFiles, userProcesses } = settings
  const bytes = memoryMb * MIB
  const cores = cpu ?? (cpuPerGb === undefined ? undefined : (cpuPerGb * memoryMb) / 1_024)
  const shares = Math.round(cores === undefined ? memoryMb : cores * 1_024)
  return {
    resource_limits: {
      // The second is the sum of memory and swap: no swap.
      memory: { limit: bytes, swap: bytes },
      cpu: {
        shares: Math.min(MOST_SHARES, Math.max(LEAST_SHARES, shares)),
        ...(cores !== undefined && {
          period: PERIOD_US,
          quota: Math.max(LEAST_QUOTA_US, Math.round(cores * PERIOD_US)),
        }),
      },
      pids: { limit: pids },
    },
    // Both, because the engine raises the one that is not given, which may be denied.
    r_limits: [
      { type: 'nofile', soft: openFiles, hard: openFiles },
      { type: 'nproc', soft: userProcesses, hard: userProcesses },
    ],
  }
}

function fileSystemOf({ spec, image, address, folder, settings }: RequestParts): ContainerRequest {
  const { readOnlyRoot, tmpMb = Math.max(1, Math.floor(spec.memoryMb / 2)) } = settings
  const readOnly = readOnlyRoot === 'always' || (readOnlyRoot === 'own-images' && image.own)
  const socket = {
    type: 'bind',
    source: folder,
    destination: SOCKET_FOLDER,
    options: ['rw', 'nosuid', 'nodev', 'noexec', 'rprivate'],
  }
  const tmp = {
    type: 'tmpfs',
    source: 'tmpfs',
    destination: '/tmp',
    // Native modules of an action are unpacked here, and loading them is executing.
    options: ['rw', 'nosuid', 'nodev', 'exec', 'mode=1777', `size=${tmpMb}m`],
  }
  return {
    read_only_filesystem: readOnly,
    mounts: [...(address === 'socket' ? [socket] : []), ...(readOnly ? [tmp] : [])],
  }
}
