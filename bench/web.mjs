import { LoadClient, percentile } from './load.mjs'
import { PAYLOAD, startStandalone, temporaryFolder } from './processes.mjs'

const CALLS = 3000
const ROUNDS = 3
const MAX_SHARE = 1.05

/** A web action beside a blocking invocation of the same action, in turns. */
export async function web() {
  const { folder, remove } = temporaryFolder()
  const server = await startStandalone(folder)
  try {
    await server.putAction('bench', { annotations: [{ key: 'web-export', value: true }] })
    const common = { origin: server.origin, body: PAYLOAD }
    const invoke = new LoadClient({
      ...common,
      path: '/api/v1/namespaces/_/actions/bench?blocking=true&result=true',
      headers: server.headers,
    })
    const page = new LoadClient({ ...common, path: '/api/v1/web/guest/default/bench.json' })
    const times = { invoke: [], page: [] }
    for (let round = 0; round < ROUNDS; round++) {
      times.invoke.push(...(await invoke.sequential(CALLS / ROUNDS)))
      times.page.push(...(await page.sequential(CALLS / ROUNDS)))
    }
    await Promise.all([invoke.close(), page.close()])
    const [invoked, fetched] = [times.invoke, times.page].map((list) =>
      percentile(
        list.sort((a, b) => a - b),
        50,
      ),
    )
    const share = fetched / invoked
    return {
      columns: ['p50 ms'],
      rows: [
        { name: 'blocking invocation', values: { 'p50 ms': invoked } },
        { name: 'web action', values: { 'p50 ms': fetched } },
      ],
      ratios: [{ name: 'web action / invocation', value: share, target: `<= ${MAX_SHARE}`, met: share <= MAX_SHARE }],
    }
  } finally {
    await server.stop()
    remove()
  }
}
