import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Processes that show `marker` in their command line, environment or working directory, as `pid: command line`. */
export function processesOf(marker: string): string[] {
  if (!existsSync('/proc/self/environ')) {
    const { stdout } = spawnSync('ps', ['-axo', 'pid,command'], { encoding: 'utf8' })
    return stdout.split('\n').filter((line) => line.includes(marker))
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => seen(pid).some((text) => text.includes(marker)))
    .map((pid) => `${pid}: ${read(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1')).replaceAll('\0', ' ')}`)
}

/** What anybody on the machine may see of a process: `ps`, and for the same user its environment. */
function seen(pid: string): string[] {
  return [
    read(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1')),
    read(() => readFileSync(`/proc/${pid}/environ`, 'latin1')),
    read(() => readlinkSync(`/proc/${pid}/cwd`)),
  ]
}

function read(look: () => string): string {
  try {
    return look()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    // It ended meanwhile, or belongs to somebody else.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return ''
    throw error
  }
}

/** Ends them at once. */
export function killProcessesOf(marker: string): void {
  for (const line of processesOf(marker)) {
    try {
      process.kill(Number.parseInt(line, 10), 'SIGKILL')
    } catch (error) {
      // It ended meanwhile.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
}
