import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { event, SmallApiServer } from './small-api-server.ts'

interface Tree {
  readonly metadata: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly uid?: string
    readonly resourceVersion?: string
  }
}

/** Keeps the pods of one namespace, and does nothing with them, as a cluster without a scheduler. */
export class SmallPodsApi {
  readonly server = new SmallApiServer()
  readonly pods = new Map<string, Tree>()
  readonly #watches = new Map<ServerResponse, string>()
  readonly #history: { readonly version: number; readonly type: string; readonly pod: Tree }[] = []
  #version = 1

  async listen(): Promise<this> {
    this.server.otherwise((request, response) => void this.#answer(request, response))
    await this.server.listen()
    return this
  }

  get watches(): number {
    return this.#watches.size
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server')
    const body = await text(request)
    const json = (value: object, status = 200): void => void response.writeHead(status).end(JSON.stringify(value))
    if (pathname.endsWith('/version')) return json({ minor: '34' })
    if (pathname.endsWith('/selfsubjectaccessreviews')) return json({ status: { allowed: true } }, 201)
    const name = /\/pods\/([^/]+)$/.exec(pathname)?.[1]
    if (request.method === 'DELETE') return this.#delete(name ?? '', json)
    const selector = searchParams.get('labelSelector') ?? ''
    if (request.method === 'POST') {
      const pod = this.#next(JSON.parse(body) as Tree)
      if (!searchParams.has('dryRun')) {
        this.pods.set(pod.metadata.name, pod)
        this.#tell('ADDED', pod)
      }
      json(pod, 201)
    } else if (searchParams.has('watch')) {
      this.#watches.set(response, selector)
      response.once('close', () => this.#watches.delete(response))
      response.writeHead(200).flushHeaders()
      const since = Number(searchParams.get('resourceVersion'))
      for (const { version, type, pod } of this.#history)
        if (version > since && isSelected(pod, selector)) response.write(event(type, pod))
    } else {
      const items = [...this.pods.values()].filter((pod) => isSelected(pod, selector))
      json({ metadata: { resourceVersion: String(this.#version) }, items })
    }
  }

  #delete(name: string, json: (value: object, status?: number) => void): void {
    const pod = this.pods.get(name)
    if (!pod) return json({ message: 'not found' }, 404)
    this.pods.delete(name)
    this.#tell('DELETED', this.#next(pod))
    json(pod)
  }

  #next(pod: Tree): Tree {
    const resourceVersion = String(++this.#version)
    const { uid = `uid-${resourceVersion}` } = pod.metadata
    return { ...pod, metadata: { ...pod.metadata, uid, resourceVersion } }
  }

  #tell(type: string, pod: Tree): void {
    this.#history.push({ version: this.#version, type, pod })
    for (const [watch, selector] of this.#watches) if (isSelected(pod, selector)) watch.write(event(type, pod))
  }
}

function isSelected({ metadata: { labels } }: Tree, selector: string): boolean {
  return selector.split(',').every((part) => {
    const [name = '', value] = part.split('=')
    return value === undefined ? labels[name] !== undefined : labels[name] === value
  })
}
