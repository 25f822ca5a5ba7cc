import { timingSafeEqual, createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import type { Invoker } from '../invoker.ts'

/** OpenWhisk's, which everybody knows: give others where the port can be reached by strangers. */
export const DEFAULT_INVOKER_CREDENTIALS: InvokerCredentials = { username: 'invoker.user', password: 'invoker.pass' }

/** Who may enable and disable an invoker over HTTP. */
export interface InvokerCredentials {
  readonly username: string
  readonly password: string
}

/** A path that is answered to anybody, such as `/metrics`. */
export interface OpenPath {
  readonly path: string
  readonly handle: () => MaybePromise<PlainAnswer>
}

/** An answer of an {@link OpenPath}. */
export interface PlainAnswer {
  readonly status: number
  readonly contentType?: string
  readonly body: string | Buffer
}

/** What {@link invokerFront} answers for. */
export interface InvokerFrontOptions {
  readonly invoker: Pick<Invoker, 'instance' | 'isEnabled' | 'enable' | 'disable'>
  readonly logger: Logger
  /** Default: {@link DEFAULT_INVOKER_CREDENTIALS}. */
  readonly credentials?: InvokerCredentials
  readonly open?: readonly OpenPath[]
}

interface Operation {
  readonly method: 'GET' | 'POST'
  readonly isOpen: boolean
  readonly handle: () => MaybePromise<PlainAnswer>
}

const UNAUTHORIZED = plain(401, 'username or password are wrong.')
const NOT_FOUND = json(404, { error: 'The requested resource does not exist.' })
const READY = json(200, { ready: 'yes' })
const UNREADY = json(503, { unready: 'the invoker takes no work' })
const FAILED = json(500, { error: 'There was an internal server error.' })

/**
 * What an operator may ask of an invoker over HTTP, as OpenWhisk's invokers answer it: `POST /enable`, `POST /disable`
 * and `GET /isEnabled` with basic authentication, `GET /ping` and the paths of `open` without. Not of OpenWhisk is `GET /ready`:
 * 200 while it takes work, 503 before, and from when it is disabled or stops. For `http.createServer`.
 */
export function invokerFront(options: InvokerFrontOptions): RequestListener {
  const operations = operationsOf(options)
  const expected = digest(basic(options.credentials ?? DEFAULT_INVOKER_CREDENTIALS))

  const answer = async (request: IncomingMessage): Promise<PlainAnswer & { readonly allow?: string }> => {
    const path = (request.url ?? '').split('?', 1)[0]!
    const operation = operations.get(path)
    if (!operation) return NOT_FOUND
    if (!operation.isOpen && !timingSafeEqual(digest(given(request)), expected)) {
      return UNAUTHORIZED
    }
    if (request.method !== operation.method) {
      return { ...json(405, { error: `${path} is asked for with ${operation.method}.` }), allow: operation.method }
    }
    try {
      return await operation.handle()
    } catch (err) {
      options.logger.error({ invoker: options.invoker.instance.id, path, err }, 'request to the invoker failed')
      return FAILED
    }
  }
  return (request, response) => {
    // Bodies have no meaning here.
    request.resume()
    void answer(request).then((found) => write(response, found))
  }
}

function operationsOf({ invoker, open = [] }: InvokerFrontOptions): ReadonlyMap<string, Operation> {
  const name = `invoker${invoker.instance.id}`
  const change = async (what: 'enable' | 'disable'): Promise<PlainAnswer> =>
    plain(200, `${name} is ${(await invoker[what]()) ? 'now' : 'already'} ${what}d.`)
  const guarded = (method: Operation['method'], handle: Operation['handle']): Operation => ({
    method,
    isOpen: false,
    handle,
  })
  return new Map<string, Operation>([
    ...open.map(({ path, handle }) => [path, { method: 'GET', isOpen: true, handle }] as const),
    ['/ping', { method: 'GET', isOpen: true, handle: () => plain(200, 'pong') }],
    ['/ready', { method: 'GET', isOpen: true, handle: () => (invoker.isEnabled ? READY : UNREADY) }],
    ['/isEnabled', guarded('GET', () => json(200, { enabled: invoker.isEnabled }))],
    ['/enable', guarded('POST', () => change('enable'))],
    ['/disable', guarded('POST', () => change('disable'))],
  ])
}

function write(
  response: ServerResponse,
  { status, contentType, body, allow }: PlainAnswer & { readonly allow?: string },
): void {
  if (response.destroyed) return
  response.writeHead(status, {
    ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
    ...(allow === undefined ? {} : { Allow: allow }),
    ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="invoker"' } : {}),
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

function plain(status: number, body: string): PlainAnswer {
  return { status, contentType: 'text/plain; charset=UTF-8', body }
}

function json(status: number, body: object): PlainAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) }
}

function basic({ username, password }: InvokerCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function given({ headers: { authorization = '' } }: IncomingMessage): string {
  return authorization.replace(/^basic +/i, 'Basic ')
}

/** Of equal length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
