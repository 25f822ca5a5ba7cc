import * as z from '../../zod/index.ts'
import { PlatformError } from '../../errors.ts'
import type { ContainerCapabilities } from '../container-factory.ts'

const credentials = z.strictObject({
  username: z.string().min(1),
  password: z.string().min(1).meta({ secret: true }),
})

/** Options that the adapters of container engines have in common, as fields of their schemas. */
export const engineOptions = {
  /** Longest wait for the engine when the platform starts. */
  connectTimeoutMs: z.int().min(1).max(600_000).default(5_000),
  /** Longest wait for a new container to answer. */
  startTimeoutMs: z.int().min(1).max(600_000).default(60_000),
  /** Containers that are made at the same time; an engine gets no faster beyond a few. */
  parallelCreates: z.int().min(1).max(32).default(3),
  /** How a container is reached. `auto`: `socket` where the image can, else `port`, or `bridge` without egress. */
  address: z.enum(['auto', 'socket', 'port', 'bridge']).default('auto'),
  /** `isolated`: a bridge network of the platform's own. `none`. Or the name of an existing network. */
  network: z
    .string()
    .regex(/^(?!host$|container:)[\w.-]+$/, 'host and container:… would not isolate')
    .default('isolated'),
  /** Whether the isolated network leads out of this machine. */
  egress: z.boolean().default(true),
  dns: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
  /** Cores per gigabyte of memory, for actions without a CPU limit of their own. Default: weighed by memory, no limit. */
  cpuPerGb: z.number().min(0.01).max(1_024).optional(),
  /** Processes and threads of one container. */
  pids: z.int().min(16).max(1_048_576).default(1_024),
  /** Open files of one process. More than the own limit of the engine may be denied. */
  openFiles: z.int().min(64).max(1_048_576).default(1_024),
  /** Size of `/tmp` where the root is read-only. Default: half of the container's memory, in which it counts. */
  tmpMb: z.int().min(1).max(1_048_576).optional(),
  readOnlyRoot: z.enum(['own-images', 'always', 'never']).default('own-images'),
  /** Linux capabilities to keep, e.g. `NET_BIND_SERVICE`; all others are dropped. */
  keepCapabilities: z.array(z.string().regex(/^[A-Z_]+$/)).default([]),
  /** `uid:gid` for images that would run as root. Default: they do, without capabilities. */
  user: z
    .string()
    .regex(/^[1-9]\d*:\d+$/, 'must be uid:gid, and not root')
    .optional(),
  /** Whether the images of users are run. */
  userImages: z.boolean().default(true),
  /** When a user's image is fetched: `missing`: when the engine has none; `always`: also refreshes `latest`; `never`. */
  pull: z.enum(['always', 'missing', 'never']).default('always'),
  pullTimeoutMs: z.int().min(1).max(3_600_000).default(600_000),
  /** An image `latest` that is older to us is fetched again, while containers go on being made from the one at hand. */
  refreshMs: z.int().min(0).max(86_400_000).default(600_000),
  /** Credentials by registry host, e.g. `registry.example.com:5000`; `docker.io` is Docker Hub. */
  registries: z.record(z.string().min(1), credentials).default({}),
  /** `freezer` writes to the cgroup itself, which is faster, and needs root on the engine's machine. */
  suspendThrough: z.enum(['engine', 'freezer']).default('engine'),
}

interface EngineSettings {
  readonly network: string
  readonly address: 'auto' | 'socket' | 'port' | 'bridge'
  readonly userImages: boolean
}

/** `adapter` is the package that errors name. @throws ERR_CONFIG options that contradict each other. */
export function checkEngineOptions(adapter: string, { network, address }: EngineSettings): void {
  if (network !== 'none' || (address !== 'port' && address !== 'bridge')) return
  const fix = 'set address to socket, or choose another network'
  throw new PlatformError('ERR_CONFIG', `${adapter}: address: ${address} needs a network: ${fix}`)
}

/** What a factory on an engine of this machine promises. */
export function engineCapabilities({ userImages }: EngineSettings): ContainerCapabilities {
  return {
    suspend: true,
    memoryLimit: true,
    cpuLimit: true,
    images: userImages,
    // Of the platform's own images; with those that write sentinels the pools must not overlap runs.
    attributedLogs: true,
    isolation: 'container',
  }
}
