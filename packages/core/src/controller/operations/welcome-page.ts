import { createHash } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import type { HttpRequest } from '../http/direct/api-server.ts'
import type { Answer } from '../http/answer.ts'

/** A host as it may stand in a page and in a line of a shell. */
const PLAIN_HOST = /^[\w.-]+(?::\d{1,5})?$|^\[[\da-f:.]+\](?::\d{1,5})?$/i

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #f4f4f4; padding: 1rem; overflow-x: auto }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd } pre { background: #262626 } a { color: #8cf } }
`
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`

type AddressedRequest = Pick<HttpRequest, 'headers' | 'socket'>

export interface WelcomeOptions {
  /** Path of the console, where there is one. */
  readonly console: string | undefined
}

/** What a person sees who opens the address of the server in a browser. */
export function welcomePage(request: AddressedRequest, { console }: WelcomeOptions): Answer {
  const url = addressOf(request)
  const code = 'function main({ name }) { return { greeting: `Hi, ${name}` } }'
  const action = `{"exec": {"kind": "nodejs:default", "code": "${code}"}}`
  const lines = [
    `AUTH=$(cat stemcell-data/auth.guest) API=${url}/api/v1/namespaces/_`,
    `curl -u "$AUTH" -X PUT "$API/actions/hi" -H 'content-type: application/json' -d '${action}'`,
    `curl -u "$AUTH" -X POST "$API/actions/hi?blocking=true&result=true" -H 'content-type: application/json' -d '{"name": "you"}'`,
  ]
  const links = [
    '<a href="/docs">What the API can do</a>',
    ...(console === undefined ? [] : [`<a href="${escaped(console)}">The console</a>`]),
  ]
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Stemcell</title>
<style>${STYLE}</style>
<h1>Stemcell</h1>
<p>This is a serverless platform. You give it functions, and it runs them when they are invoked. It speaks the interfaces
of Apache OpenWhisk: <code>wsk</code> and other clients work with it.</p>
<h2>A first action</h2>
<p>Paste this into a terminal, in the folder where the server was started. Elsewhere, <code>AUTH</code> is your key,
<code>UUID:KEY</code>.</p>
<pre>${lines.map(escaped).join('\n')}</pre>
<p>Or, from a folder with functions: <code>npx stemcell dev</code></p>
<p>${links.join(' · ')}</p>
</html>
`
  return {
    status: 200,
    contentType: 'text/html; charset=UTF-8',
    body,
    // No cache between gives the page to a client that wants JSON.
    headers: [
      'Content-Security-Policy',
      POLICY,
      'X-Content-Type-Options',
      'nosniff',
      'Vary',
      'Accept',
      'Cache-Control',
      'no-store',
    ],
  }
}

/** As the browser calls the server. */
function addressOf({ headers, socket }: AddressedRequest): string {
  const { host = '' } = headers
  const forwarded = headers['x-forwarded-proto']
  // What has a session is a stream of HTTP/2, which comes over TLS alone.
  const isSecure = socket instanceof TLSSocket || 'session' in socket || forwarded === 'https'
  return `${isSecure ? 'https' : 'http'}://${PLAIN_HOST.test(host) ? host : '127.0.0.1:3233'}`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
