import type { Container, ContainerFactory } from '@stemcell/core'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { useEngine } from './engine.ts'
import { answer, callOptions, initialise, run, specOf } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const CONNECT = `const net = require('node:net')
function main({ host, port }) {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 1500 }, () => resolve({ connected: true }))
    socket.on('timeout', () => { socket.destroy(); resolve({ connected: false }) })
    socket.on('error', ({ code }) => resolve({ connected: false, code }))
  })
}`

describeWith('docker', 'what an action can reach', (socketPath) => {
  const engine = useEngine(socketPath)
  let factory: ContainerFactory
  let api: Server
  let port: number

  const make = (environment: Record<string, string> = {}): Promise<Container> =>
    factory.create(specOf(engine, { environment }))

  beforeAll(async () => {
    factory = engine.factory()
    await factory.open()
    api = createServer((request, response) => {
      response.statusCode = request.headers.authorization === 'Basic key' ? 200 : 401
      response.end(`{"path":"${request.url}"}`)
    })
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    port = (api.address() as AddressInfo).port
  })
  afterAll(async () => {
    await factory.close()
    api.close()
  })

  it('is not root, has no capabilities, and cannot get any', async () => {
    const code = `const { readFileSync, writeFileSync } = require('node:fs')
      function main() {
        const status = readFileSync('/proc/self/status', 'utf8')
        const field = (name) => new RegExp('^' + name + ':\\\\s+(\\\\S+)', 'm').exec(status)[1]
        let root = 'written'
        try { writeFileSync('/file', '') } catch ({ code }) { root = code }
        let socketFolder = 'written'
        try { writeFileSync('/run/stemcell/file', '') } catch ({ code }) { socketFolder = code }
        writeFileSync('/tmp/file', 'x')
        return { uid: process.getuid(), gid: process.getgid(), root, socketFolder,
          caps: [field('CapEff'), field('CapPrm'), field('CapBnd')].map((text) => parseInt(text, 16)),
          noNewPrivileges: field('NoNewPrivs'), seccomp: field('Seccomp') }
      }`
    expect(await answer(await make(), code)).toEqual({
      uid: 65532,
      gid: 65532,
      root: 'EROFS',
      socketFolder: 'EACCES',
      caps: [0, 0, 0],
      noNewPrivileges: '1',
      seccomp: '2',
    })
  })

  it('reaches an API on the loopback address of this machine, with its key', async () => {
    const code = `const call = (authorization) => new Promise((resolve, reject) => {
        const url = process.env.__OW_API_HOST + '/api/v1/namespaces'
        require('node:http').get(url, { headers: { authorization } }, (response) => {
          response.setEncoding('utf8').once('data', (body) => resolve([response.statusCode, body]))
        }).once('error', reject)
      })
      const main = async () => ({
        with: await call('Basic key'), without: await call('Basic other'),
        metrics: (await fetch(process.env.__OW_API_HOST + '/metrics')).status,
      })`
    const container = await make({ __OW_API_HOST: `http://127.0.0.1:${port}` })
    expect(await answer(container, code)).toEqual({
      with: [200, '{"path":"/api/v1/namespaces"}'],
      without: [401, '{"path":"/api/v1/namespaces"}'],
      metrics: 404,
    })
  })

  it('gives an API elsewhere to the action as it is', async () => {
    const container = await make({ __OW_API_HOST: 'https://api.example.com' })
    const code = 'function main() { return { host: process.env.__OW_API_HOST } }'
    expect(await answer(container, code)).toEqual({ host: 'https://api.example.com' })
  })

  it('does not reach what listens on the loopback address of this machine', async () => {
    const container = await make({ __OW_API_HOST: `http://127.0.0.1:${port}` })
    await initialise(container, CONNECT)
    const { hostname } = new URL(await gatewayUrl())
    for (const host of ['127.0.0.1', hostname]) {
      const reached = await run(container, { host, port })
      expect([host, reached]).toEqual([host, { connected: false, code: 'ECONNREFUSED' }])
    }
  })

  async function gatewayUrl(): Promise<string> {
    const code = 'function main() { return { url: process.env.__OW_API_HOST } }'
    const { url } = (await answer(await make({ __OW_API_HOST: `http://127.0.0.1:${port}` }), code)) as { url: string }
    return url
  }

  it('does not reach other containers', async () => {
    const onPort = engine.factory({ address: 'bridge' })
    await onPort.open()
    try {
      // Listens on 8080 of its own address, where this machine reaches it.
      const other = await onPort.create(specOf(engine))
      const { Networks } = (await engine.docker.getContainer(other.id).inspect()).NetworkSettings
      const address = Object.values(Networks)[0]!.IPAddress
      expect(await answer(await make(), CONNECT, { host: address, port: 8080 })).toEqual({ connected: false })
      await other.destroy()
    } finally {
      await onPort.close()
    }
  })

  it('does not see the socket of the engine, nor those of other containers', async () => {
    const code = `const fs = require('node:fs')
      function main({ paths }) {
        return { there: paths.filter((path) => fs.existsSync(path)), own: fs.readdirSync('/run/stemcell') }
      }`
    const paths = [socketPath, '/var/run/docker.sock', '/run/docker.sock', engine.dir]
    expect(await answer(await make(), code, { paths })).toEqual({ there: [], own: ['s'] })
  })

  it('has no network at all where that is asked for', async () => {
    const none = engine.factory({ network: 'none' })
    await none.open()
    try {
      const code = 'function main() { return { names: Object.keys(require("node:os").networkInterfaces()) } }'
      expect(await answer(await none.create(specOf(engine)), code)).toEqual({ names: ['lo'] })
    } finally {
      await none.close()
    }
  })

  it('is on a network that the engine does not route out of, without egress, and reaches the API', async () => {
    const inside = engine.factory({ egress: false })
    await inside.open()
    try {
      const environment = { __OW_API_HOST: `http://127.0.0.1:${port}` }
      const container = await inside.create(specOf(engine, { environment }))
      const { Networks } = (await engine.docker.getContainer(container.id).inspect()).NetworkSettings
      const ids = Object.values(Networks).map(({ NetworkID }) => NetworkID)
      const networks = await Promise.all(ids.map((id) => engine.docker.getNetwork(id).inspect()))
      expect(networks).toMatchObject([{ Internal: true, Labels: { 'stemcell.platform': engine.platform } }])
      const code = `${CONNECT}
        exports.api = () => {
          const { hostname, port } = new URL(process.env.__OW_API_HOST)
          return main({ host: hostname, port })
        }`
      const init = JSON.stringify({ value: { name: 'a', main: 'api', binary: false, code } })
      expect((await container.init(init, callOptions())).status).toBe(200)
      expect(await run(container)).toEqual({ connected: true })
    } finally {
      await inside.close()
    }
  })

  it('leaves no network behind that nobody uses', async () => {
    const last = engine.factory()
    await last.open()
    const platform = `${engine.platform}-alone`
    const label = [`stemcell.platform=${platform}`]
    await last.create(specOf(engine, { owner: { platform, invoker: 'invoker0' } }))
    expect(await engine.docker.listNetworks({ filters: { label } })).toHaveLength(1)
    await last.close()
    expect(await engine.docker.listNetworks({ filters: { label } })).toEqual([])
  })
})
