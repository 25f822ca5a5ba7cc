import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PackageStep, RestTarget } from '@stemcell/conformance/rest'
import { StaticAuth, type StaticIdentity } from '../../src/auth/static-auth.ts'
import type { ControllerParts } from '../../src/controller/parts/controller-parts.ts'
import { createHttpFront, type HttpFront, type HttpFrontOptions } from '../../src/controller/front.ts'
import { createHttpServer } from '../../src/controller/http/http-server.ts'
import type { Activator } from '../../src/controller/invoke/activator.ts'
import { LocalBalancer } from '../../src/load-balancer/local-balancer.ts'
import { silentLogger } from '../../src/log.ts'
import { RecordLogStore } from '../../src/log-store/record-log-store.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { DEFAULT_PLATFORM_LIMITS } from '../../src/model/platform-limits.ts'
import { RuntimesManifest } from '../../src/model/runtimes-manifest.ts'
import { MemoryQueue } from '../../src/queue/memory-queue.ts'
import { LocalRateLimiter } from '../../src/rate-limiter/local-rate-limiter.ts'
import { ENTITY_INDEXES } from '../../src/store/entity-store.ts'
import { MemoryActivationStore } from '../../src/store/memory-activation-store.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { SystemClock } from '../../src/time/system-clock.ts'
import { SystemRandom } from '../../src/time/system-random.ts'
import { VmActivator } from './vm-activator.ts'

const attached = { attachmentName: 'codefile', attachmentType: 'text/plain' }

export const TEST_MANIFEST: RuntimesManifest = new RuntimesManifest({
  runtimes: {
    nodejs: [
      { kind: 'nodejs:18', image: { name: 'node18' }, attached },
      {
        kind: 'nodejs:20',
        image: { registry: 'r.io', prefix: 'p', name: 'node20', tag: 't' },
        attached,
        default: true,
      },
      { kind: 'nodejs:6', image: { name: 'node6' }, attached, deprecated: true },
    ],
    java: [{ kind: 'java:8', image: { name: 'java8' }, attached, requireMain: true }],
    shell: [{ kind: 'shell:1', image: { name: 'shell' } }],
  },
})

const UNLIMITED = { invocationsPerMinute: 1_000_000, concurrentInvocations: 1000 }

export const OWNER: StaticIdentity = {
  namespace: 'owner',
  subject: 'owner-subject',
  auth: `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${'o'.repeat(64)}`,
  limits: UNLIMITED,
}

export const OTHER: StaticIdentity = {
  namespace: 'other',
  auth: `33bc46b1-71f6-4ed5-8c54-816aa4f8c502:${'p'.repeat(64)}`,
  limits: UNLIMITED,
}

export interface TestControllerOptions {
  readonly identities?: readonly StaticIdentity[]
  readonly parts?: Partial<ControllerParts>
  readonly activator?: Activator
  readonly front?: HttpFrontOptions
}

/** A front that listens on a port of its own, over stores in memory. */
export class TestController {
  readonly parts: ControllerParts
  readonly front: HttpFront
  readonly #server: Server

  private constructor(parts: ControllerParts, front: HttpFront, server: Server) {
    this.parts = parts
    this.front = front
    this.#server = server
  }

  static async start(options: TestControllerOptions = {}): Promise<TestController> {
    const parts: ControllerParts = {
      id: 'test',
      queue: new MemoryQueue(),
      entityStore: new MemoryDocumentStore(ENTITY_INDEXES),
      activationStore: new MemoryActivationStore(),
      auth: new StaticAuth(options.identities ?? [OWNER, OTHER]),
      loadBalancer: new LocalBalancer(),
      logStore: new RecordLogStore(),
      rateLimiter: new LocalRateLimiter(),
      clock: new SystemClock(),
      random: new SystemRandom(),
      logger: silentLogger,
      limits: DEFAULT_PLATFORM_LIMITS,
      manifest: TEST_MANIFEST,
      build: { date: 'today', number: '7' },
      ...options.parts,
    }
    for (const part of [parts.entityStore, parts.activationStore, parts.auth, parts.logStore, parts.rateLimiter]) {
      await part.open()
    }
    const activator = options.activator ?? new VmActivator(parts.activationStore, parts.clock, parts.random)
    const front = createHttpFront(parts, activator, options.front)
    const server = createHttpServer((request, response) => front.handle(request, response), parts.clock, parts.random)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new TestController(parts, front, server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections that are open, on the side of the server. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    )
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** How rows of the contract reach this controller. */
  get target(): RestTarget {
    return { baseUrl: this.baseUrl, owner: OWNER, other: OTHER }
  }

  async makePackage(
    { package: name, publish = false, parameters = [], binding }: PackageStep,
    namespace: string,
  ): Promise<void> {
    const document = { namespace, name, publish, parameters, binding: binding ?? {}, entityType: 'package' }
    await this.parts.entityStore.put(`${namespace}/${name}`, {
      ...(document as unknown as JsonObject),
      version: '0.0.1',
      annotations: [],
      updated: 1,
    })
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    const { rateLimiter, logStore, auth, activationStore, entityStore } = this.parts
    for (const part of [rateLimiter, logStore, auth, activationStore, entityStore]) await part.close()
  }
}

export function basicAuth({ auth }: { readonly auth: string }): string {
  return `Basic ${Buffer.from(auth).toString('base64')}`
}
