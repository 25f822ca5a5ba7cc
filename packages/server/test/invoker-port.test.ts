import { get } from 'node:https'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { silentLogger, type Invoker } from '@stemcell/core'
import { expect, it } from 'vitest'
import { openFront } from '../src/cluster/invoker-port.ts'
import { configSchema } from '../src/config/config-schema.ts'
import { prometheusMetrics } from '@stemcell/metrics-prometheus'

const pem = (name: string): string => fileURLToPath(new URL(`../../../test/tls/${name}.pem`, import.meta.url))
const tls = { cert: pem('certificate'), key: pem('key') }
// Only what the port asks of it.
const invoker = { isEnabled: true, instance: { id: 0 } } as unknown as Invoker

it('the port of an invoker has the certificate of the configuration', async () => {
  const config = configSchema.parse({ tls, invoker: { port: 0 } })
  const front = await openFront(config, invoker, prometheusMetrics(), silentLogger)
  try {
    expect(front!.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const text = await new Promise<string>((resolve, reject) => {
      get(`${front!.url}/ping`, { ca: readFileSync(tls.cert) }, (response) => {
        let all = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (all += chunk))
        response.on('end', () => resolve(all))
      }).on('error', reject)
    })
    expect(text).toBe('pong')
  } finally {
    await front!.close()
  }
})
