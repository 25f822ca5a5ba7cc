import type { HttpRequest, HttpResponse } from './http/direct/api-server.ts'
import { isPromise, type MaybePromise } from '../lifecycle.ts'
import type { Identity } from '../model/identity.ts'
import { Deadlines } from '../time/deadlines.ts'
import type { Tracer } from '../model/tracer.ts'
import { newTransaction, type Transaction } from '../model/transaction.ts'
import { controllerOwner } from '../store/record-owner.ts'
import { systemDocuments } from '../system-packages/system-documents.ts'
import type { ActionInvocation, FiringOutcome, TriggerFiring } from '../system-packages/system-package.ts'
import { SystemEntityStore } from '../system-packages/system-entity-store.ts'
import { activationRoutes } from './activations/activation-routes.ts'
import { bodyMemoryBytes } from './parts/api-options.ts'
import type { ApiOptions } from './parts/api-options.ts'
import type { ControllerParts } from './parts/controller-parts.ts'
import { actionRoutes } from './actions/action-routes.ts'
import { EntityCache, type EntityCacheOptions } from './entities/entity-cache.ts'
import { EntityWriter, type AnnounceWrite } from './entities/entity-writer.ts'
import type { Activator } from './invoke/activator.ts'
import { ComposingActivator } from './invoke/composing-activator.ts'
import { actionListener } from './system/action-listener.ts'
import { invokeAsOwner } from './system/invoke-as-owner.ts'
import { SystemRunner } from './invoke/system/system-runner.ts'
import { packageRoutes } from './packages/package-routes.ts'
import { ruleRoutes } from './triggers/rule-routes.ts'
import { fireAsOwner } from './system/fire-as-owner.ts'
import { TriggerLinks } from './triggers/trigger-links.ts'
import { triggerRoutes } from './triggers/trigger-routes.ts'
import { WebActions } from './web/web-actions.ts'
import { parseWebPath, WEB_PREFIX } from './web/web-path.ts'
import { acceptsMediaType } from './http/accepts-media-type.ts'
import { JSON_TYPE, OK, type Answer } from './http/answer.ts'
import type { ApiServices } from './services/api-services.ts'
import { Authenticator } from './admission/authenticator.ts'
import { disableRoute } from './operations/disable-route.ts'
import { BodyReceiver } from './http/body-receiver.ts'
import { docsRoutes } from './api-document/docs-routes.ts'
import { EarlyAnswers } from './http/early-answers.ts'
import { errorAnswer } from './http/error-answer.ts'
import { Exchange, type Reception } from './http/exchange.ts'
import { HttpError, noRoute, RETRY_SOON } from './http/http-error.ts'
import { infoRoutes } from './operations/info-routes.ts'
import { namespaceRoutes } from './namespaces/namespace-routes.ts'
import { readinessRoute } from './operations/readiness-route.ts'
import { operationalRoutes, type OperationalState } from './operations/operational-routes.ts'
import { announcedLength, bodyTooLarge, ClientGone } from './http/read-body.ts'
import type { Call, Route, UserRoute } from './http/route.ts'
import { RouteTable } from './http/route-table.ts'
import { methodNotAllowed, onlyTheseTypes, TEXTS } from './http/texts.ts'
import { Throttle } from './admission/throttle.ts'
import { wellFormedPath } from './http/well-formed-path.ts'

const API = '/api/v1'
const BELOW_API = `${API}/`
const MAX_URI_LENGTH = 8192
/** How metrics call all web actions. */
const WEB_ROUTE = '/api/v1/web'
const REQUEST_TIMEOUT_MS = 65_000
/** Transaction ids go into headers, logs and messages: others than these are replaced. */
const ADOPTABLE_ID = /^[\x20-\x7e]{1,1024}$/

/** Those that OpenWhisk knows, whatever it does with them; node:http knows more. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])
const SERVED_METHODS = ['GET', 'PUT', 'POST', 'DELETE'] as const

export interface HttpFrontOptions extends ApiOptions {
  /** Source of `GET /invokers…` and `/activation…`. Without it those paths do not exist: they answer anybody. */
  readonly operations?: OperationalState
  /** Why no request should be led here, behind `GET /ready`, which does not exist without it. */
  readonly unready?: () => string | undefined
  /** Takes the controller out of service: behind `POST /disable`, which does not exist without it. */
  readonly disable?: () => void
  /** How long a request may take altogether, ms. Default 65 000, 5 s more than a blocking wait. */
  readonly requestTimeoutMs?: number
  readonly cache?: EntityCacheOptions
  /** Called after each write of an entity with its document id, for other controllers' caches. */
  readonly announceWrite?: AnnounceWrite
}

/** The REST API over requests of an {@link ApiServer}. */
export interface HttpFront {
  /** Answers one request; never throws. */
  handle(request: HttpRequest, response: HttpResponse): void
  /** Every operation that is served. */
  readonly routes: readonly Route[]
  /** Entities as the API sees them; `invalidate` is for changes that others made. */
  readonly entities: EntityCache
  /** Fires triggers for those who work inside the platform. */
  fire(firing: TriggerFiring): Promise<FiringOutcome>
  /** Invokes actions for them. */
  invoke(invocation: ActionInvocation): Promise<FiringOutcome>
  /** Runs what users invoke; its life is its owner's business. */
  readonly compositions: ComposingActivator
}

