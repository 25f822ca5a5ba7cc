import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes packages visible to `require` and `import` from every folder below `folder`: as links, which Node.js follows
 * before it looks for what a package needs itself. The folders of `own` come before those of `preinstalled`.
 */
export function offerPackages(
  folder: string,
  preinstalled: Readonly<Record<string, string>>,
  own: string | undefined,
): void {
  const place = join(folder, 'node_modules')
  mkdirSync(place, { mode: 0o700 })
  const offered = own === undefined || !existsSync(own) ? [] : packagesIn(own)
  const links = new Map(Object.entries(preinstalled))
  for (const name of offered) links.set(name, join(own!, name))
  for (const [name, target] of links) {
    if (name.includes('/')) mkdirSync(join(place, name, '..'), { recursive: true, mode: 0o700 })
    symlinkSync(target, join(place, name))
  }
}

function packagesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(folder, name)).map((inScope) => `${name}/${inScope}`) : [name],
    )
}
