import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { onPath } from '../../../../test/test-with.ts'
import { PROGRAM, type SpawnedServer } from './spawned-server.ts'
import { useServer } from './use-server.ts'

const BUILD_MS = 180_000
const BUILT = /^stemcell\/[\w-]+:\w+.* {2}sha256:\w+ {2}\d+ MB$/

/**
 * As `useServer`, with actions in containers of an engine and nothing else configured: `stemcell images build` makes
 * what the platform's own manifest asks for.
 */
export function useEngineServer(engine: 'docker' | 'podman', socketPath: string, options: object): () => SpawnedServer {
  // Not inside the data folder, whose path may be too long for a socket.
  const dir = mkdtempSync(join(tmpdir(), 'stemcell-run-'))
  beforeAll(() => {
    build(engine, socketPath)
    // What the manifest names, whatever Node.js the tests run on.
    if (!process.version.startsWith('v20.')) build(engine, socketPath, 'action-nodejs', '--tag', '20')
  }, BUILD_MS)
  const server = useServer({
    config: { containers: { adapter: `@stemcell/spi-${engine}`, options: { socketPath, dir, ...options } } },
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  return server
}

function build(engine: string, socketPath: string, ...args: string[]): void {
  const all = [PROGRAM, 'images', 'build', '--engine', engine, '--socket', socketPath, ...args]
  const { stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' })
  expect(stderr).toBe('')
  const absent = onPath('python3') ? [] : ['action-python']
  for (const line of stdout.trim().split('\n')) {
    if (!absent.some((name) => line.startsWith(`${name}  not built: `))) expect(line).toMatch(BUILT)
  }
}