/** `inner` runs atomic actions; sequences and compositions are made of it here. */
export function createHttpFront(given: ControllerParts, inner: Activator, options: HttpFrontOptions = {}): HttpFront {
  const parts = withSystemEntities(given)
  const cache = new EntityCache(parts.entityStore, parts.clock, options.cache)
  const compositions = new ComposingActivator({
    ...parts,
    inner,
    cache,
    owner: controllerOwner(parts.id),
    ...(parts.system && { systemRunner: new SystemRunner({ ...parts, ...parts.system }) }),
  })
  const services: ApiServices = {
    parts,
    activator: compositions,
    options,
    cache,
    writer: new EntityWriter(
      parts.entityStore,
      cache,
      options.announceWrite ?? (() => undefined),
      actionListener(parts),
    ),
    throttle: new Throttle(parts),
  }
  const about = [
    ...infoRoutes(parts),
    ...(options.unready ? [readinessRoute(options.unready)] : []),
    ...(options.operations ? operationalRoutes(options.operations, options.readyFraction ?? 1) : []),
    ...(options.disable ? [disableRoute(options.operator, options.disable)] : []),
    ...(parts.routes ?? []),
  ]
  const links = new TriggerLinks(services)
  const users = [
    ...namespaceRoutes(parts.limits),
    ...actionRoutes(services),
    ...packageRoutes(services),
    ...triggerRoutes(services, links),
    ...ruleRoutes(services, links),
    ...activationRoutes(parts),
  ]
  const described = [...about, ...users]
  const routes: readonly Route[] = [...docsRoutes(described), ...described]
  const authenticator = new Authenticator(parts.auth)
  const dispatcher = new Dispatcher(
    parts,
    routes,
    authenticator,
    new WebActions(services, authenticator),
    {
      receiver: new BodyReceiver(parts.clock, bodyMemoryBytes(options, parts.limits)),
      earlyAnswers: new EarlyAnswers(parts.clock),
    },
    options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
  )
  return {
    routes,
    entities: cache,
    compositions,
    fire: (firing) => fireAsOwner(services, firing),
    invoke: (invocation) => invokeAsOwner(services, invocation),
    handle: (request, response) => dispatcher.handle(request, response),
  }
}

/** Lets system packages be found where users look for packages. */
function withSystemEntities(parts: ControllerParts): ControllerParts {
  const { system, entityStore, limits, clock } = parts
  if (!system || system.packages.length === 0) return parts
  const documents = system.packages.map((pkg) => systemDocuments(pkg, limits, clock.now()))
  return { ...parts, entityStore: new SystemEntityStore(entityStore, documents) }
}

/** Leads a request through the checks that all have in common to the route that serves it. */
class Dispatcher {
  readonly #parts: ControllerParts
  readonly #routes: RouteTable<Route>
  readonly #authenticator: Authenticator
  readonly #web: WebActions
  readonly #reception: Reception
  readonly #deadlines: Deadlines
  readonly #requestTimeoutMs: number

  constructor(
    parts: ControllerParts,
    routes: readonly Route[],
    authenticator: Authenticator,
    web: WebActions,
    reception: Reception,
    requestTimeoutMs: number,
  ) {
    this.#parts = parts
    this.#routes = new RouteTable(routes)
    this.#authenticator = authenticator
    this.#web = web
    this.#reception = reception
    this.#deadlines = Deadlines.of(parts.clock)
    this.#requestTimeoutMs = requestTimeoutMs
  }

