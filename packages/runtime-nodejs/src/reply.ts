const ERROR_MEMBERS = ['name', 'message', 'stack', 'code', 'cause'] as const

export interface Reply {
  readonly status: number
  readonly body: string
  /** No end of the log follows, because nothing was printed. */
  silent?: boolean
  /** The run took next to no time, in a process that runs one after the other. */
  brief?: boolean
  /** What the developer should find on standard error. */
  readonly note?: string
}

export function success(body: string): Reply {
  return { status: 200, body }
}

export function failure(status: number, error: string): Reply {
  return { status, body: JSON.stringify({ error }) }
}

/** The answer for what an action returned, or its promise resolved to. */
export function resultReply(result: unknown): Reply {
  if (result === undefined) return success('{}')
  if (typeof result !== 'object') return noDictionary(result)
  try {
    const body = JSON.stringify(result) as string | undefined
    if (body === undefined) return noDictionary(result)
    return body[0] === '{' || body[0] === '[' ? success(body) : { ...success(body), note: returnedNote(result) }
  } catch (error) {
    const text = `The action returned a result that is not JSON: ${errorText(error)}`
    return { ...failure(502, text), note: text }
  }
}

/** A rejected promise is an application error: the call itself succeeded. */
export function rejectionReply(reason: unknown): Reply {
  try {
    const reply = success(JSON.stringify({ error: serializeReason(reason) }))
    // An object without a stack is an answer, as web actions give them.
    return isData(reason) ? reply : { ...reply, note: errorReport(reason) }
  } catch (error) {
    const text = `The action was rejected with a reason that is not JSON: ${errorText(error)}`
    return { ...failure(502, text), note: `${errorReport(reason)}\n${text}` }
  }
}

function noDictionary(result: unknown): Reply {
  return { ...failure(502, 'The action did not return a dictionary.'), note: returnedNote(result) }
}

function returnedNote(result: unknown): string {
  return `The action did not return a dictionary: it returned ${inspected(result)}${
    result === null ? '' : ` (type ${typeof result})`
  }.`
}

function isData(reason: unknown): boolean {
  if (typeof reason !== 'object' || reason === null) return !reason
  return !('stack' in reason && typeof reason.stack === 'string')
}

/** `String(error)` that cannot throw: actions may throw anything, even objects without a prototype. */
export function errorText(error: unknown): string {
  try {
    return String(error)
  } catch {
    return Object.prototype.toString.call(error)
  }
}

/** What Node.js would print of an error that nothing caught: its stack, its members and its cause. */
export function errorReport(error: unknown): string {
  return typeof error === 'string' ? error : inspected(error)
}

function inspected(value: unknown): string {
  try {
    return process.getBuiltinModule('node:util').inspect(value)
  } catch {
    return errorText(value)
  }
}

export function errorStack(error: unknown): string {
  return error instanceof Error && typeof error.stack === 'string' ? error.stack : errorText(error)
}

/** The reason of a rejection as JSON data: an Error keeps its name, message, stack and own members. */
function serializeReason(reason: unknown): unknown {
  if (!reason) return {}
  return toData(reason, [])
}

function toData(value: unknown, parents: readonly object[]): unknown {
  if (typeof value === 'function') return `[Function: ${value.name || 'anonymous'}]`
  if (typeof value === 'bigint' || typeof value === 'symbol') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (parents.includes(value)) return '[Circular]'

  const path = [...parents, value]
  if (Array.isArray(value)) return value.map((item) => toData(item, path))
  if ('toJSON' in value && typeof value.toJSON === 'function') return toData(value.toJSON() as unknown, path)

  const data: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'function') data[name] = toData(member, path)
  }
  for (const name of value instanceof Error ? ERROR_MEMBERS : []) {
    const member: unknown = Reflect.get(value, name)
    if (member !== undefined) data[name] = toData(member, path)
  }
  return data
}
