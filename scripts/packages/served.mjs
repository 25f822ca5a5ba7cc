import { spawn } from 'node:child_process'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const START_MS = 60_000

/** Starts `stemcell standalone`, puts and invokes an action as a client would, and stops it. */
export async function callServer(command, args, { cwd }) {
  // In a group of its own, as npx does not pass signals on.
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  const ended = new Promise((resolve) => child.once('close', resolve))
  try {
    const url = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no server after ${START_MS} ms:\n${output}`)), START_MS)
      const read = (chunk) => {
        output += chunk
        const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
        if (!found) return
        clearTimeout(timer)
        resolve(found)
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${output}`)))
    })
    const key = readFileSync(join(cwd, 'stemcell-data', 'auth.guest'), 'utf8').trim()
    const call = async (method, path, body) => {
      const response = await fetch(`${url}/api/v1/namespaces/_/${path}`, {
        method,
        headers: { authorization: `Basic ${btoa(key)}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() }
    }
    const code = 'function main({ name }) { return { hi: name, node: process.version } }'
    const put = await call('PUT', 'actions/hi', { exec: { kind: 'nodejs:default', code } })
    assert.equal(put.status, 200, JSON.stringify(put.body))
    const invoked = await call('POST', 'actions/hi?blocking=true&result=true', { name: 'you' })
    assert.equal(invoked.body.hi, 'you', JSON.stringify(invoked))
    return `actions run on ${invoked.body.node}`
  } finally {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    await ended
  }
}
