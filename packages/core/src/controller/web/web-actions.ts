import { isPromise } from '../../lifecycle.ts'
import type { Action } from '../../model/action.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonValue } from '../../model/json.ts'
import type { Mutable } from '../../mutable.ts'
import type { JsonText } from '../../model/json-text.ts'
import { parameterValue } from '../../model/parameters.ts'
import { SYSTEM_KIND } from '../../system-packages/system-package.ts'
import type { CORS } from '../http/cors.ts'
import { emptyAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { maxPayloadBytes } from '../admission/effective-limits.ts'
import { errorAnswer } from '../http/error-answer.ts'
import { headerText } from '../http/header-text.ts'
import { HttpError } from '../http/http-error.ts'
import { receiveArguments, type Arrived } from '../http/json-body.ts'
import { announcedLength, ClientGone, routeLimit } from '../http/read-body.ts'
import type { OpenCall } from '../http/route.ts'
import type { ActivationRequest } from '../invoke/activator.ts'
import { invokeResolved, withAdmission } from '../invoke/invoke-resolved.ts'
import { FrameworkRejection } from './framework-rejection.ts'
import { parseMediaType } from './media-type.ts'
import type { Authenticator } from '../admission/authenticator.ts'
import { Refusal } from '../refusals/refusal.ts'
import { optionalIdentity } from './optional-identity.ts'
import { outcomeAnswer, type Wish } from './outcome-answer.ts'
import { decodeContent, rawContent } from './request-content.ts'
import { mayPass, requireWhiskAuth } from './require-whisk-auth.ts'
import { requireActivation, resolveWebAction, type WebAction } from './resolve-web-action.ts'
import { rawArguments, webArguments } from './web-arguments.ts'
import { systemOwner } from './system-owner.ts'
import { grantingCors } from './web-cors.ts'
import type { WebPath } from './web-path.ts'

/** A request to a web action. */
export interface WebCall extends Pick<OpenCall, 'request' | 'body' | 'transaction' | 'rawQuery' | 'late'> {
  /** Whose headers about other origins its answer carries; to be set with the answer. */
  area: keyof typeof CORS
}

/** What the answer must have, be it a success or an error. */
interface AnswerHead {
  area: WebCall['area']
  readonly headers: string[]
}

const NO_BODY = Buffer.alloc(0)

/** Answers HTTP requests with what actions make of them, at the cost of the namespace that they lie in. */
export class WebActions {
  readonly #services: ApiServices
  readonly #authenticator: Authenticator

  constructor(services: ApiServices, authenticator: Authenticator) {
    this.#services = services
    this.#authenticator = authenticator
  }

  /**
   * Errors are answered here, because their answers carry the headers of the action's own.
   * @throws FrameworkRejection, ClientGone
   */
  async handle(call: WebCall, path: WebPath): Promise<Answer> {
    const { parts, cache } = this.#services
    const head: AnswerHead = { area: 'none', headers: [] }
    // Without a wait where nothing must be waited for.
    try {
      const authenticated = optionalIdentity(this.#authenticator, call.request.headers.authorization)
      const caller = isPromise(authenticated) ? await authenticated : authenticated
      const found = parts.auth.identityOf(path.namespace)
      const stored = isPromise(found) ? await found : found
      const owner = stored ?? systemOwner(path.namespace, caller)
      if (!owner) throw new Refusal('not-found')
      const resolved = resolveWebAction(cache, path)
      const action = isPromise(resolved) ? await resolved : resolved
      if (!stored && action.target.action.exec.kind !== SYSTEM_KIND) throw new Refusal('not-found')
      const order: WebOrder = { call, path, action, caller, owner, head }
      const receiving = wantsBody(order)
        ? receiveArguments(call, maxPayloadBytes(owner.limits, parts.limits))
        : undefined
      const arrived = isPromise(receiving) ? await receiving : receiving
      const invoked = withAdmission(this.#services, owner, (release) => {
        requireActivation(owner, path, action)
        const request = this.#request(order, arrived, release)
        if (request) return invokeResolved(this.#services, request)
        release()
        return undefined
      })
      const outcome = isPromise(invoked) ? await invoked : invoked
      if (!outcome) return answerWith(call, head, emptyAnswer(200))
      // An outcome that makes an error ends no admission: its activation keeps its place until it has ended.
      head.headers.push('x-openwhisk-activation-id', outcome.activationId)
      return answerWith(call, head, outcomeAnswer(outcome, wishOf(call, path)))
    } catch (error) {
      if (error instanceof FrameworkRejection || error instanceof ClientGone) throw error
      return answerWith(call, head, errorAnswer(error, call.transaction.id, parts.logger, 'pretty'))
    }
  }

  /** What is to be invoked; undefined for a preflight, which the platform answers itself. */
  #request(order: WebOrder, arrived: Arrived | undefined, release: () => void): ActivationRequest | undefined {
    const { limits } = this.#services.parts
    const { call, path, action, caller, owner, head } = order
    const { request, transaction } = call
    const { target, binding } = action
    if (arrived instanceof HttpError) throw arrived
    const announced = announcedLength(request) ?? 0
    const allowed = maxPayloadBytes(owner.limits, limits)
    if (announced > allowed) throw routeLimit(allowed).tooLarge(announced)

    const ownOptions = hasOwnOptions(target.action)
    if (!ownOptions) allowOthers(call, head)
    if (request.method !== 'OPTIONS') requireWhiskAuth(requiredAuth(target.action), request, caller)
    else if (!ownOptions) return undefined
    const invocation: Mutable<ActivationRequest> = {
      transaction,
      user: owner,
      target,
      payload: argumentsOf(call, path, target.action, caller, arrived ?? NO_BODY),
      blocking: true,
      waitMs: limits.maxBlockingWaitMs,
      onAccepted: (activationId) =>
        call.late.answerIfLate(() => {
          const headers = [...head.headers, 'x-openwhisk-activation-id', activationId]
          return answerWith(call, { ...head, headers }, outcomeAnswer({ activationId }, wishOf(call, path)))
        }),
      onSettled: release,
    }
    if (binding !== undefined) invocation.binding = binding
    return invocation
  }
}

function wishOf({ request, transaction }: WebCall, { extension }: WebPath): Wish {
  return { extension, accept: request.headers.accept, transactionId: transaction.id }
}

/** Lets pages of any origin ask. */
function allowOthers({ request }: WebCall, head: AnswerHead): void {
  const asked = request.headers['access-control-request-headers']
  if (asked === undefined) head.area = 'web'
  else head.headers.push(...grantingCors(asked))
}

function answerWith(call: WebCall, head: AnswerHead, answer: Answer): Answer {
  call.area = head.area
  const { status, contentType, body, headers } = answer
  const all = headers && headers.length > 0 ? [...head.headers, ...headers] : head.headers
  return contentType === undefined ? { status, body, headers: all } : { status, contentType, body, headers: all }
}

/** Whether anything may come of the body: nobody makes the platform hold what it will refuse. */
function wantsBody({ call: { request }, action, caller }: WebOrder): boolean {
  const { action: document } = action.target
  if (request.method === 'OPTIONS') return hasOwnOptions(document)
  return mayPass(requiredAuth(document), request, caller)
}

function hasOwnOptions(action: Action): boolean {
  return isTrue(action, 'web-custom-options')
}

function requiredAuth({ annotations }: Action): JsonValue | undefined {
  return parameterValue(annotations, 'require-whisk-auth')
}

/** Who asks whom for what. */
interface WebOrder {
  readonly call: WebCall
  readonly path: WebPath
  readonly action: WebAction
  readonly caller: Identity | undefined
  readonly owner: Identity
  readonly head: AnswerHead
}

function argumentsOf(
  { request, rawQuery }: WebCall,
  { rest }: WebPath,
  action: Action,
  caller: Identity | undefined,
  bytes: Buffer,
): JsonText {
  const header = request.headers['content-type']
  const type = header === undefined ? undefined : parseMediaType(headerText(header))
  const from = { request, type, rawQuery, rest, caller }
  return isTrue(action, 'raw-http')
    ? rawArguments(from, rawContent(bytes, type))
    : webArguments(from, decodeContent(bytes, type))
}

/** Only JSON's own `true` counts. */
function isTrue({ annotations }: Action, annotation: string): boolean {
  return parameterValue(annotations, annotation) === true
}
