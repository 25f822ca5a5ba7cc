import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { request as requestHttp, type IncomingHttpHeaders } from 'node:http'
import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { Agent, request as requestHttps } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { RestPlatform } from '@stemcell/conformance/rest'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../../../test/free-port.ts'
import { testWith } from '../../../../test/test-with.ts'
import { connectHttp2, CA, FIRST, RENEWED, sendOver } from './http2-client.ts'

let platform: RestPlatform
let folder: string
let url: string
let session: ClientHttp2Session
let authorization: string
const files = () => ({ cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') })
const ACTION = '/api/v1/namespaces/_/actions/a'
const RUN = `${ACTION}?blocking=true&result=true`

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stemcell-tls-'))
  copyFileSync(FIRST.cert, files().cert)
  copyFileSync(FIRST.key, files().key)
  platform = await RestPlatform.start()
  authorization = `Basic ${Buffer.from(platform.owner.auth).toString('base64')}`
  ;({ url } = await platform.platform.listen({ port: 0, tls: files() }))
  session = await connectHttp2(url)
  const put = await ask('PUT', ACTION, { exec: { kind: 'nodejs:20', code: 'function main(args) { return args }' } })
  expect(put.status).toBe(200)
})
afterEach(async () => {
  session.destroy()
  await platform.close()
  rmSync(folder, { recursive: true })
})

function ask(method: string, path: string, body?: object, over = session) {
  const headers = { authorization, 'content-type': 'application/json' }
  return sendOver(over, { method, path, headers, ...(body && { body: JSON.stringify(body) }) })
}

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly version: string
  readonly subject: string
  readonly text: string
}

