import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { test } from 'vitest'

/** Where the processes of actions look for programs unless they are told otherwise. */
export const ACTION_PATH = '/usr/local/bin:/usr/bin:/bin'

export interface TestWithOptions {
  readonly timeout?: number
  /** Folders to look in, as in PATH. Default: PATH. */
  readonly path?: string
}

/** Whether the host has this program. */
export function onPath(tool: string, searchPath: string = process.env['PATH'] ?? ''): boolean {
  return searchPath.split(':').some((folder) => {
    try {
      accessSync(path.join(folder, tool), constants.X_OK)
      return true
    } catch {
      // Not in this folder.
      return false
    }
  })
}

/** A test that needs a program of the host. Without it the test is skipped, and it is printed why. */
export function testWith(tool: string, title: string, body: () => Promise<void>, options: TestWithOptions = {}): void {
  if (onPath(tool, options.path)) return test(title, { timeout: options.timeout ?? 30_000 }, body)
  const reason = `there is no ${tool} in ${options.path ?? 'PATH'}`
  process.stdout.write(`skipped ${title}: ${reason}\n`)
  test.skip(`${title} (${reason})`)
}
