import { limitsJson } from '../../model/action-codec.ts'
import type { Activation, ActivationResponse } from '../../model/activation.ts'
import { documentId } from '../../model/entity-name.ts'
import type { Parameter } from '../../model/parameters.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { Composite } from './composite.ts'

/** The record of a composite that ended. The logs of sequences and compositions are the ids of their steps. */
export function compositeRecord(
  composite: Composite,
  response: ActivationResponse,
  endMs: number,
  limits: PlatformLimits,
): Activation {
  const { activationId, request, startMs, stepIds, lines, kind } = composite
  const durationMs = kind === 'system' ? Math.max(0, endMs - startMs) : composite.durationMs
  const { user, target, cause } = request
  return {
    namespace: user.namespace.name,
    name: target.action.name,
    version: target.action.version,
    subject: user.subject,
    activationId,
    ...(cause === undefined ? {} : { cause }),
    start: startMs,
    end: Math.max(startMs, endMs),
    duration: durationMs,
    publish: false,
    response,
    logs: kind === 'system' ? [...lines] : [...stepIds],
    annotations: kind === 'system' ? systemAnnotations(composite) : annotations(composite, limits),
  }
}

/** As an invoker writes them. */
function systemAnnotations({ request, startMs, timedOut }: Composite): Parameter[] {
  const { target, transaction, cause, binding } = request
  return [
    { key: 'path', value: documentId(target.action) },
    { key: 'waitTime', value: Math.max(0, startMs - transaction.start) },
    { key: 'kind', value: target.action.exec.kind },
    { key: 'timeout', value: timedOut },
    { key: 'limits', value: limitsJson(target.action.limits) },
    ...(cause === undefined ? [] : [{ key: 'causedBy', value: 'sequence' }]),
    ...(binding === undefined ? [] : [{ key: 'binding', value: binding }]),
  ]
}

/** The order is OpenWhisk's. */
function annotations({ kind, request, startMs, memoryMb }: Composite, limits: PlatformLimits): Parameter[] {
  const { target, transaction, cause, binding } = request
  const { timeout, memory, logs } = target.action.limits
  const isComposition = kind === 'composition'
  // A composition has at least the memory of its conductor; a sequence has only what its components had.
  const largestMb = isComposition ? Math.max(memory, memoryMb ?? 0) : memoryMb
  const concurrency = limits.concurrency.std
  return [
    { key: 'topmost', value: cause === undefined },
    { key: 'path', value: documentId(target.action) },
    { key: 'kind', value: 'sequence' },
    ...(isComposition ? [{ key: 'conductor', value: true }] : []),
    ...(cause === undefined ? [] : [{ key: 'causedBy', value: 'sequence' }]),
    { key: 'waitTime', value: Math.max(0, startMs - transaction.start) },
    ...(binding === undefined ? [] : [{ key: 'binding', value: binding }]),
    ...(largestMb === undefined
      ? []
      : [{ key: 'limits', value: limitsJson({ timeout, memory: largestMb, logs, concurrency }) }]),
  ]
}
