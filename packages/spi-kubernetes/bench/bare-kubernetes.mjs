// The floor of a pod's life: the API of Kubernetes over undici and nothing else, asked for the same pod, and one watch.
import { readFileSync } from 'node:fs'
import { kubernetesContainersOptions } from '@stemcell/spi-kubernetes'
import { randomBytes } from 'node:crypto'
import { Agent } from 'undici'
import { parse } from 'yaml'
import { ACTION, podRequest } from '../dist/pod/pod-request.js'

const settings = kubernetesContainersOptions.parse({})
const PORT = 8_080

export function bareKubernetes({ kubeconfig, namespace }) {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8'))
  const { server, ...authority } = clusters[0].cluster
  const { token, ...certificate } = users[0].user
  const text = (holder, name) =>
    holder[`${name}-data`] ? Buffer.from(holder[`${name}-data`], 'base64') : holder[name] && readFileSync(holder[name])
  const connect = {
    ca: text(authority, 'certificate-authority'),
    cert: text(certificate, 'client-certificate'),
    key: text(certificate, 'client-key'),
  }
  const agent = new Agent({ connect, bodyTimeout: 0 })
  const pods = `/api/v1/namespaces/${namespace}/pods`
  const waiting = new Map()

  async function ask(method, path, body) {
    const response = await agent.request({
      origin: server,
      method,
      path,
      headers: { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : null,
    })
    if (response.statusCode >= 300)
      throw new Error(`${method} ${path}: ${response.statusCode} ${await response.body.text()}`)
    return response.body
  }

  const until = (name, holds) =>
    new Promise((resolve) => waiting.set(name, (event) => holds(event) && resolve(event.object)))

  return {
    async open() {
      await ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
      for (;;) {
        const found = await (await ask('GET', `/api/v1/namespaces/${namespace}/serviceaccounts`)).json()
        if (found.items.some(({ metadata }) => metadata.name === 'default')) break
      }
      const { metadata } = await (await ask('GET', pods)).json()
      const stream = await ask('GET', `${pods}?watch=1&resourceVersion=${metadata.resourceVersion}`)
      let rest = ''
      stream.setEncoding('utf8').on('data', (chunk) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop()
        for (const line of lines) {
          const event = JSON.parse(line)
          waiting.get(event.object.metadata.name)?.(event)
        }
      })
      // It ends with the agent.
      stream.on('error', () => undefined)
    },
    networkOf: async () => undefined,
    /** Resolves when it runs; whether its program listens is another question. */
    start: async (spec) => {
      const maker = { factory: 'bare', key: randomBytes(6).toString('hex') }
      const request = podRequest({
        spec,
        maker,
        own: true,
        environment: {},
        logToken: undefined,
        settings,
        template: {},
      })
      const { name } = request.metadata
      const running = until(
        name,
        ({ object: { status } }) =>
          status.podIP && status.containerStatuses?.some((one) => one.name === ACTION && one.state.running),
      )
      await (await ask('POST', pods, request)).json()
      const { status } = await running
      return {
        endpoint: `http://${status.podIP}:${PORT}`,
        destroy: async () => {
          const gone = until(name, ({ type }) => type === 'DELETED')
          await (await ask('DELETE', `${pods}/${name}`, { gracePeriodSeconds: 1 })).json()
          await gone
          waiting.delete(name)
        },
      }
    },
    close: async () => {
      await (await ask('DELETE', `/api/v1/namespaces/${namespace}`)).json()
      await agent.destroy()
    },
  }
}
