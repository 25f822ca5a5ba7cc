import type { ContainerSpec } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { createOptions, type ContainerPlan } from '../src/container/create-options.ts'
import { dockerContainersOptions } from '../src/docker-containers-options.ts'

const spec: ContainerSpec = {
  owner: { platform: 'p', invoker: 'invoker 0' },
  kind: 'nodejs:20',
  image: 'i',
  userImage: false,
  memoryMb: 256,
  maxConcurrent: 1,
  environment: { A: 'b=c' },
  labels: {},
}

function optionsFor(
  settings: Parameters<typeof dockerContainersOptions.parse>[0] = {},
  extra: Partial<ContainerPlan> = {},
): ReturnType<typeof createOptions> {
  return createOptions({
    spec,
    image: { id: 'sha256:1', own: true, attributesLogs: true, isRoot: false },
    maker: { factory: 'f', key: 'k' },
    network: 'n',
    address: 'socket',
    folder: '/run/x',
    logToken: 'token',
    settings: dockerContainersOptions.parse(settings),
    ...extra,
  })
}

describe('what the engine is asked for', () => {
  it('weighs CPU by memory, and limits it where the action or the options say so', () => {
    expect(optionsFor().HostConfig).toMatchObject({ CpuShares: 256 })
    expect(optionsFor().HostConfig).not.toHaveProperty('CpuQuota')
    expect(optionsFor({ cpuPerGb: 2 }).HostConfig).toMatchObject({ CpuShares: 512, CpuQuota: 50_000 })
    const own = { spec: { ...spec, cpu: 0.001 } }
    expect(optionsFor({ cpuPerGb: 2 }, own).HostConfig).toMatchObject({ CpuShares: 2, CpuQuota: 1_000 })
  })

  it('exposes the port that it publishes', () => {
    const { ExposedPorts, HostConfig } = optionsFor({}, { address: 'port' })
    expect(Object.keys(ExposedPorts ?? {})).toEqual(Object.keys(HostConfig?.PortBindings as object))
    expect(HostConfig?.Binds).toBeUndefined()
  })

  it('tells the runtime its socket and its token, over anything the platform set', () => {
    const sneaky = { ...spec, environment: { STEMCELL_LOG_TOKEN: 'x', STEMCELL_SOCKET: '/y' }, maxConcurrent: 2 }
    expect(optionsFor({}, { spec: sneaky }).Env?.sort()).toEqual([
      'STEMCELL_LOGS=attributed',
      'STEMCELL_LOG_TOKEN=token',
      'STEMCELL_SOCKET=/run/stemcell/s',
      '__OW_ALLOW_CONCURRENT=true',
    ])
    expect(optionsFor({}, { address: 'port', logToken: undefined }).Env).toEqual(['A=b=c'])
  })

  it('has a read-only root as the options say, with room to write beside it', () => {
    const foreign = { image: { id: '1', own: false, attributesLogs: false, isRoot: true } }
    const tmpOf = (host: object | undefined): unknown => (host as { Tmpfs?: unknown }).Tmpfs
    expect(optionsFor().HostConfig?.ReadonlyRootfs).toBe(true)
    expect(tmpOf(optionsFor().HostConfig)).toEqual({ '/tmp': expect.stringMatching(/exec.*size=128m$/) as string })
    expect(optionsFor({}, foreign).HostConfig?.ReadonlyRootfs).toBeUndefined()
    expect(optionsFor({ readOnlyRoot: 'always' }, foreign).HostConfig?.ReadonlyRootfs).toBe(true)
    expect(optionsFor({ readOnlyRoot: 'never' }).HostConfig?.ReadonlyRootfs).toBeUndefined()
  })

  it('gives images that would be root another user where the options name one', () => {
    const image = { id: '1', own: false, attributesLogs: false, isRoot: true }
    expect(optionsFor({ user: '1000:1000' }, { image }).User).toBe('1000:1000')
    expect(optionsFor({ user: '1000:1000' }).User).toBeUndefined()
    expect(optionsFor({}, { image }).User).toBeUndefined()
  })

  it('keeps no capability but those that are named', () => {
    expect(optionsFor({ keepCapabilities: ['CHOWN'] }).HostConfig).toMatchObject({
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN'],
    })
  })
})
