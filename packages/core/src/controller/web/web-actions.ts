import { isPromise } from '../../lifecycle.ts'
import type { Action } from '../../model/action.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonValue } from '../../model/json.ts'
import type { JsonText } from '../../model/json-text.ts'
import { parameterValue } from '../../model/parameters.ts'
import { SYSTEM_KIND } from '../../system-packages/system-package.ts'
import { emptyAnswer, type Answer } from '../http/answer.ts'
import type { ApiServices } from '../services/api-services.ts'
import { maxPayloadBytes } from '../admission/effective-limits.ts'
import { errorAnswer } from '../http/error-answer.ts'
import { headerText } from '../http/header-text.ts'
import { HttpError } from '../http/http-error.ts'
import { receiveArguments, type Arrived } from '../http/json-body.ts'
import { announcedLength, ClientGone, routeLimit } from '../http/read-body.ts'
import type { OpenCall } from '../http/route.ts'
import { invokeResolved, withAdmission } from '../invoke/invoke-resolved.ts'
import { FrameworkRejection } from './framework-rejection.ts'
import { parseMediaType } from './media-type.ts'
import type { Authenticator } from '../admission/authenticator.ts'
import { Refusal } from '../refusals/refusal.ts'
import { optionalIdentity } from './optional-identity.ts'
import { outcomeAnswer } from './outcome-answer.ts'
import { decodeContent, rawContent } from './request-content.ts'
import { mayPass, requireWhiskAuth } from './require-whisk-auth.ts'
import { requireActivation, resolveWebAction, type WebAction } from './resolve-web-action.ts'
import { rawArguments, webArguments } from './web-arguments.ts'
import { systemOwner } from './system-owner.ts'
import { webCors } from './web-cors.ts'
import type { WebPath } from './web-path.ts'

export type WebCall = Pick<OpenCall, 'request' | 'body' | 'transaction' | 'rawQuery' | 'late'>

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
    const headers: string[] = []
    try {
      const answer = await this.#serve(call, path, headers)
      return headers.length === 0 ? answer : { ...answer, headers: [...headers, ...(answer.headers ?? [])] }
    } catch (error) {
      if (error instanceof FrameworkRejection || error instanceof ClientGone) throw error
      const answer = errorAnswer(error, call.transaction.id, this.#services.parts.logger, 'pretty')
      return { ...answer, headers: [...headers, ...(answer.headers ?? [])] }
    }
  }

  /** `headers` collects what the answer must have, be it a success or an error. */
  async #serve(call: WebCall, path: WebPath, headers: string[]): Promise<Answer> {
    const { parts, cache } = this.#services
    const authenticated = optionalIdentity(this.#authenticator, call.request.headers.authorization)
    const caller = isPromise(authenticated) ? await authenticated : authenticated
    const found = parts.auth.identityOf(path.namespace)
    const stored = isPromise(found) ? await found : found
    const owner = stored ?? systemOwner(path.namespace, caller)
    if (!owner) throw new Refusal('not-found')
    const action = await resolveWebAction(cache, path)
    if (!stored && action.target.action.exec.kind !== SYSTEM_KIND) throw new Refusal('not-found')
    const admission = { action, caller, owner, headers }
    const receiving = wantsBody(call, admission)
      ? receiveArguments(call, maxPayloadBytes(owner.limits, parts.limits))
      : undefined
    const arrived = isPromise(receiving) ? await receiving : receiving
    const answer = await withAdmission(this.#services, owner, (release) => {
      requireActivation(owner, path, action)
      return this.#admitted(call, path, { ...admission, arrived, release })
    })
    return answer()
  }

  /** How to answer. An outcome that makes an error ends no admission: its activation keeps its place until it has ended. */
  async #admitted(call: WebCall, path: WebPath, admission: Admission & Admitted): Promise<() => Answer> {
    const { parts } = this.#services
    const { action, caller, owner, arrived, release, headers } = admission
    const { request, transaction } = call
    const { target } = action
    if (arrived instanceof HttpError) throw arrived
    const announced = announcedLength(request) ?? 0
    const limit = routeLimit(maxPayloadBytes(owner.limits, parts.limits))
    if (announced > limit.bytes) throw limit.tooLarge(announced)

    const ownOptions = hasOwnOptions(target.action)
    if (!ownOptions) headers.push(...webCors(request))
    if (request.method === 'OPTIONS') {
      if (!ownOptions) {
        release()
        return () => emptyAnswer(200)
      }
    } else {
      requireWhiskAuth(requiredAuth(target.action), request, caller)
    }
    const bytes = arrived ?? NO_BODY
    const wish = { extension: path.extension, accept: request.headers.accept, transactionId: transaction.id }
    const outcome = await invokeResolved(this.#services, {
      transaction,
      user: owner,
      target,
      ...(action.binding === undefined ? {} : { binding: action.binding }),
      payload: argumentsOf(call, path, target.action, caller, bytes),
      blocking: true,
      waitMs: parts.limits.maxBlockingWaitMs,
      onAccepted: (activationId) =>
        call.late.answerIfLate(() => {
          const answer = outcomeAnswer({ activationId }, wish)
          return { ...answer, headers: [...headers, 'x-openwhisk-activation-id', activationId] }
        }),
      onSettled: release,
    })
    headers.push('x-openwhisk-activation-id', outcome.activationId)
    return () => outcomeAnswer(outcome, wish)
  }
}

/** Whether anything may come of the body: nobody makes the platform hold what it will refuse. */
function wantsBody({ request }: WebCall, { action, caller }: Admission): boolean {
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
interface Admission {
  readonly action: WebAction
  readonly caller: Identity | undefined
  readonly owner: Identity
  readonly headers: string[]
}

/** A request that the limits of the owner have let in. */
interface Admitted {
  /** Absent when the body is not wanted. */
  readonly arrived: Arrived | undefined
  readonly release: () => void
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
