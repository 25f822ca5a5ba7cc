import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostPythons } from '@stemcell/spi-process'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from './harness.ts'

function program(folder: string, name: string, text = '\x7fELF', mode = 0o755): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), mode)
  return join(folder, name)
}

describe('the Pythons of a machine', () => {
  it('are the one that is named and those called by their versions, each once', () => {
    const [one, other] = [join(temporaryFolder(), 'one'), join(temporaryFolder(), 'other')]
    program(one, 'python3.11')
    symlinkSync('python3.11', join(one, 'python3'))
    for (const name of ['python3.9', 'python3.13', 'python3.11', 'python3.11-config', 'python3.6', 'python2.7']) {
      program(other, name)
    }
    expect(hostPythons({ python: 'python3', path: `/nowhere:${one}:${other}` })).toEqual([
      { version: '3.11', program: join(one, 'python3') },
      { version: '3.9', program: join(other, 'python3.9') },
      { version: '3.13', program: join(other, 'python3.13') },
    ])
  })

  it('are not scripts that choose one when they run, nor what may not be run', () => {
    const folder = temporaryFolder()
    program(folder, 'python3.10', '#!/bin/sh\nexec choose "$@"\n')
    program(folder, 'python3.12', 'ELF', 0o644)
    expect(hostPythons({ python: 'python3', path: folder })).toEqual([])
  })

  it('have no version where the name of the program does not say', () => {
    const python = program(temporaryFolder(), 'mine', '#!/bin/sh\n')
    expect(hostPythons({ python, path: '/nowhere' })).toEqual([{ version: undefined, program: python }])
  })
})
