import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Context } from '../context.ts'

/** Shows text as a whole, page by page where the terminal is too low for it. */
export async function page(text: string, { stdout, environment }: Context): Promise<void> {
  const rows = stdout.rows ?? 0
  if (stdout.isTTY !== true || rows === 0 || text.split('\n').length <= rows) {
    stdout.write(text)
    return
  }
  const command = environment['PAGER'] ?? 'less -FRX'
  if (command === '' || !(await paged(command, text, environment))) stdout.write(text)
}

/** Whether there is such a pager. */
async function paged(command: string, text: string, environment: Context['environment']): Promise<boolean> {
  const [program = '', ...args] = command.split(' ')
  const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env: { ...environment } })
  try {
    await once(child, 'spawn')
  } catch {
    return false
  }
  const closed = once(child, 'close')
  // Whoever has seen enough leaves before the end.
  child.stdin.on('error', () => undefined)
  child.stdin.end(text)
  await closed
  return true
}
