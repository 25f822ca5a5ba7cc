import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { onPath } from '../../../test/test-with.ts'
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

/** A program in the actionloop protocol that answers each line with what `body`, shell code, prints on descriptor 3. */
export function shellLoop(body: string, before = ''): string {
  return `#!/bin/sh\n${before}\nwhile IFS= read -r line; do\n${body}\ndone\n`
}

export const ECHO_LOOP = shellLoop(`printf '%s\\n' "$line" >&3`)
