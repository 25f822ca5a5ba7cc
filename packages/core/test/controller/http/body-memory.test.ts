import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '@stemcell/conformance'
import { DEFAULT_PLATFORM_LIMITS } from '../../../src/model/platform-limits.ts'
import { ACTIONS, ApiClient, errorOf } from '../api-client.ts'
import { basicAuth, OWNER, TestController } from '../test-controller.ts'

const patience = { uniqueName: 'unused', patienceMs: 10_000 }
const MB = 1024 * 1024
const WEB = '/api/v1/web/owner/default/a.json'

let controller: TestController
let api: ApiClient
const sockets: Socket[] = []

async function start(maxRequestBytes: number): Promise<void> {
  const limits = { ...DEFAULT_PLATFORM_LIMITS, maxRequestBytes }
  controller = await TestController.start({ parts: { limits }, front: { bodyMemoryBytes: 8 * MB } })
  api = new ApiClient(controller)
  await api.putAction('a', { annotations: [{ key: 'web-export', value: true }] })
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await controller.stop()
})

/** Sends the beginning of a request; gives what comes back. */
function begin(head: string, bytes: number): () => string {
  const socket = connect(controller.port, '127.0.0.1')
  sockets.push(socket)
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (data: string) => (answer += data))
  socket.on('error', () => undefined)
  socket.write(`${head}\r\nhost: x\r\nauthorization: ${basicAuth(OWNER)}\r\ntransfer-encoding: chunked\r\n\r\n`)
  const piece = `10000\r\n${' '.repeat(0x10000)}\r\n`
  for (let sent = 0; sent < bytes; sent += 0x10000) socket.write(piece)
  return () => answer
}

describe('the memory for bodies', () => {
  it('is that of all connections, and who would go beyond it is told to come back', async () => {
    await start(4 * MB)
    const answers = Array.from({ length: 30 }, () => begin(`POST ${WEB} HTTP/1.1`, 900 * 1024))
    // Each takes a megabyte in the end.
    await eventually('some are refused', patience, () => answers.filter((answer) => answer() !== '').length >= 22)
    const refused = answers.map((answer) => answer()).filter((answer) => answer !== '')
    for (const answer of refused) {
      expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nRetry-After: 5\r\n/)
    }
    expect((await api.invoke('a', { small: true }, '?blocking=true')).status).toBe(200)
    for (const socket of sockets) socket.destroy()
    const large = { a: 'x'.repeat(900 * 1024) }
    await eventually('there is room again', patience, async () => (await api.invoke('a', large)).status === 202)
  })

  it('is not asked for by paths that take no body', async () => {
    await start(4 * MB)
    const gets = [`GET ${ACTIONS} HTTP/1.1`, `DELETE ${ACTIONS}/missing HTTP/1.1`, `OPTIONS ${WEB} HTTP/1.1`]
    const answers = gets.flatMap((head) => [0, 1, 2, 3].map(() => begin(head, 4 * MB)))
    await eventually('all are answered', patience, () => answers.every((answer) => answer() !== ''))
    expect(answers.map((answer) => answer().slice(9, 12))).toEqual(
      ['200', '404', '200'].flatMap((status) => [status, status, status, status]),
    )
  })

  for (const [what, method, path] of [
    ['a package', 'PUT', '/api/v1/namespaces/_/packages/p'],
    ['a trigger', 'PUT', '/api/v1/namespaces/_/triggers/t'],
    ['a rule', 'PUT', '/api/v1/namespaces/_/rules/r'],
    ['the state of a rule', 'POST', '/api/v1/namespaces/_/rules/r'],
  ] as const) {
    it(`has only so much for ${what} as its parameters and annotations may need`, async () => {
      await start(50 * MB)
      const response = await api.send(method, path, ' '.repeat(8 * MB + 1))
      expect(response.status).toBe(413)
      expect(errorOf(response)).toBe(`Request larger than allowed: ${8 * MB + 1} > ${8 * MB} bytes.`)
    })
  }
})
