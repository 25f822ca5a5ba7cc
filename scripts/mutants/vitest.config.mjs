// The tests of the repository with one source changed as it is read: no file is written.
import { resolve } from 'node:path'
import { mergeConfig } from 'vitest/config'
import base from '../../vitest.config.ts'
import { mutated } from './mutated.mjs'

const root = resolve(import.meta.dirname, '../..')
const mutant = JSON.parse(process.env.STEMCELL_MUTANT ?? 'null')
const path = mutant && resolve(root, mutant.file)

export default mergeConfig(base, {
  root,
  plugins: [
    {
      name: 'stemcell-mutant',
      enforce: 'pre',
      transform: (code, id) => (id.split('?')[0] === path ? mutated(code, mutant) : undefined),
    },
  ],
  test: { bail: 1, retry: 0, maxWorkers: 1 },
})
