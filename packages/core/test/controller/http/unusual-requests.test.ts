import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestController } from '../test-controller.ts'

let controller: TestController

beforeEach(async () => {
  controller = await TestController.start()
})

afterEach(async () => {
  await controller.stop()
})

describe('CONNECT', () => {
  it.each(['/', '/ping', '/api/v1/namespaces/_/actions', 'example.org:443'])(
    'is answered with 501 and the error object for %s',
    async (target) => {
      const socket = connect(controller.port, '127.0.0.1')
      socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: x\r\n\r\n`)

      const [head, body] = (await text(socket)).split('\r\n\r\n')

      expect(head).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\nX-Request-ID: \w{32}\r\n/)
      expect(JSON.parse(String(body))).toEqual({
        error: expect.stringContaining('does not recognize the request method'),
        code: expect.stringMatching(/^\w{32}$/),
      })
    },
  )
})

describe('an expectation that nobody knows', () => {
  it.each(['foo', '200-ok, bar'])('is passed over: %s', async (expectation) => {
    const socket = connect(controller.port, '127.0.0.1')
    socket.write(`GET /ping HTTP/1.1\r\nhost: x\r\nexpect: ${expectation}\r\nconnection: close\r\n\r\n`)

    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*pong/)
  })
})
