import { createHash } from 'node:crypto'
import type { Answer } from '../http/answer.ts'

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, dt { font-family: ui-monospace, monospace }
dt { margin-top: 1rem; font-weight: 600 }
`

// Shows only documents of this server, and puts nothing of them into the page but text.
const SCRIPT = `
const show = (parent, tag, text) => {
  const element = document.createElement(tag)
  element.textContent = text
  return parent.appendChild(element)
}
const asked = new URLSearchParams(location.search).get('url') ?? '/api/v1/api-docs'
const url = new URL(asked, location.origin)
const main = document.querySelector('main')
const load = async () => {
  if (url.origin !== location.origin) throw new Error('documents of other servers are not shown')
  const response = await fetch(url)
  if (!response.ok) throw new Error(url.pathname + ' answers ' + response.status)
  const api = await response.json()
  document.title = api.info.title
  show(main, 'h1', api.info.title)
  const link = show(main, 'a', 'The Swagger document')
  link.href = url.pathname
  const list = show(main, 'dl', '')
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const [method, { summary, parameters, responses }] of Object.entries(operations)) {
      show(list, 'dt', method.toUpperCase() + ' ' + (api.basePath + path).replace('//', '/'))
      show(list, 'dd', summary)
      const inputs = parameters.filter((parameter) => parameter.in !== 'path').map((parameter) => parameter.name)
      if (inputs.length > 0) show(list, 'dd', 'Takes ' + inputs.join(', '))
      show(list, 'dd', 'Answers ' + Object.keys(responses).join(', '))
    }
  }
}
load().catch((error) => show(main, 'p', error.message))
`

/** A page that lists the operations of the API document named in its query. */
export function docsPage(): Answer {
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>API</title>
<style>${STYLE}</style>
<main></main>
<script>${SCRIPT}</script>
</html>
`
  const policy = `default-src 'none'; connect-src 'self'; script-src ${hashOf(SCRIPT)}; style-src ${hashOf(STYLE)}`
  return {
    status: 200,
    contentType: 'text/html; charset=UTF-8',
    body,
    headers: ['Content-Security-Policy', policy, 'X-Content-Type-Options', 'nosniff'],
  }
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
