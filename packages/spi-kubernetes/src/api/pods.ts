import type { WebSocket } from 'undici'
import { ApiRefusal, refusedWith } from './api-refusal.ts'
import type { ApiServer } from './api-server.ts'
import type { Pod, PodList } from './pod.ts'

/** A page of a listing. */
const PAGE = '500'
/**
 * The names of the streams are the first byte of each message. Version 5 is answered by the API server itself, before the node
 * knows of it: what is written until then would be lost.
 */
const ATTACH_PROTOCOLS = ['v4.channel.k8s.io']

export interface WatchOptions {
  /** What came after it is told. */
  readonly version: string
  /** The server ends the watch after so long. */
  readonly seconds: number
  /** Without a word for so long the connection is taken for dead. */
  readonly silenceMs: number
  readonly signal: AbortSignal
}

/** The pods of one namespace. Everything rejects as {@link ApiServer.call}. */
export class Pods {
  readonly #server: ApiServer
  readonly #namespace: string

  constructor(server: ApiServer, namespace: string) {
    this.#server = server
    this.#namespace = namespace
  }

  create(pod: object, options: { readonly dryRun?: boolean; readonly timeoutMs?: number } = {}): Promise<Pod> {
    return this.#server.call('POST', this.#path(), {
      body: pod,
      query: options.dryRun ? { dryRun: 'All' } : {},
      ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    })
  }

  /** All that have these labels, and the version of the listing, from which a watch goes on. */
  async list(selector: string): Promise<{ readonly version: string; readonly pods: readonly Pod[] }> {
    const pods: Pod[] = []
    let page = ''
    for (;;) {
      const query = { labelSelector: selector, limit: PAGE, ...(page !== '' && { continue: page }) }
      const { metadata, items } = await this.#server.call<PodList>('GET', this.#path(), { query })
      pods.push(...items)
      page = metadata.continue ?? ''
      if (page === '') return { version: metadata.resourceVersion, pods }
    }
  }

  /**
   * Asks for the end of a pod; false when there is none. With a grace of 0 the object goes at once, whatever its node does.
   * Of another pod of the same name, which has another `uid`, nothing is asked.
   */
  async remove(name: string, uid: string | undefined, graceS: number): Promise<boolean> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: graceS,
      ...(uid !== undefined && { preconditions: { uid } }),
    }
    try {
      await this.#server.call('DELETE', this.#path(name), { body })
      return true
    } catch (error) {
      if (refusedWith(error) === 404) return false
      // The pod is gone, and another one has its name.
      if (error instanceof ApiRefusal && error.status === 409 && /\bUID\b/.test(error.message)) return false
      throw error
    }
  }

  watch(selector: string, { version, seconds, silenceMs, signal }: WatchOptions): ReturnType<ApiServer['stream']> {
    const query = {
      watch: '1',
      labelSelector: selector,
      resourceVersion: version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
    }
    return this.#server.stream(this.#path(), query, silenceMs, signal)
  }

  /** Both output streams of a container, from now on. */
  attach(name: string, container: string): Promise<WebSocket> {
    const query = { container, stdin: 'false', stdout: 'true', stderr: 'true', tty: 'false' }
    return this.#server.socket(`${this.#path(name)}/attach`, query, ATTACH_PROTOCOLS)
  }

  #path(name?: string): string {
    return `/api/v1/namespaces/${this.#namespace}/pods${name === undefined ? '' : `/${name}`}`
  }
}
