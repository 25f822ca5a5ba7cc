import { assemble, memoryContainers, type Platform } from '@stemcell/core'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createConsole, type Console, type ConsoleOptions } from '../../src/index.ts'
import { eventually } from '../../../../test/eventually.ts'

const operator = { username: 'operator', password: 'secret:with:colons' }
let platform: Platform
let console: Console
let url: string

afterEach(async () => {
  console.close()
  await platform.close()
})

async function start(options: ConsoleOptions = {}): Promise<void> {
  console = createConsole(options)
  platform = await assemble({ containers: memoryContainers(), mounts: [console.mount], observers: console.observers })
  console.watch(platform)
  ;({ url } = await platform.listen({ port: 0 }))
}

function basic(credentials: string): { readonly headers: { readonly authorization: string } } {
  return { headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } }
}

describe('the files of the console', () => {
  it('are served compressed where the client takes that, under a policy without unsafe-inline', async () => {
    await start()
    const page = await fetch(`${url}/console/`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self'/)
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const html = await page.text()
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/)
    const script = `/console/${/src="\.\/([^"]+\.js)"/.exec(html)![1]!}`
    const loaded = await fetch(`${url}${script}`, { headers: { 'accept-encoding': 'br' } })
    expect(loaded.headers.get('content-encoding')).toBe('br')
    expect(loaded.headers.get('cache-control')).toContain('immutable')
    const plain = await fetch(`${url}${script}`, { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
    const forbidden = await fetch(`${url}${script}`, { headers: { 'accept-encoding': 'br;q=0, GZIP; q=0.5' } })
    expect(forbidden.headers.get('content-encoding')).toBe('gzip')
    const neither = await fetch(`${url}${script}`, { headers: { 'accept-encoding': 'br; q=0, gzip;q=0.0' } })
    expect(neither.headers.get('content-encoding')).toBeNull()
    expect(await plain.text()).toBe(await loaded.text())
  })

  it('are below /console/ only', async () => {
    await start()
    const redirect = await fetch(`${url}/console`, { redirect: 'manual' })
    expect([redirect.status, redirect.headers.get('location')]).toEqual([308, 'console/'])
    for (const path of [
      '/console/../package.json',
      '/console/%2e%2e/package.json',
      '/console/assets',
      '/console/x.js',
    ]) {
      expect((await fetch(`${url}${path}`)).status).not.toBe(200)
    }
    expect((await fetch(`${url}/console/`, { method: 'POST' })).status).toBe(405)
    expect(await (await fetch(`${url}/console/settings.json`)).json()).toEqual({ version: '', operator: false })
  })
})

describe('the operator stream over HTTP', () => {
  it('is for the operator only, and there is none without one', async () => {
    await start({ operator })
    const stream = `${url}/console/operator/stream`
    for (const credentials of ['operator:wrong', 'operator:', 'x:secret:with:colons']) {
      const refused = await fetch(stream, basic(credentials))
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toBeNull()
    }
    expect((await fetch(stream)).status).toBe(401)
    expect((await fetch(stream, { headers: { authorization: 'Basic ???' } })).status).toBe(401)
    console.close()
    await platform.close()
    await start()
    expect((await fetch(`${url}/console/operator/stream`, basic('operator:secret'))).status).toBe(404)
  })

  it('sends events until the console is closed', async () => {
    await start({ operator })
    const response = await fetch(`${url}/console/operator/stream`, basic('operator:secret:with:colons'))
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    await eventually('a second event', async () => {
      const { value = '' } = await reader.read()
      text += value
      return text.includes('event: cluster\n')
    })
    expect(text.startsWith('event: hello\ndata: {')).toBe(true)
    console.close()
    await eventually('the end', async () => (await reader.read()).done)
  })

  it('one who stops reading, and one who is cut off, leave the platform as it was', async () => {
    await start({ operator })
    const { port } = new URL(url)
    const head = `GET /console/operator/stream HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('operator:secret:with:colons').headers.authorization}\r\n\r\n`
    const silent = connect(Number(port), '127.0.0.1', () => silent.write(head))
    silent.pause()
    const cut = connect(Number(port), '127.0.0.1', () => cut.write(head))
    await new Promise((resolve) => cut.once('data', resolve))
    cut.resetAndDestroy()
    await platform.subjects.createUser('guest')
    const guest = await platform.client('guest')
    await guest.putAction('hi', { exec: { kind: 'nodejs:20', code: 'function main() { return { hi: true } }' } })
    expect(await guest.invoke('hi')).toMatchObject({ response: { success: true } })
    silent.destroy()
  })
})
