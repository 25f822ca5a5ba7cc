import type { HttpRequest } from './direct/api-server.ts'
import type { MaybePromise } from '../../lifecycle.ts'
import type { Identity } from '../../model/identity.ts'
import type { Transaction } from '../../model/transaction.ts'
import type { Answer } from './answer.ts'
import type { BodySource } from './read-body.ts'
import type { SchemaName } from '../schemas/definitions.ts'

/**
 * One operation of the API, as data: the router, the Swagger document and the tests are made from these rows.
 * `handle` answers or throws a Refusal or an HttpError; a PlatformError is translated; anything else is a 500.
 */
export type Route = OpenRoute | UserRoute

/** Answered without credentials. */
export interface OpenRoute extends Operation {
  readonly auth: 'none'
  readonly cors: 'none' | 'rest' | 'server'
  readonly handle: (call: OpenCall) => MaybePromise<Answer>
}

/** Answered to an authenticated caller; lies below `/api/v1`. */
export interface UserRoute extends Operation {
  readonly auth: 'basic'
  readonly handle: (call: Call) => MaybePromise<Answer>
}

/** What the API document says about a row. */
export interface Operation {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** `{name}` stands for one segment, which is never empty. */
  readonly path: string
  /** One slash more at the end is the same path. Default false. */
  readonly trailingSlash?: boolean
  readonly summary: string
  /** Heading in the API document; rows without one are left out of it. */
  readonly tag?: string
  /** As OpenWhisk's document calls it, which generated clients go by. Default: made of method and path. */
  readonly operationId?: string
  /** Types of its answers, where they are others than JSON and plain text. */
  readonly produces?: readonly string[]
  readonly query?: readonly QueryParameter[]
  readonly request?: SchemaName
  /** By status; `none` for an answer without a JSON body, `text` for one that is plain text. Those that every operation has are left out. */
  readonly responses: Readonly<Record<number, SchemaName | 'none' | 'text'>>
}

export interface QueryParameter {
  readonly name: string
  readonly type: 'boolean' | 'integer' | 'string'
  readonly description: string
  readonly minimum?: number
  readonly maximum?: number
}

/** What is answered to a request whose time for an answer is over. */
export interface LateAnswer {
  /** Once something was accepted that its caller must hear of; without it, the answer is a 503. */
  answerIfLate(make: () => Answer): void
}

/** A request on its way through a route. */
export interface OpenCall {
  readonly request: HttpRequest
  /** What a route that takes no body never asks. */
  readonly body: BodySource
  readonly transaction: Transaction
  /** Path segments by the names in `Route.path`, percent-decoded. */
  readonly params: Readonly<Record<string, string | undefined>>
  /** The query as received, without `?`. */
  readonly rawQuery: string
  readonly late: LateAnswer
}

export interface Call extends OpenCall {
  readonly user: Identity
}
