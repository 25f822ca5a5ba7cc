import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

interface Locked {
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly peer?: boolean
}

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}

it('an installation for production has nothing that only development needs', () => {
  const tools = ['vitest', 'vite', 'rolldown', 'oxlint', 'prettier', 'typescript', 'fast-check', 'ajv']
  for (const name of tools) expect(lock.packages[`node_modules/${name}`], name).toMatchObject({ dev: true })
  // A peer, even an optional one, of a workspace is installed with `--omit=dev`.
  expect(
    Object.entries(lock.packages)
      .filter(([, { devOptional }]) => devOptional)
      .map(([path]) => path),
  ).toEqual([])
})
