// Redis from Debian's packages, on a port of its own, with nothing written to disk unless a test asks for it.
import { connect } from 'node:net'
import { freePort, requireProgram, startDetached, until } from './service.mjs'

/** @type {import('./service.mjs').Service} */
export default {
  name: 'redis',
  async up(folder) {
    const program = requireProgram('redis-server', ['redis-server'])
    const port = await freePort()
    const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
    const nothingOnDisk = ['--save', '', '--appendonly', 'no', '--daemonize', 'no']
    const started = startDetached(folder, program, [...address, ...nothingOnDisk])
    const state = { ...started, env: { STEMCELL_TEST_REDIS_URL: `redis://127.0.0.1:${port}` } }
    await until('redis', () => pings(port), { folder, state })
    return state
  },
  answers: ({ env }) => pings(Number(new URL(env.STEMCELL_TEST_REDIS_URL).port)),
}

function pings(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(2000, () => socket.destroy())
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
