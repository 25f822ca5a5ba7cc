import { afterEach, describe, expect, it } from 'vitest'
import { assemble, memoryContainers, type Mount, type Platform } from '../../src/index.ts'

let platform: Platform

afterEach(() => platform.close())

async function start(handle: Mount['handle']): Promise<(path: string) => Promise<Response>> {
  platform = await assemble({ containers: memoryContainers(), mounts: [{ path: '/page', handle }] })
  const { url } = await platform.listen({ port: 0 })
  return (path) => fetch(`${url}${path}`)
}

describe('mounts', () => {
  it('answer their path and what is below it, and nothing else', async () => {
    const get = await start(({ url }, response) => response.end(`mounted ${url}`))
    for (const path of ['/page', '/page/', '/page/a/b', '/page?x=1']) {
      expect(await (await get(path)).text()).toBe(`mounted ${path}`)
    }
    expect((await get('/pages')).status).toBe(405)
    expect(await (await get('/ping')).text()).toBe('pong')
  })

  it('one that throws is a 500, and the platform goes on', async () => {
    const get = await start(() => {
      throw new Error('broken')
    })
    expect((await get('/page')).status).toBe(500)
    expect((await get('/ping')).status).toBe(200)
  })

  it('one that throws in the middle of an answer breaks it off', async () => {
    const get = await start((_request, response) => {
      response.writeHead(200).write('half')
      throw new Error('broken')
    })
    await expect(get('/page').then((response) => response.text())).rejects.toThrow()
  })

  it('a path that ends with a slash is refused', async () => {
    platform = await assemble({ containers: memoryContainers() })
    const mounts = [{ path: '/page/', handle: () => undefined }]
    await expect(assemble({ containers: memoryContainers(), mounts })).rejects.toThrow(/mounts/)
  })
})
