import { AdministrationError, silentLogger, type SubjectAdministration } from '@stemcell/core'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AdminSocket } from '../../src/admin/admin-socket.ts'
import type { AdminTarget } from '../../src/admin/admin-target.ts'
import { askServer } from '../../src/admin/ask-server.ts'
import { addressOf } from '../../src/admin/socket-file.ts'

let folder: string
let opened: AdminSocket[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stemcell-socket-'))
  opened = []
})
afterEach(async () => {
  for (const socket of opened) await socket.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(path: string, administration: Partial<SubjectAdministration> = {}): Promise<AdminSocket> {
  const target = { administration: async () => administration } as unknown as AdminTarget
  const socket = new AdminSocket(path, target, silentLogger)
  opened.push(socket)
  await socket.open()
  return socket
}

async function ask(path: string): Promise<string[] | false> {
  const lines: string[] = []
  const command = { do: 'user whois', auth: 'x' } as const
  const isAnswered = await askServer(path, command, async (line) => void lines.push(line))
  return isAnswered && lines
}

const whois = async (): Promise<{ subject: string; namespace: string }> => ({ subject: 's', namespace: 'n' })

describe('the admin socket', () => {
  it('answers a command, and only its owner', async () => {
    const path = join(folder, 'admin.sock')
    await open(path, { whois })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await ask(path)).toEqual(['subject: s', 'namespace: n'])
  })

  it('is gone when it is closed, and nobody answers', async () => {
    const path = join(folder, 'admin.sock')
    const socket = await open(path)
    await socket.close()
    expect(existsSync(path)).toBe(false)
    expect(await ask(path)).toBe(false)
  })

  it('takes the place of one that was left behind', async () => {
    const path = join(folder, 'admin.sock')
    await open(path)
    await open(path, { whois })
    expect(await ask(path)).toEqual(['subject: s', 'namespace: n'])
  })

  it('works where the path is too long for an address', async () => {
    const deep = join(folder, 'd'.repeat(120))
    mkdirSync(deep)
    const path = join(deep, 'admin.sock')
    const socket = await open(path, { whois })
    expect(await ask(path)).toEqual(['subject: s', 'namespace: n'])
    const address = addressOf(path)
    expect([statSync(address).mode & 0o777, statSync(dirname(address)).mode & 0o777]).toEqual([0o600, 0o700])
    await socket.close()
    expect([existsSync(dirname(address)), lstatSync(path, { throwIfNoEntry: false })]).toEqual([false, undefined])
  })

  it.each(['nonsense', '{"do":"user destroy"}', '{"do":"user whois"}', '[]'])('refuses %s and stays', async (line) => {
    const path = join(folder, 'admin.sock')
    await open(path, { whois })
    const socket = connect(path)
    socket.write(`${line}\n`)
    expect(JSON.parse(await text(socket))).toEqual({ end: expect.stringContaining('does not know this command') })
    expect(await ask(path)).toEqual(['subject: s', 'namespace: n'])
  })

  it('closes on a caller that sends without end, and stays', async () => {
    const path = join(folder, 'admin.sock')
    await open(path, { whois })
    const socket = connect(path)
    socket.on('error', () => undefined)
    socket.write('x'.repeat(1_000_000))
    await expect(text(socket).catch(() => '')).resolves.toBe('')
    expect(await ask(path)).toEqual(['subject: s', 'namespace: n'])
  })

  it('passes on what was said before a command failed, and its exit code', async () => {
    const path = join(folder, 'admin.sock')
    const block = async (subject: string): Promise<void> => {
      if (subject !== 'alice') throw new AdministrationError('not-found', 'unknown')
    }
    await open(path, { block })
    const lines: string[] = []
    const command = { do: 'user block', subjects: ['bobby', 'alice', 'carol'] } as const
    const asking = askServer(path, { ...command, subjects: [...command.subjects] }, async (line) => {
      lines.push(line)
    })
    await expect(asking).rejects.toMatchObject({ exitCode: 2, message: '' })
    expect(lines).toEqual([
      'Failed to block "bobby" (unknown)',
      '"alice" blocked successfully',
      'Failed to block "carol" (unknown)',
    ])
  })

  it('does not tell the caller about a defect, but says where to look', async () => {
    const path = join(folder, 'admin.sock')
    await open(path, { whois: () => Promise.reject(new Error('inner detail')) })
    await expect(ask(path)).rejects.toThrow('the command failed; the log of the server says why')
  })

  it('that closes in the middle of a command is reported to the caller', async () => {
    const path = join(folder, 'admin.sock')
    let closing: Promise<void> | undefined
    const socket = await open(path, {
      whois: () => {
        closing = socket.close()
        return new Promise(() => undefined)
      },
    })
    await expect(ask(path)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await closing
  })
})
