import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { libpod, openFactory, provideImage, run, spec, startAction, uniqueOwner } from './harness.ts'

vi.setConfig({ testTimeout: 120_000 })

const LOOKS_AROUND = `const fs = require('node:fs')
  function main({ code }) { return new Function('fs', 'require', 'return (async () => {' + code + '})()')(fs, require) }`
const CONNECTS = `const outcome = (host, port) => new Promise((resolve) => {
    const socket = require('node:net').connect({ host, port, timeout: 1500 })
    socket.once('connect', () => { socket.destroy(); resolve('connected') })
    socket.once('timeout', () => { socket.destroy(); resolve('timeout') })
    socket.once('error', (error) => resolve(error.code))
  });`

describeWith('podman', 'what an action on Podman can reach', (socket) => {
  beforeAll(() => provideImage(socket), 60_000)

  /** A server on the loopback of this machine, as the platform's API is. */
  async function hostServer(): Promise<number> {
    const server = createServer((request, response) => response.end(`seen ${request.headers.authorization}`))
    server.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    return (server.address() as AddressInfo).port
  }

  it('runs without root, capabilities, new privileges, secrets and a way to write', async () => {
    const factory = await openFactory(socket)
    const action = await startAction(factory, LOOKS_AROUND, { memoryMb: 128 })
    const code = `const status = fs.readFileSync('/proc/self/status', 'utf8')
      const field = (name) => new RegExp('^' + name + ':\\\\s+(\\\\S+)', 'm').exec(status)[1]
      const writes = (path) => { try { fs.writeFileSync(path, 'x'); return 'written' } catch (error) { return error.code } }
      const fill = () => { try { fs.writeFileSync('/tmp/big', Buffer.alloc(70e6)); return 'filled' } catch (error) { return error.code } }
      return {
        uid: process.getuid(), gid: process.getgid(),
        capabilities: field('CapEff') + field('CapBnd') + field('CapPrm'),
        noNewPrivileges: field('NoNewPrivs'), seccomp: field('Seccomp'),
        writes: ['/x', '/usr/x', '/run/stemcell/x', '/tmp/x'].map(writes), fill: fill(),
        environment: JSON.stringify(process.env), sockets: fs.readdirSync('/run'),
        files: (() => { const open = []; try { for (;;) open.push(fs.openSync('/etc/passwd')) } catch (error) { return error.code } finally { for (const fd of open) fs.closeSync(fd) } })(),
      }`
    const seen = await run(action, { code })
    expect(seen).toMatchObject({
      uid: 65_532,
      gid: 65_532,
      noNewPrivileges: '1',
      seccomp: '2',
      writes: ['EROFS', 'EROFS', 'EACCES', 'written'],
      fill: 'ENOSPC',
      files: 'EMFILE',
    })
    expect(seen['capabilities']).toMatch(/^0+$/)
    expect(seen['environment']).not.toMatch(/STEMCELL|TOKEN/)
    expect(JSON.stringify(seen['sockets'])).not.toContain('podman')
  })

  it('reaches the API on the loopback of this machine, nothing else there, and no other container', async () => {
    const factory = await openFactory(socket)
    const owner = uniqueOwner()
    const [apiPort, otherPort] = await Promise.all([hostServer(), hostServer()])
    const environment = { __OW_API_HOST: `http://127.0.0.1:${apiPort}` }
    const [one, other] = await Promise.all(
      [1, 2].map(() => startAction(factory, LOOKS_AROUND, { owner, environment, maxConcurrent: 2 })),
    )
    const listens = `const server = require('node:http').createServer((_, response) => response.end('me')).listen(8080)
      await new Promise((resolve) => server.once('listening', resolve))
      const address = Object.values(require('node:os').networkInterfaces()).flat().find(({ internal }) => !internal)
      return { address: address.address }`
    const [{ address }] = await Promise.all([run(other!, { code: listens }), run(one!, { code: listens })])
    expect(address).toMatch(/^\d+(\.\d+){3}$/)
    const code = `${CONNECTS}
      const api = new URL(process.env.__OW_API_HOST)
      const answer = await fetch(new URL('/api/v1', api), { headers: { authorization: 'Basic key' } })
      return {
        apiHost: api.hostname, answer: await answer.text(),
        metrics: (await fetch(new URL('/metrics', api))).status,
        own: await outcome('127.0.0.1', 8080),
        loopback: await outcome('127.0.0.1', ${otherPort}), gateway: await outcome(api.hostname, ${otherPort}),
        neighbour: await outcome(${JSON.stringify(address)}, 8080),
      }`
    const seen = await run(one!, { code })
    expect(seen).toMatchObject({
      answer: 'seen Basic key',
      metrics: 404,
      own: 'connected',
      loopback: 'ECONNREFUSED',
      gateway: 'ECONNREFUSED',
    })
    expect(seen['neighbour']).toMatch(/timeout|EHOSTUNREACH/)
    expect(seen['apiHost']).not.toBe('127.0.0.1')
  })

  it('still reaches the API when every container was gone for a while', async () => {
    const factory = await openFactory(socket)
    const owner = uniqueOwner()
    const environment = { __OW_API_HOST: `http://127.0.0.1:${await hostServer()}` }
    const asks = `return { answer: await (await fetch(process.env.__OW_API_HOST + '/api/v1')).text() }`
    for (let round = 0; round < 2; round++) {
      const action = await startAction(factory, LOOKS_AROUND, { owner, environment })
      expect(await run(action, { code: asks })).toEqual({ answer: 'seen undefined' })
      await action.destroy()
    }
  })

  it('has no network at all when it is to have none, and no way out without egress', async () => {
    const none = await openFactory(socket, { network: 'none' })
    const code = `const all = require('node:os').networkInterfaces(); return { names: Object.keys(all) }`
    expect(await run(await startAction(none, LOOKS_AROUND), { code })).toEqual({ names: ['lo'] })
    const inside = await openFactory(socket, { egress: false })
    const routes = `const table = fs.readFileSync('/proc/net/route', 'utf8')
      return { defaults: table.split('\\n').filter((line) => line.split('\\t')[1] === '00000000').length }`
    expect(await run(await startAction(inside, LOOKS_AROUND), { code: routes })).toEqual({ defaults: 0 })
  })

  it('leaves no network behind', async () => {
    const factory = await openFactory(socket)
    const { owner } = spec()
    await startAction(factory, LOOKS_AROUND, { owner })
    const names = async (): Promise<string[]> => {
      const { body } = await libpod(socket, 'GET', '/networks/json')
      return (body as { readonly name: string }[])
        .map(({ name }) => name)
        .filter((name) => name.includes(owner.platform))
    }
    expect((await names()).length).toBe(1)
    await factory.close()
    expect(await names()).toEqual([])
  })

  it('says so when its network does not exist', async () => {
    const factory = await openFactory(socket, { network: 'no-such-network' })
    await expect(factory.create(spec())).rejects.toThrow(/network: .*no-such-network.*isolated/)
  })
})
