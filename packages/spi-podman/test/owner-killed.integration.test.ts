import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import {
  libpod,
  openFactory,
  provideImage,
  settings,
  spec,
  startAction,
  temporaryFolder,
  uniqueOwner,
} from './harness.ts'

vi.setConfig({ testTimeout: 120_000 })

const OWNER = fileURLToPath(new URL('owner.mjs', import.meta.url))

describeWith('podman', 'containers on Podman whose owner was killed', (socket) => {
  beforeAll(() => provideImage(socket), 60_000)

  it.each(['engine', 'freezer'] as const)(
    'are found and removed by its successor, also those that are suspended through the %s',
    async (suspendThrough) => {
      const dir = temporaryFolder()
      onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
      const owner = uniqueOwner()
      const options = { ...settings(socket, dir), suspendThrough }
      const text = JSON.stringify({ options, spec: spec({ owner, labels: { action: 'guest/a' } }), count: 3 })
      const child = spawn(process.execPath, [OWNER, text], { stdio: ['ignore', 'pipe', 'inherit'] })
      onTestFinished(() => void child.kill('SIGKILL'))
      const made = once(child.stdout, 'data')
      const ended = once(child, 'exit').then(() => Promise.reject(new Error('the owner ended before it was killed')))
      ended.catch(() => undefined)
      await Promise.race([made, ended])
      child.kill('SIGKILL')
      await once(child, 'exit')

      const successor = await openFactory(socket, { dir, suspendThrough })
      const mine = await startAction(successor, 'function main() { return {} }', { owner })
      const other = await startAction(successor, 'function main() { return {} }')
      const left = (await successor.list(owner)).filter(({ id }) => id !== mine.id)
      expect(left.map(({ state }) => state).sort()).toEqual(['running', 'running', 'suspended'])
      expect(left.map(({ labels }) => labels)).toEqual(left.map(() => ({ action: 'guest/a' })))
      expect(await successor.reap(owner)).toBe(3)
      expect((await successor.list(owner)).map(({ id }) => id)).toEqual([mine.id])
      expect((await libpod(socket, 'GET', `/containers/${other.id}/json`)).status).toBe(200)
      expect(readdirSync(dir).length).toBe(2)
      expect(await successor.reap(owner)).toBe(0)
    },
  )
})
