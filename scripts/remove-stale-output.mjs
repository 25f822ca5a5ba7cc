// The compiler leaves what it made of a source that has been moved or removed, and `npm pack` would take it along.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Files of `dist`, relative to it, whose source is no longer there. What is in `bundle` has none. */
export function staleOutput(folder) {
  const dist = join(folder, 'dist')
  if (!existsSync(dist)) return []
  return readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => {
    if (file.startsWith(`bundle${sep}`)) return false
    const [, stem, kind] = /^(.+?)(?:\.d)?\.([cm]?)[jt]s(?:\.map)?$/.exec(file) ?? []
    return stem !== undefined && !existsSync(join(folder, 'src', `${stem}.${kind}ts`))
  })
}

export function removeStaleOutput() {
  for (const { name } of readdirSync(join(root, 'packages'), { withFileTypes: true }).filter((e) => e.isDirectory())) {
    const folder = join(root, 'packages', name)
    for (const file of staleOutput(folder)) rmSync(join(folder, 'dist', file), { force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) removeStaleOutput()
