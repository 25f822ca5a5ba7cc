import { request, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prefersHtml } from '../../../src/controller/http/prefers-html.ts'
import { TestController } from '../test-controller.ts'

const BROWSERS = [
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  'text/html, application/json;q=0.9',
  'TEXT/HTML',
]
const CLIENTS = [
  undefined,
  '',
  '*/*',
  'application/json',
  'application/json, text/html',
  'application/json, text/plain, */*',
  'text/html, application/json',
  'text/html;q=0.5, application/json',
  'text/html;q=0, */*',
  'text/html;q=0.8, */*',
  'text/html, */*',
  'text/html;q=two',
  'text/*',
  'text/htmlx',
  'text/plain',
]

describe('an Accept header', () => {
  it.each(BROWSERS)('of %s prefers HTML', (accept) => expect(prefersHtml(accept)).toBe(true))
  it.each(CLIENTS)('of %s does not', (accept) => expect(prefersHtml(accept)).toBe(false))
})

describe('GET /', () => {
  let controller: TestController
  beforeAll(async () => {
    controller = await TestController.start({
      parts: { console: '/console' },
    })
  })
  afterAll(() => controller.stop())

  async function get(
    headers: Record<string, string>,
  ): Promise<{ headers: IncomingHttpHeaders; readonly body: string }> {
    const sent = request(controller.baseUrl, { headers })
    sent.end()
    const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve)
      sent.once('error', reject)
    })
    return { headers: response.headers, body: await text(response) }
  }

  it('is a page for browsers, with lines to paste that name this server', async () => {
    const { headers, body } = await get({ accept: BROWSERS[0]! })
    expect(headers['content-type']).toBe('text/html; charset=UTF-8')
    expect(headers['vary']).toBe('Accept')
    expect(body).toContain(`API=${controller.baseUrl}/api/v1/namespaces/_`)
    expect(/<pre>([^]*)<\/pre>/.exec(body)![1]!.split('\n')).toHaveLength(3)
    expect(body).toContain('href="/docs"')
    expect(body).toContain('href="/console"')
  })

  it('is the same JSON for everybody else, byte for byte', async () => {
    const plain = await get({})
    expect(plain.headers['content-type']).toBe('application/json')
    expect(plain.headers['vary']).toBeUndefined()
    for (const accept of CLIENTS) {
      if (accept !== undefined) expect((await get({ accept })).body).toBe(plain.body)
    }
  })

  it('puts nothing of a strange Host into the page', async () => {
    const { body } = await get({ accept: 'text/html', host: '"><script>alert(1)</script>' })
    expect(body).not.toContain('<script')
    const { body: shell } = await get({ accept: 'text/html', host: '$(reboot)' })
    expect(shell).not.toContain('reboot')
    const { body: proxied } = await get({ accept: 'text/html', host: 'my.example', 'x-forwarded-proto': 'https' })
    expect(proxied).toContain('API=https://my.example/api/v1')
  })
})
