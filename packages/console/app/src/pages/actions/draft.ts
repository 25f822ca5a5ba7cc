import { annotation, localName, type Action, type Parameter } from '../../api/entities.ts'

/** An action as it is being edited. */
export interface Draft {
  readonly name: string
  readonly kind: string
  readonly code: string
  /** Undefined when the code is no text that can be edited here. */
  readonly isCodeEditable: boolean
  /** JSON text. */
  readonly parameters: string
  readonly annotations: string
  readonly timeout: string
  readonly memory: string
  readonly logs: string
  readonly concurrency: string
  readonly isWeb: boolean
}

const HIDDEN = new Set(['exec', 'web-export', 'raw-http', 'final'])

export function draftOf(action: Action): Draft {
  const { kind = 'unknown', code = '', binary, components } = action.exec
  const { timeout, memory, logs, concurrency } = action.limits
  const web = annotation(action, 'web-export')
  return {
    name: localName(action),
    kind,
    code: components ? components.join('\n') : code,
    isCodeEditable: binary !== true && components === undefined && kind !== 'stemcell:system',
    parameters: objectText(action.parameters ?? []),
    annotations: objectText(action.annotations.filter(({ key }) => !HIDDEN.has(key))),
    timeout: text(timeout),
    memory: text(memory),
    logs: text(logs),
    concurrency: text(concurrency),
    isWeb: web === true || web === 'true' || web === 'raw' || web === 'yes',
  }
}

/** The body of a PUT. @throws what is wrong with the draft, for people */
export function bodyOf(draft: Draft, before: Action | undefined): Record<string, unknown> {
  const kept = before?.annotations.filter(({ key }) => key === 'raw-http' || key === 'final') ?? []
  const web = draft.isWeb || before?.annotations.some(({ key }) => key === 'web-export')
  const annotations = [
    ...parametersOf(draft.annotations, 'Annotations'),
    ...kept,
    ...(web ? [{ key: 'web-export', value: draft.isWeb }] : []),
  ]
  return {
    ...(draft.isCodeEditable
      ? { exec: { kind: draft.kind, code: draft.code, ...(before?.exec.main ? { main: before.exec.main } : {}) } }
      : {}),
    parameters: parametersOf(draft.parameters, 'Parameters'),
    annotations,
    limits: Object.fromEntries(
      (['timeout', 'memory', 'logs', 'concurrency'] as const)
        .filter((limit) => draft[limit] !== '')
        .map((limit) => [limit, wholeNumber(draft[limit], limit)]),
    ),
  }
}

export function parseObject(source: string, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(source.trim() === '' ? '{}' : source)
  } catch (error) {
    throw new Error(`${what}: this is no JSON. ${error instanceof Error ? error.message : ''}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${what}: give a JSON object, such as {"name": "you"}`)
  }
  return value as Record<string, unknown>
}

function parametersOf(source: string, what: string): Parameter[] {
  return Object.entries(parseObject(source, what)).map(([key, value]) => ({ key, value }))
}

function objectText(parameters: readonly Parameter[]): string {
  return parameters.length === 0
    ? '{}'
    : JSON.stringify(Object.fromEntries(parameters.map(({ key, value }) => [key, value ?? null])), undefined, 2)
}

function text(value: number | undefined): string {
  return value === undefined ? '' : String(value)
}

function wholeNumber(value: string, what: string): number {
  const parsed = Number(value)
  if (!Number.isInteger(parsed) || parsed < 0) throw new Error(`Limits: ${what} must be a whole number`)
  return parsed
}
