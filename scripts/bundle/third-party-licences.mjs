import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of a path, the innermost folder in `node_modules`, and the name of the package in it. */
const PACKAGE = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//
const LICENCE = /^licen[cs]e(?:\.|$)/i

/**
 * By their file names, the licences of the packages whose code is in a bundle, as they demand.
 * @throws when a package has none.
 */
export function thirdPartyLicences(folder, { outputs }) {
  const packages = new Map()
  for (const input of Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))) {
    const [path, name] = PACKAGE.exec(input) ?? []
    if (name !== undefined) packages.set(name, path)
  }
  return [...packages].map(([name, path]) => [`LICENSE.${name.replace('/', '.')}.txt`, licenceIn(join(folder, path))])
}

function licenceIn(folder) {
  const file = readdirSync(folder).find((name) => LICENCE.test(name))
  if (file === undefined) throw new Error(`${folder}: no licence file, so its code cannot go into a bundle`)
  return readFileSync(join(folder, file))
}
