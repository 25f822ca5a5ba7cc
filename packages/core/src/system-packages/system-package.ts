import type { AdapterContext } from '../adapter.ts'
import type { HttpRequest, HttpResponse } from '../controller/http/direct/api-server.ts'
import type { AuthKey } from '../model/identity.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import type { EntityStore } from '../store/entity-store.ts'

/** The namespace in which every system package lies. */
export const SYSTEM_NAMESPACE = 'whisk.system'

/** The kind of actions that run inside the controller, as clients see it. */
export const SYSTEM_KIND = 'stemcell:system'

/**
 * SystemPackage SPI: a package of namespace `whisk.system` whose actions run inside the controller, without a container.
 *
 * Everybody may list, read, bind and invoke it (unless it is not `shared`), put its actions into sequences and rules, and
 * call those that are annotated with `web-export` over the web; each activation leaves a record of its caller's namespace. Users cannot
 * overwrite it. When the entity store has a package of the same name in `whisk.system`, that one is served, whole, and
 * this one is not.
 *
 * A package may work in the background, as one that fires triggers does: from `open()`, which is called once the
 * controller takes requests, until `close()` has resolved, which is called before the controller stops taking any. In a
 * cluster every controller has an instance of its own; what they share lies in the entity store.
 */
export interface SystemPackage {
  /** An entity name, e.g. `alarms`; unique among the system packages of a platform. */
  readonly name: string
  /** Shown as annotation `description`. */
  readonly description?: string
  /** Defaults that lie under those of bindings and actions. */
  readonly parameters?: JsonObject
  readonly annotations?: JsonObject
  /** Whether others than the owner of `whisk.system` may list, read, bind and invoke it. Default true. */
  readonly shared?: boolean
  /** At least one; names are unique in the package. */
  readonly actions: readonly SystemAction[]

  /**
   * An action was put or deleted through this controller; called once the store has it, before the caller is told. What
   * was written through other controllers theirs are told. Called again when the caller tries again.
   * @throws ERR_UNAVAILABLE the package could not take note of it: the caller is told that it has to try again.
   */
  actionWritten?(written: WrittenAction): Promise<void>

  /** Called once, before the first `run`. @throws PlatformError it cannot work; the platform does not start. */
  open?(): Promise<void>

  /** No background work goes on once it has resolved. Idempotent, also before `open()`. */
  close?(): Promise<void>
}

/** An action that somebody wrote or deleted. */
export interface WrittenAction {
  readonly namespace: string
  /** `name`, or `package/name`. */
  readonly name: string
  /** As the action has them, which is anything; undefined when it was deleted, or something else of that name. */
  readonly annotations: JsonObject | undefined
}

/** An action of a system package. */
export interface SystemAction {
  /** An entity name. */
  readonly name: string
  /** Shown as annotation `description`. */
  readonly description?: string
  /** What it takes, for people: shown as annotation `parameters`. Nothing is checked by it. */
  readonly takes?: readonly SystemParameter[]
  /** Defaults, under what the caller sends. */
  readonly parameters?: JsonObject
  /** For example `feed` or `web-export`. */
  readonly annotations?: JsonObject
  /** Longest run, ms. Default: the platform's standard time limit. */
  readonly timeoutMs?: number

  /**
   * Runs once for an activation. Several runs go on at the same time; none may block the event loop for long, as it is
   * the controller's. `parameters` belongs to the run and may be changed.
   *
   * What it returns is the result. An object with a member `error` ends the activation as an application error, as it
   * does for any action, and so does a {@link SystemActionError}. Anything else that is thrown is a fault of the
   * package: the caller is told that the action failed, the operator's log has the reason.
   */
  run(call: SystemCall): JsonObject | JsonValue[] | Promise<JsonObject | JsonValue[]>
}

/** A parameter as the description of a system action shows it. */
export interface SystemParameter {
  readonly name: string
  readonly description?: string
  readonly required?: boolean
  /** `string`, `number`, … as people would say it. */
  readonly type?: string
}

/** One run of a system action. */
export interface SystemCall {
  /** Package, binding and action parameters, the caller's over them. */
  readonly parameters: JsonObject
  /** The caller's arguments when they were an array; `parameters` has none of them then. */
  readonly list?: readonly JsonValue[]
  readonly activationId: string
  /**
   * Who calls. Of a web action its owner: nobody for those of `whisk.system` unless a subject has that namespace.
   * Whoever called with credentials is named by the argument `__ow_user`, which nobody else can set.
   */
  readonly caller: SystemCaller
  /** The REST API, acting for the caller. */
  readonly client: ApiClient
  /** The REST API in the name of the owner of another key. */
  clientOf(key: AuthKey): ApiClient
  /** Where actions find the REST API, e.g. `http://127.0.0.1:3233`, as in `__OW_API_HOST`; empty when it has no port. */
  readonly apiHost: string
  /** Epoch ms at which the run is given up. */
  readonly deadline: number
  /** Aborted when the run is given up: its time is over, or the platform closes. Its result is ignored then. */
  readonly signal: AbortSignal
  /** Adds a line to the log of the activation. */
  readonly log: (line: string) => void
}

