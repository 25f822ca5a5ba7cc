import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** As it is built: Node runs it without help. */
const CORE = new URL('../../dist/index.js', import.meta.url).href

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const BEGIN = `
  import { assemble, memoryContainers } from ${JSON.stringify(CORE)}
  const platform = await assemble({ containers: memoryContainers() })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  const code = 'function main({ ms }) { return new Promise((done) => setTimeout(() => done({ waited: ms }), ms).unref()) }'
  await guest.putAction('slow', { exec: { kind: 'nodejs:20', code } })
`

/** A Node process of its own that runs a module; ended by force when it stays longer than a test may. */
function run(program: string): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', BEGIN + program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const limit = setTimeout(() => child.kill('SIGKILL'), 25_000)
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(limit)
      resolve({ code, stdout, stderr })
    })
  })
}

describe('a process with a platform embedded', () => {
  it('lives until the invocation it waits for has its result', async () => {
    const ended = await run(`
      console.log(JSON.stringify((await guest.invoke('slow', { ms: 1500 })).response.result))
      await platform.close()
    `)
    expect(ended).toEqual({ code: 0, stdout: '{"waited":1500}\n', stderr: '' })
  }, 30_000)

  it('lives until the platform is closed, and what ran was finished', async () => {
    const ended = await run(`
      const { body } = await guest.request('POST', 'actions/slow', { ms: 800 })
      await platform.close({ drainMs: 5000 })
      console.log('closed')
    `)
    expect(ended).toEqual({ code: 0, stdout: 'closed\n', stderr: '' })
  }, 30_000)

  it('lives until the invoker is drained', async () => {
    const ended = await run(`
      await guest.request('POST', 'actions/slow', { ms: 800 })
      console.log(await platform.invoker.drain(5000))
      await platform.close()
    `)
    expect(ended).toEqual({ code: 0, stdout: 'true\n', stderr: '' })
  }, 30_000)

  it('lives until what did not open was given up', async () => {
    const ended = await run(`
      import { MemoryQueue } from ${JSON.stringify(CORE)}
      const queue = Object.assign(new MemoryQueue(), { open: () => new Promise(() => undefined) })
      const refused = assemble({ containers: memoryContainers(), queue, openTimeoutMs: 300 })
      console.log(await refused.catch(({ code }) => code))
      await platform.close()
    `)
    expect(ended).toEqual({ code: 0, stdout: 'ERR_CONFIG\n', stderr: '' })
  }, 30_000)

  it('lives until a request of the standard’s form is answered', async () => {
    const ended = await run(`
      const response = await platform.fetch(new Request('http://any/ping'))
      console.log(await response.text())
      await platform.close()
    `)
    expect(ended).toEqual({ code: 0, stdout: 'pong\n', stderr: '' })
  }, 30_000)

  it('is not kept alive by a platform that is idle, nor by one that is closed', async () => {
    expect(await run(`console.log('idle')`)).toEqual({ code: 0, stdout: 'idle\n', stderr: '' })
    const closed = await run(`
      await guest.invoke('slow', { ms: 1 })
      await platform.close()
      console.log('closed')
    `)
    expect(closed).toEqual({ code: 0, stdout: 'closed\n', stderr: '' })
  }, 30_000)
})
