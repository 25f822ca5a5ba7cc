import { REST_CONTRACT, RestPlatform, RestSuite } from '@stemcell/conformance/rest'
import { expect, it } from 'vitest'
import { connectHttp2, FIRST, sendOver } from './http2-client.ts'

/** What HTTP/2 has no way to say, or refuses itself, with the rows about it. Everything else is the same. */
const UNSAID: Readonly<Record<string, readonly RegExp[]>> = {
  'a request has one authority': [
    /^§1 surface: a request with (?:two Host headers|the same Host header twice) is 400$/,
    /^§1 surface: a second Host is answered with the error object$/,
  ],
  'scheme and authority have places of their own': [/^§1 surface: an absolute address is the same as its path$/],
  'a body has the length that was announced': [
    /^§4 invocations: a request beyond the bound of all requests is 413 in plain text$/,
  ],
  'a status has no reason': [/^§11 answers of .http: .http: a known status has its reason$/],
}

it('the contract holds over HTTP/2 but for what only HTTP/1.1 can say', { timeout: 240_000 }, async () => {
  const { platform, owner, other, admit, store, baseUrl } = await RestPlatform.start()
  const { url } = await platform.listen({ port: 0, tls: FIRST })
  const session = await connectHttp2(url)
  try {
    const suite = await RestSuite.connect({
      baseUrl,
      owner,
      other,
      admit,
      store,
      send: (_, request) => sendOver(session, request),
    })
    const rows = REST_CONTRACT.flatMap(({ section, name, rows: all }) =>
      all.map((row) => ({ row, title: `§${section} ${name}: ${row.name}` })),
    ).filter(({ row }) => suite.skipReason(row) === undefined)
    const unsaid = Object.values(UNSAID).flat()
    const said = rows.filter(({ title }) => !unsaid.some((pattern) => pattern.test(title)))
    expect(unsaid.filter((pattern) => !rows.some(({ title }) => pattern.test(title)))).toEqual([])
    const failed: string[] = []
    const waiting = said.values()
    const work = async (): Promise<void> => {
      for (const { row, title } of waiting) {
        try {
          await suite.run(row)
        } catch (error) {
          failed.push(`${title}: ${String(error)}`)
        }
      }
    }
    await Promise.all(Array.from({ length: 16 }, work))
    expect(failed).toEqual([])
    expect(said.length).toBeGreaterThan(1000)
  } finally {
    session.destroy()
    await platform.close()
  }
})
