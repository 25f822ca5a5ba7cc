import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes `dir` what a process left that was killed, of the version that wrote format 4: the actions `ns/a` and `ns/b`, in
 * the database records 1 to 6, of which the last is large, in the journal 7 and 8, and provisional records of 8 and 9.
 */
export function writeFormat4(dir: string): void {
  const fixture = readFileSync(new URL('fixtures/format-4.json', import.meta.url), 'utf8')
  mkdirSync(dir, { recursive: true })
  for (const [file, content] of Object.entries(JSON.parse(fixture) as Record<string, string>)) {
    writeFileSync(join(dir, file), Buffer.from(content, 'base64'))
  }
}