/** Who called a system action. */
export interface SystemCaller {
  readonly namespace: string
  readonly subject: string
  readonly authkey: AuthKey
}

/** The REST API of the platform, in the name of somebody. No port is needed. Numbers stay as they were written. */
export interface ApiClient {
  /**
   * Sends a request. Paths are relative to `/api/v1/namespaces/_/` unless they start with a slash.
   * @throws ERR_UNAVAILABLE the platform closes.
   */
  request(method: string, path: string, body?: JsonValue): Promise<ApiResponse>
}

/** An answer of the REST API. */
export interface ApiResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed when the answer is JSON, else the text; undefined when there is none. */
  readonly body: JsonValue | undefined
}

/** What the assembly hands to a system package that is built. */
export interface SystemPackageContext extends AdapterContext {
  /** For documents of the package's own, whose ids begin with `whisk.system/<package>/`. Open while the package is. */
  readonly entityStore: EntityStore
  /** Unique among the controllers of a cluster, and the same again when this one is restarted. */
  readonly controllerId: string
  /** Whether other controllers may share the store. */
  readonly clustered: boolean
  /** The REST API in the name of the owner of a key. Usable while the package is open. */
  clientOf(key: AuthKey): ApiClient

  /**
   * Fires a trigger as `POST …/triggers/…` does, under an activation id that is given. The ids of the activations of its
   * rules follow from it. Resolves with what a caller of the API would be told; never rejects.
   */
  fire(firing: TriggerFiring): Promise<FiringOutcome>

  /**
   * Invokes an action without waiting for it, in the name of the owner of its namespace, whose key may have changed.
   * Resolves with what a caller of the API would be told; never rejects.
   */
  invoke(invocation: ActionInvocation): Promise<FiringOutcome>

  /**
   * Answers an HTTP request as the platform's own ports do; never throws. Of the request method, `url`, `headers` and
   * `rawHeaders` may have been rewritten. A response of node:http is given the answer with one `writeHead`, whose headers
   * are names and values that alternate, and one `end`; neither is called when `headersSent` or `destroyed`. That of an
   * {@link ApiServer} is given it with one `send`. Usable while the package is open.
   */
  handle(request: HttpRequest, response: HttpResponse): void
}

/** An action that a system package invokes in the name of its namespace. */
export interface ActionInvocation {
  readonly namespace: string
  /** `name`, or `package/name`. */
  readonly action: string
  readonly payload: JsonObject
  /** 32 lower-case hexadecimal digits. */
  readonly activationId: string
  /** It may have been invoked under this id before; then nothing is done if it has a record. Default false. */
  readonly again?: boolean
}

/** A trigger that a system package fires. */
export interface TriggerFiring {
  /** Who fires it. */
  readonly key: AuthKey
  /** A trigger of the key's namespace. */
  readonly trigger: string
  readonly payload: JsonObject
  /** 32 lower-case hexadecimal digits. */
  readonly activationId: string
  /** Added to those of the record. */
  readonly annotations: JsonObject
  /** It may have been fired under this id before; what has a record then is not done again. Default false. */
  readonly again?: boolean
}

/** What became of a firing or an invocation. */
export interface FiringOutcome {
  /**
   * HTTP status: 202 done, now or before; 204 the trigger has no active rule; 401 the key is not accepted, or nobody owns
   * the namespace; 404 there is no such trigger or action; 413, 429, 503 as the API.
   */
  readonly status: number
  /** What the API says about a refusal. */
  readonly error?: string
}

const BRAND: unique symbol = Symbol.for('@stemcell/core.SystemActionError')

/** Ends an activation as an application error. */
export class SystemActionError extends Error {
  readonly [BRAND] = true
  override readonly name = 'SystemActionError'
  /** The value of the member `error` of the result. */
  readonly error: JsonValue

  constructor(error: JsonValue) {
    super(typeof error === 'string' ? error : JSON.stringify(error))
    this.error = error
  }
}

/** Works across duplicate installs of core, where `instanceof` would not. */
export function isSystemActionError(error: unknown): error is SystemActionError {
  return typeof error === 'object' && error !== null && BRAND in error
}