  handle(request: HttpRequest, response: HttpResponse): void {
    const { headers } = request
    const requested = headers['x-request-id']
    const extraLogging = headers['x-ow-extra-logging']
    const finalized = typeof requested === 'string' && ADOPTABLE_ID.test(requested)
    const given = newTransaction(
      this.#parts.clock,
      this.#parts.random,
      finalized ? requested : undefined,
      typeof extraLogging === 'string' && extraLogging.toLowerCase() === 'on',
    )
    const { tracer } = this.#parts
    const transaction = tracer ? traced(tracer, given, request) : given
    const exchange = new Exchange(request, response, transaction, this.#parts.clock.monotonic(), this.#reception)
    try {
      const answer = this.#route(exchange)
      if (isPromise(answer)) this.#await(exchange, answer)
      else this.#finish(exchange, answer)
    } catch (error) {
      this.#refuse(exchange, error)
    }
  }

  #await(exchange: Exchange, answer: Promise<Answer>): void {
    exchange.limit(this.#requestTimeoutMs, this.#onExpired)
    this.#deadlines.add(exchange)
    void answer.then(
      (given) => {
        this.#deadlines.remove(exchange)
        try {
          this.#finish(exchange, given)
        } catch (error) {
          this.#refuse(exchange, error)
        }
      },
      (error: unknown) => {
        this.#deadlines.remove(exchange)
        this.#refuse(exchange, error)
      },
    )
  }

  #route(exchange: Exchange): MaybePromise<Answer> {
    const { request } = exchange
    if (!METHODS.has(request.method ?? '')) throw new HttpError(501)
    if (!isAddressedOnce(request)) throw new HttpError(400, '', { headers: ['Connection', 'close'] })
    const inApi = exchange.path === API || exchange.path.startsWith(BELOW_API)
    if (inApi) exchange.area = 'rest'
    if ((request.url ?? '').length > MAX_URI_LENGTH) throw new HttpError(414, TEXTS.uriTooLong)
    const path = wellFormedPath(exchange.path)
    if (path === undefined) throw new HttpError(400)
    if ((announcedLength(request) ?? 0) > this.#parts.limits.maxRequestBytes) throw bodyTooLarge()
    const web = path.startsWith(WEB_PREFIX) ? parseWebPath(request.method ?? '', path) : undefined
    if (web) {
      exchange.area = 'none'
      exchange.route = WEB_ROUTE
      return this.#web.handle(exchange, web)
    }
    if (request.method === 'OPTIONS') {
      if (!inApi) exchange.area = 'server'
      return OK
    }
    const match = this.#routes.find(request.method ?? '', path)
    if (match === 'malformed') throw new HttpError(400)
    const route = match?.route
    if (route) exchange.route = route.path
    if (route?.auth === 'none') {
      exchange.area = route.cors
      const { transaction, rawQuery } = exchange
      const call = { request, body: exchange, transaction, rawQuery, params: match?.params ?? {}, late: exchange }
      return route.handle(call)
    }
    if (!inApi) throw this.#notAllowed(path)
    const { clock, observer } = this.#parts
    const beganMs = clock.monotonic()
    const serve = (user: Identity): MaybePromise<Answer> => {
      observer?.authenticated?.({ ms: clock.monotonic() - beganMs })
      return this.#serve(exchange, user, route, match?.params)
    }
    const user = this.#authenticator.authenticate(request.headers.authorization)
    return isPromise(user) ? user.then(serve) : serve(user)
  }

  /** Outside of the API, what other methods could do is told. */
  #notAllowed(path: string): HttpError {
    const served = SERVED_METHODS.filter((method) => this.#routes.find(method, path))
    const allowed = [...served, 'OPTIONS'].join(', ')
    return new HttpError(405, methodNotAllowed(allowed), { headers: ['Allow', allowed] })
  }

  #serve(
    exchange: Exchange,
    user: Identity,
    route: UserRoute | undefined,
    params: Call['params'] = {},
  ): MaybePromise<Answer> {
    const { request, transaction, rawQuery } = exchange
    if (!route) throw noRoute()
    if (!acceptsMediaType(request.headers.accept, JSON_TYPE)) throw new HttpError(406, onlyTheseTypes(JSON_TYPE))
    return route.handle({ request, body: exchange, transaction, rawQuery, params, user, late: exchange })
  }

  readonly #onExpired = (exchange: Exchange): void => this.#expire(exchange)

  /** What was accepted is not called refused only because the store, say, does not answer. */
  #expire(exchange: Exchange): void {
    if (exchange.stopReceiving()) return
    const accepted = exchange.lateAnswer()
    if (accepted) this.#finish(exchange, accepted)
    else this.#refuse(exchange, new HttpError(503, TEXTS.tooSlow, { headers: ['Connection', 'close', ...RETRY_SOON] }))
  }

  #refuse(exchange: Exchange, error: unknown): void {
    if (error instanceof ClientGone) exchange.abandon()
    else this.#finish(exchange, errorAnswer(error, exchange.transaction.id, this.#parts.logger))
  }

  #finish(exchange: Exchange, answer: Answer): void {
    exchange.answer(answer)
    const { transaction, request, path, route, receivedMs } = exchange
    const { logger, clock, observer } = this.#parts
    if (observer?.answered) {
      const { trace } = transaction
      const { method = '' } = request
      const event = { method, route, status: answer.status, ms: clock.monotonic() - receivedMs }
      observer.answered(trace ? { ...event, trace } : event)
    }
    if (!transaction.extraLogging) return
    const ms = clock.now() - transaction.start
    logger.info({ transactionId: transaction.id, method: request.method, path, status: answer.status, ms }, 'answered')
  }
}

function traced(
  tracer: Tracer,
  transaction: Transaction,
  { method = '', url = '', headers }: HttpRequest,
): Transaction {
  const { traceparent, tracestate } = headers
  const trace = tracer.begin({
    method,
    path: url.split('?', 1)[0]!,
    transactionId: transaction.id,
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  })
  return trace ? { ...transaction, trace } : transaction
}

/** RFC 9112 §3.2: one `Host`, which HTTP/1.1 may not leave out. */
function isAddressedOnce({ rawHeaders, httpVersion }: HttpRequest): boolean {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts === 1 || (hosts === 0 && httpVersion !== '1.1')
}
