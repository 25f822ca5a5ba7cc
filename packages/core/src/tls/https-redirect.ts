import type { RequestListener } from 'node:http'

const HOST = /^(?<name>[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/
const TARGET = /^\/[\x21-\x7e]*$/

/** Answers every request with where the same is over TLS; methods and bodies are to be kept. */
export function httpsRedirect(port: number): RequestListener {
  return ({ headers, url = '' }, response) => {
    const name = HOST.exec(headers.host ?? '')?.groups?.['name']
    if (name === undefined) {
      response.writeHead(400, { 'Content-Length': 0 }).end()
      return
    }
    const place = `https://${name}${port === 443 ? '' : `:${port}`}`
    response.writeHead(308, { Location: place + (TARGET.test(url) ? url : '/'), 'Content-Length': 0 }).end()
  }
}
