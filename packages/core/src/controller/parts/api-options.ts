import { PlatformError } from '../../errors.ts'
import { MB } from '../../model/byte-size.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'

const BODY_MEMORY_BYTES = 256 * MB

/** What an operator decides about the API. OpenWhisk's configuration keys are named with each. */
export interface ApiOptions {
  /** Kinds that actions may have, besides those that a namespace's own limits add; `whisk.runtimes.whitelist`. Default: every kind. */
  readonly kindWhitelist?: readonly string[]
  /** Whether `GET /invokers…` and `/activation…` exist, which answer anybody. Default true. */
  readonly operationalRoutes?: boolean
  /** Share of the invokers that must be up for `/invokers/ready`, 0 to 1; `whisk.controller.readiness-fraction`. Default 1. */
  readonly readyFraction?: number
  /** Packages of others may be bound and their actions invoked, but not read; `whisk.shared-packages-execute-only`. Default false. */
  readonly sharedPackagesExecuteOnly?: boolean
  /**
   * A new action that says nothing of `provide-api-key` is annotated with false: it gets no key;
   * `whisk.feature-flags.require-api-key-annotation`. Default true.
   */
  readonly requireApiKeyAnnotation?: boolean
  /**
   * Writes of actions and packages are answered with what was written or deleted;
   * `whisk.feature-flags.require-response-payload`. Default true.
   */
  readonly requireResponsePayload?: boolean
  /**
   * Bytes of request bodies that all connections together may have in memory while they come, and those of writes until
   * they are answered; up to 16 kB of each body are not counted. A request for which there is no room is refused with
   * 503, unless another has been coming for 5 s: then that one is. At least `limits.maxRequestBytes`. Default: 256 MB, or
   * that if it is more.
   */
  readonly bodyMemoryBytes?: number | undefined
  /**
   * Who may `POST /disable`, after which the controller accepts no more activations until it is started again;
   * `whisk.controller.username` and `password`. Default: nobody, where OpenWhisk has a password that everybody knows.
   */
  readonly operator?: { readonly username: string; readonly password: string } | undefined
}

/** @throws ERR_CONFIG */
export function checkApiOptions(options: ApiOptions, limits: Pick<PlatformLimits, 'maxRequestBytes'>): void {
  const { readyFraction = 1 } = options
  if (!(readyFraction >= 0 && readyFraction <= 1)) {
    throw new PlatformError('ERR_CONFIG', `api: readyFraction is ${readyFraction}, give a share from 0 to 1`)
  }
  const bodyMemory = bodyMemoryBytes(options, limits)
  const { maxRequestBytes } = limits
  if (!Number.isSafeInteger(bodyMemory) || bodyMemory < maxRequestBytes) {
    throw new PlatformError(
      'ERR_CONFIG',
      `api: bodyMemoryBytes is ${bodyMemory}, give at least limits.maxRequestBytes, which is ${maxRequestBytes}`,
    )
  }
}

/** `ApiOptions.bodyMemoryBytes` with its default. */
export function bodyMemoryBytes(
  options: Pick<ApiOptions, 'bodyMemoryBytes'>,
  { maxRequestBytes }: Pick<PlatformLimits, 'maxRequestBytes'>,
): number {
  return options.bodyMemoryBytes ?? Math.max(BODY_MEMORY_BYTES, maxRequestBytes)
}
