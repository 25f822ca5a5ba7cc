const ERROR_MEMBERS = ['name', 'message', 'stack', 'code', 'cause'] as const

export interface Reply {
  readonly status: number
  readonly body: string
  /** No end of the log follows, because nothing was printed. */
  readonly silent?: boolean
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
  if (typeof result !== 'object') return failure(502, 'The action did not return a dictionary.')
  try {
    const body = JSON.stringify(result) as string | undefined
    return body === undefined ? failure(502, 'The action did not return a dictionary.') : success(body)
  } catch (error) {
    return failure(502, `The action returned a result that is not JSON: ${errorText(error)}`)
  }
}

/** A rejected promise is an application error: the call itself succeeded. */
export function rejectionReply(reason: unknown): Reply {
  try {
    return success(JSON.stringify({ error: serializeReason(reason) }))
  } catch (error) {
    return failure(502, `The action was rejected with a reason that is not JSON: ${errorText(error)}`)
  }
}

/** `String(error)` that cannot throw: actions may throw anything, even objects without a prototype. */
export function errorText(error: unknown): string {
  try {
    return String(error)
  } catch {
    return Object.prototype.toString.call(error)
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
