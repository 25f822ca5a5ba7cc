import { ApiRequestError, type EmbeddedClient, type JsonObject, type JsonValue } from '@stemcell/core'

const CODE = `function main({ name = 'world' }) {
  return { greeting: 'Hello, ' + name + '!' }
}
`

/**
 * Puts the action `hello` into the client's namespace, invokes it twice, and says how each went. An action of that name
 * with other code is the user's: it is neither changed nor invoked.
 */
export async function demo(client: EmbeddedClient, print: (line: string) => void): Promise<void> {
  const code = await codeOfHello(client)
  if (code === undefined) {
    await client.putAction('hello', { exec: { kind: 'nodejs:default', code: CODE } })
    print('demo: put action hello, invoking it twice')
  } else if (code === CODE) print('demo: action hello of before is there, invoking it twice')
  else {
    print('demo: there is an action hello of your own; it is left as it is')
    return
  }
  for (const name of ['stem cell', 'again']) {
    const record = await client.invoke('hello', { name })
    const response = record['response'] as JsonObject
    print(`  ${JSON.stringify(response['result'])}  ${describe(record)}`)
  }
}

/** Undefined where there is no such action; null where it has no text, as a sequence. */
async function codeOfHello(client: EmbeddedClient): Promise<JsonValue | undefined> {
  try {
    const { exec } = await client.getAction('hello')
    return (exec as JsonObject)['code'] ?? null
  } catch (error) {
    if (error instanceof ApiRequestError && error.status === 404) return undefined
    throw error
  }
}

function describe(record: JsonObject): string {
  const annotations = record['annotations'] as { key: string; value: JsonValue }[]
  const value = (key: string): JsonValue | undefined => annotations.find((item) => item.key === key)?.value
  const stages = Object.entries((value('stages') ?? {}) as Record<string, number>)
  const times = stages.map(([stage, ms]) => `${stage} ${ms} ms`).join(', ')
  return `container: ${JSON.stringify(value('acquired'))}, ${times}`
}