/** Over HTTP/1.1. */
function askHttp1(path: string, base = url, headers: Record<string, string> = {}, agent?: Agent): Promise<Reply> {
  const request = base.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const ca = [...CA]
    const sent = request(base + path, { ca, headers, ...(agent && { agent }) }, (response) => {
      let text = ''
      const serial = response.socket instanceof Object && 'getPeerCertificate' in response.socket
      const subject = serial ? (response.socket as TLSSocket).getPeerCertificate().fingerprint256 : ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, httpVersion: version } = response
        resolve({ status: statusCode, headers: response.headers, version, subject, text })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** The certificate that who connects now is shown. */
async function shown(): Promise<string> {
  const socket = connectTls({ port: Number(new URL(url).port), host: '127.0.0.1', ca: [...CA], servername: '' })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

describe('a server with TLS', () => {
  it('says so in its address, and speaks HTTP/2, and HTTP/1.1 with those who do not', async () => {
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(session.alpnProtocol).toBe('h2')
    expect(await ask('POST', RUN, { n: 1 })).toMatchObject({ status: 200, text: '{"n":1}' })
    expect(await askHttp1('/ping')).toMatchObject({ status: 200, version: '1.1', text: 'pong' })
  })

  it('shows its address to browsers as they call it, over either version', async () => {
    const page = await sendOver(session, { method: 'GET', path: '/', headers: { accept: 'text/html' } })
    expect(page.text).toContain(`API=${url}/api/v1/namespaces/_`)
    expect((await askHttp1('/', url, { accept: 'text/html' })).text).toContain(`API=${url}/api/v1/namespaces/_`)
  })

  testWith('curl', 'answers curl over HTTP/2', async () => {
    const args = ['--silent', '--http2', '--cacert', FIRST.cert, '-H', `authorization: ${authorization}`]
    const code = ['-w', '\n%{http_version} %{http_code}', '-H', 'content-type: application/json', '-d', '{"by":"curl"}']
    const { stdout } = await promisify(execFile)('curl', [...args, ...code, url + RUN])
    expect(stdout).toBe('{"by":"curl"}\n2 200')
  })

  it('serves nobody without TLS on its port, and goes on', async () => {
    await expect(askHttp1('/ping', url.replace('https', 'http'))).rejects.toThrow()
    expect((await ask('GET', '/ping')).text).toBe('pong')
  })

  it('says on a port of plain HTTP where it is', async () => {
    const redirectPort = await freePort()
    const { url: other } = await platform.platform.listen({ port: 0, tls: { ...files(), redirectPort } })
    const plain = `http://127.0.0.1:${redirectPort}`
    const moved = await askHttp1('/api/v1/namespaces?x=%20y', plain)
    expect(moved).toMatchObject({ status: 308, text: '' })
    expect(moved.headers.location).toBe(`${other}/api/v1/namespaces?x=%20y`)
    expect((await askHttp1('/', plain, { host: 'api.example.com:80' })).headers.location).toBe(
      `https://api.example.com:${new URL(other).port}/`,
    )
    expect(await askHttp1('/', plain, { host: 'a/b' })).toMatchObject({ status: 400 })
  })

  it('does not serve with a certificate that does not fit its key', async () => {
    const port = await freePort()
    const listening = platform.platform.listen({ port, tls: { cert: FIRST.cert, key: RENEWED.key } })
    await expect(listening).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    await expect(listening).rejects.toThrow(`tls.key: ${RENEWED.key} is not the key of the certificate ${FIRST.cert}`)
    await expect(askHttp1('/ping', `http://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('takes renewed files under load without an error', async () => {
    const before = await shown()
    let isOver = false
    let answers = 0
    const caller = async (call: (n: number) => Promise<{ readonly status: number }>): Promise<Set<number>> => {
      const statuses = new Set<number>()
      for (let n = 0; !isOver; n++) {
        statuses.add((await call(n)).status)
        answers++
      }
      return statuses
    }
    const kept = new Agent({ keepAlive: true, maxSockets: 2 })
    const callers = [
      ...Array.from({ length: 4 }, () => caller((n) => ask('POST', RUN, { n }))),
      caller(() => askHttp1('/ping', url, {}, kept)),
      // A connection for each request.
      caller(() => askHttp1('/ping', url, { connection: 'close' })),
      caller(async () => {
        const own = await connectHttp2(url)
        const answer = await ask('GET', '/ping', undefined, own)
        await new Promise<void>((resolve) => own.close(resolve))
        return answer
      }),
    ]
    await vi.waitFor(() => expect(answers).toBeGreaterThan(50), 20_000)
    for (const { cert, key } of [RENEWED, FIRST, RENEWED]) {
      const serves = await shown()
      copyFileSync(cert, files().cert)
      copyFileSync(key, files().key)
      await vi.waitFor(async () => expect(await shown()).not.toBe(serves), 20_000)
    }
    expect(await shown()).not.toBe(before)
    const seen = answers
    await vi.waitFor(() => expect(answers).toBeGreaterThan(seen + 20), 20_000)
    isOver = true
    for (const statuses of await Promise.all(callers)) expect([...statuses]).toEqual([200])
    kept.destroy()
    // The connection that was there before all of it.
    expect(session.destroyed).toBe(false)
  })

  it('closes in peace: what was sent is answered, and clients are told to send no more', async () => {
    const seen = new Set<number | string>()
    let answers = 0
    const caller = async (): Promise<void> => {
      for (;;) {
        let own: ClientHttp2Session
        try {
          own = await connectHttp2(url)
        } catch (error) {
          seen.add((error as NodeJS.ErrnoException).code ?? String(error))
          return
        }
        let isTold = false
        own.on('goaway', () => (isTold = true))
        while (!isTold && !own.closed && !own.destroyed) {
          try {
            seen.add((await ask('POST', RUN, { a: 1 }, own)).status)
            answers++
          } catch (error) {
            // What is opened as the connection ends was not sent.
            seen.add(own.destroyed || own.closed ? 'closed' : String(error))
          }
        }
        own.close()
      }
    }
    const callers = Promise.all(Array.from({ length: 6 }, caller))
    await vi.waitFor(() => expect(answers).toBeGreaterThan(50), 20_000)
    await platform.platform.close({ drainMs: 20_000 })
    await callers
    for (const outcome of seen) expect([200, 503, 'ECONNREFUSED', 'ECONNRESET', 'closed']).toContain(outcome)
    expect(seen).toContain(200)
  }, 60_000)
})

describe('clients of HTTP/2 that do not behave', () => {
  const open = (path: string, headers: Record<string, string>): ClientHttp2Stream => {
    const stream = session.request(
      { ':method': 'PUT', ':path': path, authorization, 'content-type': 'application/json', ...headers },
      { endStream: false },
    )
    stream.on('error', () => undefined)
    return stream
  }
  const answerOf = async (stream: ClientHttp2Stream): Promise<number | undefined> => {
    const [headers] = (await once(stream, 'response')) as [Record<string, number>]
    stream.resume()
    return headers[':status']
  }

  it('that announce too much are refused before they send it, and others on the connection go on', async () => {
    const stream = open(`${ACTION}?overwrite=true`, { 'content-length': String(60 * 1024 * 1024) })
    expect(await answerOf(stream)).toBe(413)
    expect((await ask('GET', '/ping')).text).toBe('pong')
  })

  it('that send too much without a length are refused as well', async () => {
    const trigger = open('/api/v1/namespaces/_/triggers/t', {})
    const piece = Buffer.alloc(64 * 1024, ' ')
    const answer = answerOf(trigger)
    let isAnswered = false
    void answer.then(() => (isAnswered = true))
    while (!isAnswered && !trigger.destroyed) {
      if (!trigger.write(piece)) await Promise.race([once(trigger, 'drain'), answer])
    }
    expect(await answer).toBe(413)
    trigger.close()
    expect((await ask('GET', '/ping')).text).toBe('pong')
  })

  it('that reset in the middle of a body leave nothing behind', async () => {
    for (let round = 0; round < 200; round++) {
      const stream = open(`${ACTION}?overwrite=true`, {})
      stream.write('{"exec":')
      stream.close(round % 2 === 0 ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_NO_ERROR)
      if (round % 20 === 0) await once(stream, 'close')
    }
    expect((await ask('POST', RUN, { still: 'here' })).text).toBe('{"still":"here"}')
  })

  it('that reset while their action runs, or tear the connection, do not disturb others', async () => {
    const own = await connectHttp2(url)
    const lost = Array.from({ length: 20 }, (_, n) => ask('POST', RUN, { n }, own).catch(() => 'lost'))
    own.destroy()
    await Promise.all(lost)
    const raw = connectTls({ port: Number(new URL(url).port), host: '127.0.0.1', ca: [...CA], ALPNProtocols: ['h2'] })
    await once(raw, 'secureConnect')
    raw.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
    await once(raw.resume(), 'close')
    const half = connectTcp(Number(new URL(url).port), '127.0.0.1')
    half.write(Buffer.from([0x16, 3, 1, 2, 0]))
    half.destroy()
    expect((await ask('POST', RUN, { still: 'here' })).text).toBe('{"still":"here"}')
  })

  it('that ask for much at once get all of it', async () => {
    const text = 'x'.repeat(500_000)
    const answers = await Promise.all(Array.from({ length: 64 }, (_, n) => ask('POST', RUN, { n, text })))
    for (const [n, answer] of answers.entries()) {
      expect(answer.status).toBe(200)
      expect((JSON.parse(answer.text) as { n: number; text: string }).n).toBe(n)
      expect(answer.text.length).toBeGreaterThan(500_000)
    }
  })
})
