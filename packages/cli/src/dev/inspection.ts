import { createServer, type AddressInfo } from 'node:net'
import { get } from 'node:http'
import type { Prefix } from '../project/javascript.ts'
import type { Entity, Project } from '../project/model.ts'

/** OpenWhisk's longest. Whoever looks at an action needs time. */
const TIMEOUT_MS = 300_000

/** An action that waits for a debugger before it begins. */
export class Inspection {
  readonly action: string
  #port = 0

  constructor(action: string) {
    this.action = action.replace(/^default\//, '')
  }

  /** Every version of the code listens on a port of its own: the one before may still have its own. */
  async renew(): Promise<void> {
    this.#port = await freePort()
  }

  get port(): number {
    return this.#port
  }

  /** Stays on the line of the first statement, so that the debugger shows the lines of the source. */
  prefix(action: string): Prefix | undefined {
    if (action !== this.action) return undefined
    const open = `try { inspector.open(${this.#port}, '127.0.0.1', true) } catch (error) { console.error(String(error)) }`
    return {
      cjs: `{ const inspector = require('node:inspector'); ${open} } `,
      esm: `import inspector from 'node:inspector'; ${open} `,
    }
  }

  /** With time to look around. */
  relax(project: Project): Project {
    const entities = project.entities.map((entity: Entity): Entity =>
      entity.kind === 'action' && entity.name === this.action
        ? { ...entity, limits: { ...entity.limits, timeout: TIMEOUT_MS } }
        : entity,
    )
    return { ...project, entities }
  }

  /** Where a debugger finds it; undefined while no container of it runs. */
  address(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const request = get({ host: '127.0.0.1', port: this.#port, path: '/json/list', timeout: 500 }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => resolve(addressIn(text)))
        response.on('error', () => resolve(undefined))
      })
      request.on('error', () => resolve(undefined))
      request.on('timeout', () => request.destroy())
    })
  }
}

function addressIn(text: string): string | undefined {
  try {
    const [target] = JSON.parse(text) as { readonly webSocketDebuggerUrl?: string }[]
    return target?.webSocketDebuggerUrl
  } catch {
    // Whatever has the port now is no inspector.
    return undefined
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
