import { call, type ActivationRecord } from '../harness/api.ts'
import { eventually } from '../../../../test/eventually.ts'
import type { SpawnedServer } from '../harness/spawned-server.ts'

export interface Exec {
  readonly kind: string
  readonly code?: string
  readonly image?: string
  readonly main?: string
}

/** Of characters of one, two and three bytes. */
export const MEGABYTE: string = 'ü☃x'.repeat(160_000)

/** What the cases about actions of one language do with a server. */
export class Actions {
  readonly #server: () => SpawnedServer

  constructor(server: () => SpawnedServer) {
    this.#server = server
  }

  get server(): SpawnedServer {
    return this.#server()
  }

  /** As anybody is told. */
  async kinds(): Promise<string[]> {
    const { json } = await call(this.server, 'GET', '/', { auth: null })
    const families = json['runtimes'] as Record<string, readonly { readonly kind: string }[]>
    return Object.values(families).flatMap((versions) => versions.map(({ kind }) => kind))
  }

  async put(name: string, exec: Exec, more: object = {}): Promise<void> {
    const { status, text } = await call(this.server, 'PUT', `actions/${name}?overwrite=true`, {
      body: { exec, ...more },
    })
    if (status !== 200) throw new Error(`PUT ${name}: ${status} ${text}`)
  }

  async result(name: string, payload: object = {}): Promise<unknown> {
    const { json } = await call(this.server, 'POST', `actions/${name}?blocking=true&result=true`, { body: payload })
    return json
  }

  /** Lines as `stdout text`, once there is a record. */
  async logsOf(id: string): Promise<string[]> {
    let record: ActivationRecord | undefined
    await eventually('the record', async () => {
      const { status, json } = await call(this.server, 'GET', `activations/${id}`)
      record = json as unknown as ActivationRecord
      return status === 200
    })
    return record!.logs.map((line) => line.replace(/^\S+ (stdout|stderr): /, '$1 '))
  }
}

export function native(code: string, image = 'openwhisk/dockerskeleton'): Exec {
  return { kind: 'blackbox', image, code }
}
