// Accounts for every accepted activation once everything is up again.
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'undici'

/**
 * Waits until nothing is in flight and every accepted id has its record, or the deadline has passed.
 * @returns {Promise<{ unaccounted: string[], duplicates: string[], startedTwice: string[], inFlight: number }>}
 */
export async function account({ controllers, authorization, accepted, ledger, deadlineMs }) {
  const ask = async (url, path) => {
    const response = await request(`${url}${path}`, { headers: { authorization } })
    const text = await response.body.text()
    return { status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) }
  }
  const [{ url }] = controllers
  const dueMs = Date.now() + deadlineMs
  let missing = [...accepted.keys()]
  let inFlight = Infinity
  for (;;) {
    missing = await filterAsync(missing, async (id) => {
      const { status } = await ask(url, `/api/v1/namespaces/_/activations/${id}`)
      return status !== 200
    })
    const counts = await Promise.all(controllers.map((node) => ask(node.url, '/activation/count')))
    inFlight = counts.reduce((sum, { body }) => sum + body, 0)
    if ((missing.length === 0 && inFlight === 0) || Date.now() > dueMs) break
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return {
    unaccounted: missing,
    duplicates: repeated(await listedAtRest(ask, url, dueMs)),
    startedTwice: repeated(existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').filter(Boolean) : []),
    inFlight,
  }
}

/** As `listed`, while no record came in between: what nobody was told of may end late, and shifts the pages. */
async function listedAtRest(ask, url, dueMs) {
  const count = async () => (await ask(url, '/api/v1/namespaces/_/activations?count=true')).body.activations
  for (;;) {
    const before = await count()
    const ids = await listed(ask, url)
    if ((await count()) === before || Date.now() > dueMs) return ids
  }
}

/** Ids of all records of the namespace, page by page, newest first. */
async function listed(ask, url) {
  const ids = []
  let upto = Date.now() + 60_000
  for (;;) {
    const page = []
    for (let skip = 0; ; skip += 200) {
      const { body } = await ask(url, `/api/v1/namespaces/_/activations?limit=200&skip=${skip}&upto=${upto}`)
      page.push(...body)
      if (body.length < 200 || page.length >= 10_000) break
    }
    ids.push(...page.map(({ activationId }) => activationId))
    if (page.length < 10_000) return ids
    // Records of the same millisecond as the last one are listed again: they are taken out here.
    const oldest = page.at(-1).start
    while (ids.length > 0 && page.find(({ activationId }) => activationId === ids.at(-1))?.start === oldest) ids.pop()
    upto = oldest
  }
}

function repeated(ids) {
  const seen = new Set()
  return ids.filter((id) => seen.size === seen.add(id).size)
}

async function filterAsync(list, test) {
  const kept = []
  for (let at = 0; at < list.length; at += 50) {
    const part = list.slice(at, at + 50)
    const results = await Promise.all(part.map(test))
    kept.push(...part.filter((_, index) => results[index]))
  }
  return kept
}
