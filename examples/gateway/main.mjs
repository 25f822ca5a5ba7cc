// A platform with a gateway in this process, an API of a Swagger document on it, and a client with a key.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { assemble } from '@stemcell/core'
import { gateway } from '@stemcell/gateway'
import { processContainers } from '@stemcell/spi-process'

const document = readFileSync(new URL('greetings.json', import.meta.url), 'utf8')
const CODE = `function main({ __ow_path }) {
  const words = { en: 'Good morning', de: 'Guten Morgen', fr: 'Bonjour' }
  const greeting = words[__ow_path.split('/').pop()]
  return greeting ? { body: { greeting } } : { statusCode: 404, body: { error: 'that language is not spoken here' } }
}`

/** What clients of the API are answered: status and body of each call. */
export async function run() {
  const apis = gateway({ port: 0 })
  const platform = await assemble({ containers: processContainers({}), systemPackages: [apis] })
  try {
    const { uuid, key } = await platform.subjects.createUser('guest')
    const authorization = `Basic ${Buffer.from(`${uuid}:${key}`).toString('base64')}`
    const guest = await platform.client('guest')
    await guest.putAction('greet', {
      exec: { kind: 'nodejs:default', code: CODE },
      annotations: [{ key: 'web-export', value: true }],
    })

    /** What `wsk api` calls, too; the server need not listen on a port for that. */
    const manage = async (method, call, body) => {
      const response = await platform.fetch(`http://platform/api/v1/web/whisk.system/apimgmt/${call}`, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${call}: ${response.status} ${text}`)
      return JSON.parse(text)
    }
    const { gwApiUrl } = await manage('POST', 'createApi.http', { apidoc: { namespace: '_', swagger: document } })
    const { client_id: apiKey } = await manage('POST', 'createSubscription.http', { basepath: '/greetings' })

    const call = async (path, headers = {}) => {
      const response = await fetch(gwApiUrl + path, { headers })
      return [response.status, await response.json()]
    }
    const withKey = { 'x-api-key': apiKey }
    return {
      'without a key': await call('/en'),
      'with a key': await call('/en', withKey),
      'another language': await call('/de', withKey),
      'one that the action does not know': await call('/xx', withKey),
      'the fourth in an hour': await call('/fr', withKey),
      'as OpenAPI 3': (await manage('GET', 'exportApi.http?basepath=/greetings&format=openapi3')).openapi,
    }
  } finally {
    await platform.close()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [what, answer] of Object.entries(await run())) console.log(`${what}: ${JSON.stringify(answer)}`)
}
