import { PlatformError } from '@stemcell/core'
import { z } from '@stemcell/core/schema'
import type { ContainerFacts } from './container-facts.ts'

/** The parts of libpod's answers that are used here. Source: https://docs.podman.io/en/latest/_static/api.html */

const labels = z.record(z.string(), z.string()).nullish()

export const image = z.object({
  Id: z.string(),
  Config: z.object({ User: z.string().optional(), Labels: labels }).nullish(),
})

export const created = z.object({ Id: z.string() })

export const container = z.object({
  Id: z.string(),
  State: z.object({
    Status: z.string(),
    Pid: z.number(),
    ExitCode: z.number(),
    OOMKilled: z.boolean(),
    StartedAt: z.string(),
  }),
  NetworkSettings: z.object({
    Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable()).nullish(),
    Networks: z.record(z.string(), z.object({ IPAddress: z.string() })).nullish(),
  }),
})

export const listing = z.array(
  z.object({ Id: z.string(), Names: z.array(z.string()), State: z.string(), Pid: z.number(), Labels: labels }),
)

export const info = z.object({
  host: z.object({
    cgroupVersion: z.string(),
    cgroupControllers: z.array(z.string()).nullish(),
    networkBackend: z.string().optional(),
    ociRuntime: z.object({ name: z.string() }),
    security: z.object({ rootless: z.boolean() }),
  }),
  version: z.object({ Version: z.string() }),
})

export const network = z.object({
  name: z.string(),
  driver: z.string(),
  network_interface: z.string().optional(),
  subnets: z.array(z.object({ subnet: z.string(), gateway: z.string().optional() })).nullish(),
})

/** @throws ERR_UNAVAILABLE the answer is not of the form that every known version gives it. */
export function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new PlatformError('ERR_UNAVAILABLE', 'an answer of podman is not understood', { cause: parsed.error })
}

export function statusOf(status: string): ContainerFacts['status'] {
  switch (status) {
    case 'configured':
    case 'created':
    case 'initialized':
      return 'waiting'
    case 'running':
    case 'stopping':
      return 'running'
    case 'paused':
      return 'paused'
    default:
      return 'ended'
  }
}

const refusal = z.object({ cause: z.string() })

export function causeOf(body: unknown): string {
  return refusal.safeParse(body).data?.cause ?? ''
}

const progress = z.object({ error: z.string().min(1) })

/** What the lines of a pull's progress say that went wrong. */
export function pullError(body: unknown): string | undefined {
  const lines = typeof body === 'string' ? body.split('\n') : [JSON.stringify(body)]
  for (const line of lines.filter((text) => text.startsWith('{'))) {
    const found = progress.safeParse(JSON.parse(line)).data
    if (found) return found.error
  }
  return undefined
}
