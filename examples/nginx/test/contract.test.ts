import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RestPlatform } from '@stemcell/conformance/rest'
import { expect, it } from 'vitest'
import { CERTIFICATE, edgeOf, hasNginx } from './edge-of.ts'

const RUNNER = fileURLToPath(new URL('../../../scripts/contract.mjs', import.meta.url))

/** What an edge answers itself, or does to a request, each with the rows that see it. Everything else is the same. */
const EDGE = {
  'transaction ids are the edge’s own': [
    /^§1 surface: the client's transaction id is used$/,
    /^§1 surface: the header of the transaction id is found whatever its case$/,
    /^§1 surface: the transaction id comes back with /,
    /^§11 callers of web actions: the transaction id of the client comes back$/,
  ],
  'what nginx cannot read it refuses itself, with a page of its own': [
    /^§1 surface: a request with (?:two Host headers|the same Host header twice) is 400$/,
    /^§1 surface: a second Host is answered with the error object$/,
    /^§1 surface: a path whose percent-encoding is malformed is /,
    /^§3 names: no action may be called a%00$/,
    /^§11 paths of web actions: .* is refused, as its percent-encoding is broken$/,
    /^§11 arguments of web actions: a thousand headers before it do not hide the length of the body$/,
  ],
  'a request line is of 8 KiB, with method and version': [
    /^§1 surface: an address that is too long is answered with the error object$/,
    /^§1 surface: an address of 8190 characters works$/,
    /^§1 surface: a longer address is 414$/,
  ],
  'a body of more than 65 MB ends at the edge': [
    /^§4 invocations: a request beyond the bound of all requests is 413 in plain text$/,
  ],
  'bodies arrive with their length': [
    /^§4 writing actions: an empty body in chunks without a type is 415$/,
    /^§4 invocations: arguments without a type are 415: nothing in chunks$/,
  ],
  'methods that nginx does not know end at the edge': [
    /^§11 paths of web actions: a method that web actions do not know leads nowhere$/,
  ],
}

it.runIf(hasNginx)(
  'the contract holds through nginx but for what is the edge’s own',
  { timeout: 480_000 },
  async () => {
    const platform = await RestPlatform.start()
    const { httpsPort, stop } = await edgeOf(platform.baseUrl)
    try {
      const child = spawn(process.execPath, [RUNNER, '--url', `https://127.0.0.1:${httpsPort}`], {
        env: {
          PATH: process.env['PATH'] ?? '',
          NODE_EXTRA_CA_CERTS: CERTIFICATE,
          STEMCELL_AUTH: platform.owner.auth,
          STEMCELL_AUTH_OTHER: platform.other.auth,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
      await once(child, 'close')
      const lines = output.trimEnd().split('\n')
      const failed = lines.flatMap((line) => (line.startsWith('FAILED ') ? [line.slice('FAILED '.length)] : []))
      const known = Object.values(EDGE).flat()
      expect(
        failed.filter((title) => !known.some((pattern) => pattern.test(title))),
        output.slice(-20_000),
      ).toEqual([])
      // What is listed above is seen: the list has nothing that holds after all.
      expect(known.filter((pattern) => !failed.some((title) => pattern.test(title)))).toEqual([])
      expect(lines.at(-1)).toMatch(/^1\d{3} passed, \d+ failed, \d+ skipped$/)
    } finally {
      await stop()
      await platform.close()
    }
  },
)
