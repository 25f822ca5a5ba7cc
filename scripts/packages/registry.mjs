// A local registry that has the packages of this working copy, and everything else from the configured one.
import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

/** @param folder a temporary one. @returns its `url`, `npmrc` for projects, and `close()`. */
export async function startRegistry(folder) {
  const upstream = (await run('npm', ['config', 'get', 'registry'])).stdout.trim()
  writeFileSync(join(folder, 'config.yaml'), '')
  const child = fork(fileURLToPath(new URL('registry-process.mjs', import.meta.url)), [folder, upstream], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const port = await new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message.port))
    child.once('exit', (code) => reject(new Error(`the local registry ended with ${code}`)))
  })
  const url = `http://127.0.0.1:${port}/`
  const npmrc = [
    `registry=${url}`,
    // A publisher has to be somebody; the registry does not ask who.
    `//127.0.0.1:${port}/:_authToken=anybody`,
    'fund=false',
    'audit=false',
    'prefer-offline=true',
    'noproxy=127.0.0.1',
    '',
  ].join('\n')
  return { url, npmrc, close: () => void child.kill() }
}
