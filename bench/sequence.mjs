import { LoadClient, percentile } from './load.mjs'
import { PAYLOAD, startStandalone, temporaryFolder } from './processes.mjs'

const CALLS = 1500
const STEPS = 5
const MAX_FACTOR = 6

/** A sequence of no-ops beside one of them. */
export async function sequence() {
  const { folder, remove } = temporaryFolder()
  const server = await startStandalone(folder)
  try {
    await server.putAction('step')
    const components = Array.from({ length: STEPS }, () => '/_/step')
    await server.putAction('steps', { exec: { kind: 'sequence', components } })
    const p50 = {}
    for (const action of ['step', 'steps']) {
      const client = new LoadClient({
        origin: server.origin,
        path: `/api/v1/namespaces/_/actions/${action}?blocking=true&result=true`,
        headers: server.headers,
        body: PAYLOAD,
      })
      p50[action] = percentile(await client.sequential(CALLS), 50)
      await client.close()
    }
    const factor = p50.steps / p50.step
    return {
      columns: ['p50 ms'],
      rows: [
        { name: 'one action', values: { 'p50 ms': p50.step } },
        { name: `sequence of ${STEPS}`, values: { 'p50 ms': p50.steps } },
      ],
      ratios: [{ name: 'sequence / action', value: factor, target: `<= ${MAX_FACTOR}`, met: factor <= MAX_FACTOR }],
    }
  } finally {
    await server.stop()
    remove()
  }
}
