import type { JsonValue } from '../project/model.ts'

/** A record of an activation, as the API has it. */
export interface ActivationRecord {
  readonly activationId: string
  readonly namespace: string
  readonly name: string
  readonly version: string
  /** ms since 1970 */
  readonly start: number
  readonly end?: number
  readonly duration?: number
  readonly cause?: string
  /** In listings without details. */
  readonly statusCode?: number
  readonly response?: { readonly status: string; readonly success: boolean; readonly result?: JsonValue }
  readonly logs?: readonly string[]
  readonly annotations: readonly { readonly key: string; readonly value: JsonValue }[]
}

export function annotationOf(
  { annotations }: Pick<ActivationRecord, 'annotations'>,
  name: string,
): JsonValue | undefined {
  return annotations.find(({ key }) => key === name)?.value
}

/** Package and name of what ran. */
export function entityName(record: ActivationRecord): string {
  const path = annotationOf(record, 'path')
  return typeof path === 'string' ? path.split('/').slice(1).join('/') : record.name
}
