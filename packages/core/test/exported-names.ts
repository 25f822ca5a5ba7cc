import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** A name that a package exports, with the file and the lines where it is declared. */
export interface ExportedName {
  readonly name: string
  readonly file: string
  /** The doc comment before it; undefined when there is none. */
  readonly comment: string | undefined
}

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function\*?|interface|type|const|let) ([A-Za-z_$][\w$]*)/
const LIST = /^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?/gm
const STAR = /^export (?:type )?\* from '([^']+)'/gm

/** What the file exports, of its own and of those that it passes on. */
export function exportedNames(file: string): readonly ExportedName[] {
  const text = readFileSync(file, 'utf8')
  const names = declared(file, text)
  for (const [, from] of text.matchAll(STAR)) names.push(...exportedNames(resolve(dirname(file), from!)))
  for (const [, list, from] of text.matchAll(LIST)) {
    if (from !== undefined && !from.startsWith('.')) continue
    const available = from === undefined ? declared(file, text) : exportedNames(resolve(dirname(file), from))
    for (const [original, name] of namesOf(list!)) {
      const found = available.find((one) => one.name === original)
      names.push(found ? { ...found, name } : { name, file, comment: undefined })
    }
  }
  return names
}

function namesOf(list: string): [original: string, name: string][] {
  return list
    .split(',')
    .map((part) => part.trim().replace(/^type /, ''))
    .filter((part) => part !== '')
    .map((part) => {
      const [original, name = original] = part.split(/ as /)
      return [original!, name!]
    })
}

function declared(file: string, text: string): ExportedName[] {
  const lines = text.split('\n')
  const found = new Map<string, ExportedName>()
  for (const [at, line] of lines.entries()) {
    const name = DECLARATION.exec(line)?.[1]
    if (name === undefined) continue
    const comment = commentBefore(lines, at)
    // Of overloads, and of a type and a value of one name, one comment is enough.
    if (!found.get(name)?.comment) found.set(name, { name, file, comment })
  }
  return [...found.values()]
}

function commentBefore(lines: readonly string[], at: number): string | undefined {
  if (!lines[at - 1]?.trimEnd().endsWith('*/')) return undefined
  let from = at - 1
  while (from > 0 && !lines[from]!.includes('/**')) {
    if (/^\S/.test(lines[from]!) && !/^\s*\*|\*\/$/.test(lines[from]!)) return undefined
    from--
  }
  return lines.slice(from, at).join('\n')
}
