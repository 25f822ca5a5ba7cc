// The floor of a container's life on Podman: libpod's API over undici and nothing else, asked for the same container.
import { socketIn } from '@stemcell/core/container-engine'
import { podmanContainersOptions } from '@stemcell/spi-podman'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'undici'
import { containerRequest } from '../dist/engine/container-request.js'

const settings = podmanContainersOptions.parse({})

export function barePodman({ socketPath, dir }) {
  const engine = new Pool('http://podman', { socketPath })

  async function ask(method, path, body) {
    const { statusCode, body: reply } = await engine.request({
      method,
      path: `/v4.0.0/libpod/containers/${path}`,
      headers: { 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : null,
    })
    const text = await reply.text()
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  return {
    networkOf: async (id) => Object.keys((await ask('GET', `${id}/json`)).NetworkSettings.Networks)[0],
    /** Resolves when the engine has started it; whether its program listens is another question. */
    start: async (spec, network) => {
      const name = `bare-${randomBytes(6).toString('hex')}`
      const folder = join(dir, name)
      mkdirSync(folder)
      chmodSync(folder, 0o777)
      const request = containerRequest({
        spec,
        image: { name: spec.image, id: spec.image, own: true, attributesLogs: false, isRoot: false },
        name,
        network: { request: { netns: { nsmode: 'bridge' }, networks: { [network]: {} } } },
        address: 'socket',
        folder,
        environment: {},
        logToken: undefined,
        settings,
      })
      const { Id: id } = await ask('POST', 'create', request)
      await ask('POST', `${id}/start`)
      return {
        endpoint: socketIn(folder),
        suspend: () => ask('POST', `${id}/pause`),
        resume: () => ask('POST', `${id}/unpause`),
        destroy: () => ask('DELETE', `${id}?force=true&timeout=0&v=true`),
      }
    },
    close: () => engine.destroy(),
  }
}
