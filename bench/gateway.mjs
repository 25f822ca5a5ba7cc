import { LoadClient, percentile } from './load.mjs'
import { PAYLOAD, startStandalone, temporaryFolder } from './processes.mjs'

const CALLS = 4000
const ROUNDS = 8
const CALLERS = 32
const THROUGHPUT_MS = 3000
const MAX_SHARE = 1.1

/** An API beside the web action that it serves, in turns. */
export async function gateway() {
  const { folder, remove } = temporaryFolder()
  const server = await startStandalone(folder)
  try {
    await server.putAction('bench', { annotations: [{ key: 'web-export', value: true }], limits: { concurrency: 32 } })
    const url = new URL(await createApi(server))
    const clients = {
      action: new LoadClient({ origin: server.origin, path: '/api/v1/web/guest/default/bench.json', body: PAYLOAD }),
      api: new LoadClient({ origin: url.origin, path: `${url.pathname}/bench`, body: PAYLOAD }),
    }
    const times = { action: [], api: [] }
    const rates = { action: [], api: [] }
    for (const client of Object.values(clients)) await client.sequential(CALLS / ROUNDS)
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, client] of Object.entries(clients)) {
        times[name].push(...(await client.sequential(CALLS / ROUNDS)))
        if (round % 2 === 0) rates[name].push(await client.throughput(CALLERS, THROUGHPUT_MS / 2))
      }
    }
    await Promise.all(Object.values(clients).map((client) => client.close()))
    const median = (list) =>
      percentile(
        list.sort((a, b) => a - b),
        50,
      )
    const rows = Object.keys(clients).map((name) => ({
      name: name === 'api' ? 'API' : 'web action',
      values: { 'p50 ms': median(times[name]), [`c=${CALLERS} /s`]: median(rates[name]) },
    }))
    const [action, api] = rows.map(({ values }) => values)
    const share = api['p50 ms'] / action['p50 ms']
    const rate = action[`c=${CALLERS} /s`] / api[`c=${CALLERS} /s`]
    return {
      columns: Object.keys(action),
      rows,
      ratios: [
        { name: 'API / web action, p50', value: share, target: `<= ${MAX_SHARE}`, met: share <= MAX_SHARE },
        { name: 'the same, time per call of 32 callers', value: rate, target: 'none' },
      ],
    }
  } finally {
    await server.stop()
    remove()
  }
}

/** As `wsk api create /bench /bench post bench` does. */
async function createApi(server) {
  const response = await fetch(`${server.origin}/api/v1/web/whisk.system/apimgmt/createApi.http?responsetype=json`, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      apidoc: {
        namespace: '_',
        gatewayBasePath: '/bench',
        gatewayPath: '/bench',
        gatewayMethod: 'post',
        action: {
          name: 'bench',
          namespace: '_',
          backendMethod: 'POST',
          backendUrl: `${server.origin}/api/v1/web/_/default/bench.json`,
          authkey: 'unused',
        },
      },
    }),
  })
  const { gwApiUrl, error } = await response.json()
  if (gwApiUrl === undefined) throw new Error(`createApi: ${response.status} ${error}`)
  return gwApiUrl
}
