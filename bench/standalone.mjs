import { LoadClient, percentile } from './load.mjs'
import { PAYLOAD, startForwarder, startRuntime, startStandalone, temporaryFolder } from './processes.mjs'

const CALLS = 3000
const CONCURRENCIES = [1, 8, 32]
const THROUGHPUT_MS = 3000

/** Warm blocking invocations through standalone, beside the bare runtime and a plain forwarder. */
export async function standalone() {
  const { folder, remove } = temporaryFolder()
  const runtime = await startRuntime(folder)
  const server = await startStandalone(folder)
  try {
    await runtime.init()
    const forwarder = await startForwarder(runtime.socketPath)
    await server.putAction('bench')
    await server.putAction('shared', { limits: { concurrency: 32 } })
    const subjects = {
      runtime: new LoadClient({
        origin: 'http://runtime',
        socketPath: runtime.socketPath,
        path: '/run',
        body: `{"value":${PAYLOAD}}`,
      }),
      'two hops': new LoadClient({ origin: forwarder.origin, path: '/', body: PAYLOAD }),
      'stemcell, one run per container': caller(server, 'bench'),
      'stemcell, 32 runs per container': caller(server, 'shared'),
    }
    const rows = []
    for (const [name, client] of Object.entries(subjects)) {
      const times = await client.sequential(CALLS)
      const values = { 'p50 ms': percentile(times, 50), 'p99 ms': percentile(times, 99) }
      for (const c of CONCURRENCIES) values[`c=${c} /s`] = await client.throughput(c, THROUGHPUT_MS)
      rows.push({ name, values })
      await client.close()
    }
    await forwarder.stop()
    const [, hops, ours, shared] = rows.map(({ values }) => values)
    const added = ours['p50 ms'] - hops['p50 ms']
    const share = ours['c=32 /s'] / hops['c=32 /s']
    const sharedShare = shared['c=32 /s'] / hops['c=32 /s']
    return {
      columns: Object.keys(ours),
      rows,
      ratios: [
        { name: 'warm p50 over two hops, ms', value: added, target: '<= 0.3', met: added <= 0.3 },
        { name: 'warm p50 / two hops', value: ours['p50 ms'] / hops['p50 ms'], target: 'none' },
        {
          name: 'throughput at 32 / two hops, one run per container',
          value: share,
          target: '>= 0.6',
          met: share >= 0.6,
        },
        { name: 'the same, 32 runs per container', value: sharedShare, target: '>= 0.6', met: sharedShare >= 0.6 },
        { name: 'start to pong, s', value: server.startMs / 1000, target: '< 0.7', met: server.startMs < 700 },
      ],
    }
  } finally {
    await server.stop()
    await runtime.stop()
    remove()
  }
}

function caller(server, action) {
  return new LoadClient({
    origin: server.origin,
    path: `/api/v1/namespaces/_/actions/${action}?blocking=true&result=true`,
    headers: server.headers,
    body: PAYLOAD,
  })
}
