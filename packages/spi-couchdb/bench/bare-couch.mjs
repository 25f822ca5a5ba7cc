// The floor of a store on CouchDB: its HTTP interface over undici and nothing else, JSON included.
import { randomBytes } from 'node:crypto'
import { Pool } from 'undici'

/** In a database of its own, which `close` removes. */
export async function bareCouch(url) {
  const { origin, username, password } = new URL(url)
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers = {
    'content-type': 'application/json',
    ...(username && { authorization: `Basic ${Buffer.from(account).toString('base64')}` }),
  }
  const pool = new Pool(origin, { connections: 16 })
  const database = `/b${randomBytes(8).toString('hex')}`

  async function ask(method, path, body) {
    const request = { method, path, headers, body: body ? JSON.stringify(body) : null }
    const { statusCode, body: reply } = await pool.request(request)
    const text = await reply.text()
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`)
    return JSON.parse(text)
  }

  await ask('PUT', database)
  return {
    put: (id, document) => ask('PUT', `${database}/d${id}`, document),
    get: (id) => ask('GET', `${database}/d${id}`),
    putRecords: async (records) => {
      const docs = records.map((record) => ({ _id: `r${record.activationId}`, ...record }))
      const refused = (await ask('POST', `${database}/_bulk_docs`, { docs })).find(({ error }) => error)
      if (refused) throw new Error(`_bulk_docs: ${JSON.stringify(refused)}`)
    },
    page: async (limit) => {
      const { rows } = await ask('GET', `${database}/_all_docs?descending=true&include_docs=true&limit=${limit}`)
      return rows.map(({ doc }) => doc)
    },
    /** What the server says that it is. */
    welcome: () => ask('GET', '/'),
    remove: (name) => ask('DELETE', `/${name}`),
    close: async () => {
      await ask('DELETE', database)
      await pool.destroy()
    },
  }
}
