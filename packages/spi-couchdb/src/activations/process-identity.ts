import { readFileSync } from 'node:fs'

/** Whether a process with this number runs, and, where the system tells, began at the same moment. */
export function isStillRunning({
  pid,
  startTime,
}: {
  readonly pid: number
  readonly startTime?: string | undefined
}): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EPERM') return false
  }
  // Numbers are given again, after a restart of the machine often the same to others.
  const present = startTimeOf(pid)
  return startTime === undefined || present === undefined || present === startTime
}

/** In ticks since the start of the system; undefined where there is no `/proc`. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is a name in parentheses, which may have blanks; this one is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    // Other systems have no such file.
    return undefined
  }
}
