import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onPath } from '../../../test/test-with.ts'
import { Edge } from '../edge.mjs'
import { freePort } from '../../../test/free-port.ts'

// Where Debian has what only administrators start.
process.env['PATH'] += ':/usr/sbin'

export const hasNginx: boolean = onPath('nginx')
if (!hasNginx) process.stdout.write('skipped nginx in front of Stemcell: there is no nginx in PATH\n')

const file = (name: string): string => fileURLToPath(new URL(`../../../test/tls/${name}`, import.meta.url))

/** Of 127.0.0.1, signed by itself. */
export const CERTIFICATE: string = file('certificate.pem')

export interface TestEdge {
  readonly edge: Edge
  readonly httpPort: number
  readonly httpsPort: number
  readonly stop: () => Promise<void>
}

/** An edge for tests in front of one controller. */
export async function edgeOf(controller: string): Promise<TestEdge> {
  const folder = mkdtempSync(join(tmpdir(), 'stemcell-nginx-'))
  // Workers of an nginx that root starts are another user's.
  chmodSync(folder, 0o755)
  const [httpPort, httpsPort] = [await freePort(), await freePort()]
  const edge = new Edge({
    folder,
    httpPort,
    httpsPort,
    certificate: CERTIFICATE,
    key: file('key.pem'),
    apiHost: 'stemcell.example',
    controllers: [new URL(controller).host],
  })
  const stop = async (): Promise<void> => {
    await edge.stop()
    rmSync(folder, { recursive: true })
  }
  return { edge, httpPort, httpsPort, stop }
}
