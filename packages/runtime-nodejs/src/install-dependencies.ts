import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { InitializationError } from './entrypoint.ts'
import { readManifest } from './read-manifest.ts'

/**
 * Runs `npm install` to its end where an archive names dependencies and brings none, and the operator has set
 * OW_ENABLE_INIT_INSTALL=true. It spends the time limit of the initialization.
 */
export async function installDependencies(root: string): Promise<void> {
  if (process.env['OW_ENABLE_INIT_INSTALL'] !== 'true' || existsSync(path.join(root, 'node_modules'))) return
  if (!hasDependencies(root)) return

  const [status, output] = await new Promise<[string, string]>((resolve) => {
    const npm = spawn('npm', ['install', '--omit=dev', '--no-audit', '--no-fund'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const chunks: Buffer[] = []
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    npm.once('error', (error) => resolve([error.message, '']))
    npm.once('close', (code, signal) => {
      resolve([code === 0 ? 'ok' : `exit ${signal ?? code}`, Buffer.concat(chunks).toString().slice(-4096)])
    })
  })
  if (status !== 'ok') throw new InitializationError(`npm install failed (${status}).\n${output}`.trimEnd())
}

function hasDependencies(root: string): boolean {
  return Object.keys(readManifest(root)?.['dependencies'] ?? {}).length > 0
}
