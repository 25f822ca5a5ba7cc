import type { EmbeddedClient, JsonObject, JsonValue } from '@stemcell/core'

const CODE = `function main({ name = 'world' }) {
  return { greeting: 'Hello, ' + name + '!' }
}
`

/** Puts the action `hello` into the client's namespace, invokes it twice, and says how each went. */
export async function demo(client: EmbeddedClient, print: (line: string) => void): Promise<void> {
  await client.putAction('hello', { exec: { kind: 'nodejs:default', code: CODE } })
  print('demo: put action hello, invoking it twice')
  for (const name of ['stem cell', 'again']) {
    const record = await client.invoke('hello', { name })
    const response = record['response'] as JsonObject
    print(`  ${JSON.stringify(response['result'])}  ${describe(record)}`)
  }
}

function describe(record: JsonObject): string {
  const annotations = record['annotations'] as { key: string; value: JsonValue }[]
  const value = (key: string): JsonValue | undefined => annotations.find((item) => item.key === key)?.value
  const stages = Object.entries((value('stages') ?? {}) as Record<string, number>)
  const times = stages.map(([stage, ms]) => `${stage} ${ms} ms`).join(', ')
  return `container: ${JSON.stringify(value('acquired'))}, ${times}`
}
