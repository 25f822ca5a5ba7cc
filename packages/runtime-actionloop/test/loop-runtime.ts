import { execFileSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished, test } from 'vitest'
import { type RuntimeProcess, startRuntime } from '../../runtime-nodejs/test/runtime-process.ts'
import { type Mode, runtimePath } from '../src/index.ts'

export { type Answer, eventually, type RuntimeProcess, SENTINEL } from '../../runtime-nodejs/test/runtime-process.ts'

/** The built program in one of its modes, on a unix socket of its own; it ends with the test. */
export function startLoop(
  mode: Mode,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<RuntimeProcess> {
  const python = mode === 'python' ? { STEMCELL_PYTHON: realPython() } : {}
  return startRuntime({ program: [runtimePath, mode], env: { ...python, ...env }, args })
}

let found: string | undefined

/** What `python3` leads to: on some hosts it is a script that first looks for a version. */
export function realPython(): string {
  if (!onPath('python3')) return 'python3'
  return (found ??= execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim())
}

/** Ends the runtime and returns all that it printed. */
export async function stopped(runtime: RuntimeProcess): Promise<{ stdout: string; stderr: string }> {
  runtime.child.kill('SIGTERM')
  await runtime.exited()
  return { stdout: runtime.stdout().toString(), stderr: runtime.stderr().toString() }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'actionloop-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function onPath(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(path.join(folder, tool), constants.X_OK)
      return true
    } catch {
      // Not in this folder.
      return false
    }
  })
}

/** A test that needs a program of the host; without it the test is skipped and it is said why. */
export function testWith(tool: string, title: string, body: () => Promise<void>, timeout = 30_000): void {
  if (onPath(tool)) return test(title, { timeout }, body)
  const reason = `there is no ${tool} on this host`
  process.stdout.write(`skipped ${title}: ${reason}\n`)
  test.skip(`${title} (${reason})`)
}

/** A program in the actionloop protocol that answers each line with what `body`, shell code, prints on descriptor 3. */
export function shellLoop(body: string, before = ''): string {
  return `#!/bin/sh\n${before}\nwhile IFS= read -r line; do\n${body}\ndone\n`
}

export const ECHO_LOOP = shellLoop(`printf '%s\\n' "$line" >&3`)
