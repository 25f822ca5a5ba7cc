import { limitsJson } from '../../model/action-codec.ts'
import { fixedParameter } from '../../model/activation-codec.ts'
import type { Activation, ActivationResponse } from '../../model/activation.ts'
import { documentId } from '../../model/entity-name.ts'
import type { Parameter } from '../../model/parameters.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { Mutable } from '../../mutable.ts'
import type { Composite } from './composite.ts'

const TOPMOST = fixedParameter({ key: 'topmost', value: true })
const NESTED = fixedParameter({ key: 'topmost', value: false })
const KIND = fixedParameter({ key: 'kind', value: 'sequence' })
const CONDUCTOR = fixedParameter({ key: 'conductor', value: true })
const CAUSED_BY_SEQUENCE = fixedParameter({ key: 'causedBy', value: 'sequence' })

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
  const record: Mutable<Activation> = {
    namespace: user.namespace.name,
    name: target.action.name,
    version: target.action.version,
    subject: user.subject,
    activationId,
    start: startMs,
    end: Math.max(startMs, endMs),
    duration: durationMs,
    publish: false,
    response,
    logs: kind === 'system' ? [...lines] : [...stepIds],
    annotations: kind === 'system' ? systemAnnotations(composite) : annotations(composite, limits),
  }
  if (cause !== undefined) record.cause = cause
  return record
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
  const list: Parameter[] = [
    cause === undefined ? TOPMOST : NESTED,
    { key: 'path', value: documentId(target.action) },
    KIND,
  ]
  if (isComposition) list.push(CONDUCTOR)
  if (cause !== undefined) list.push(CAUSED_BY_SEQUENCE)
  list.push({ key: 'waitTime', value: Math.max(0, startMs - transaction.start) })
  if (binding !== undefined) list.push({ key: 'binding', value: binding })
  if (largestMb !== undefined)
    list.push({ key: 'limits', value: limitsJson({ timeout, memory: largestMb, logs, concurrency }) })
  return list
}
