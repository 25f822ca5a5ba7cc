// `node --import …/with-mutant.mjs`: the program runs with the change of `STEMCELL_MUTANT` (JSON) in what was built.
import { register } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const mutant = JSON.parse(process.env['STEMCELL_MUTANT'] ?? 'null')
if (mutant) {
  const built = mutant.file.replace('/src/', '/dist/').replace(/\.ts$/, '.js')
  const url = pathToFileURL(join(import.meta.dirname, '../..', built)).href
  register('./mutant-hooks.mjs', import.meta.url, { data: { mutant, url } })
}
