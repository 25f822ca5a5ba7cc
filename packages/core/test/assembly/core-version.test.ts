import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { CORE_VERSION } from '../../src/index.ts'

const packages = resolve(import.meta.dirname, '../../..')

it.each(readdirSync(packages))('the version that core states is that of %s', (name) => {
  const { version } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as { version: string }
  expect(CORE_VERSION).toBe(version)
})
