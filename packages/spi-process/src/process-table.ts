import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Linux shows every process as files; elsewhere `ps` answers the few questions it can. */
export const hasProc: boolean = process.platform === 'linux'

const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'])

/** The system had no descriptor or memory left for a look; a later one may succeed. */
export function isExhausted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && EXHAUSTED.has(String(error.code))
}

/** A text that no later process with the same id shares; undefined when there is no such process. */
export function startOf(pid: number): string | undefined {
  if (!hasProc) return ps(pid, 'lstart=')
  return statOf(pid)?.[19]
}

/** Stopped by a signal, as a suspended container is. */
export function isStopped(pid: number): boolean {
  return /^[Tt]/.test(stateOf(pid) ?? '')
}

/** One letter, as in `ps`; undefined when there is no such process, or only what its parent has not looked at. */
export function stateOf(pid: number): string | undefined {
  return hasProc ? statOf(pid)?.[0] : ps(pid, 'state=')
}

/** Memory that processes have for themselves, in bytes; those that are gone have none. */
export function memoryOf(pids: Iterable<number>): number {
  let bytes = 0
  for (const pid of pids) {
    const status = read(`/proc/${pid}/status`)
    if (status !== undefined) bytes += (kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem')) * 1024
  }
  return bytes
}

/** Children of the first thread and theirs: all that most programs have, for a fraction of the effort. */
export function mainDescendantsOf(pid: number): number[] {
  return childrenOfThread(pid, pid).flatMap((child) => [child, ...mainDescendantsOf(child)])
}

/** What a process and its descendants started and did not leave to others by ending. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])
}

/** Each thread has children of its own. */
function childrenOf(pid: number): number[] {
  return entriesOf(`/proc/${pid}/task`).flatMap((thread) => childrenOfThread(pid, thread))
}

function childrenOfThread(pid: number, thread: number | string): number[] {
  const children = read(`/proc/${pid}/task/${thread}/children`)?.trim() ?? ''
  return children === '' ? [] : children.split(' ').map(Number)
}

/** Processes whose environment contains one of the marks, in whatever session or group they hide. */
export function processesMarked(marks: ReadonlySet<string>): number[] {
  if (!hasProc) return []
  const found: number[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const environment = read(`/proc/${name}/environ`)
    if (environment !== undefined && environment.split('\0').some((entry) => marks.has(entry))) found.push(Number(name))
  }
  return found
}

/** Sends a signal to a process, or to a group if `pid` is negative; false when there is nobody to receive it. */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

/** Whether a process is gone with all of its threads: the first one may have ended before others. */
export function hasEnded(pid: number, start: string): boolean {
  if (!hasProc) return startOf(pid) !== start
  const fields = fieldsOf(pid)
  return fields === undefined || fields[19] !== start || (isZombie(fields) && Number(fields[17]) <= 1)
}

function statOf(pid: number): string[] | undefined {
  const fields = fieldsOf(pid)
  return fields && isZombie(fields) ? undefined : fields
}

/** The fields after the command name, which may itself contain blanks and brackets: state first. */
function fieldsOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** An entry that its parent has not looked at, and no process any more. */
function isZombie([state]: readonly string[]): boolean {
  return state === 'Z' || state === 'X'
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

export function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.has(String(error.code))
}

function ps(pid: number, field: string): string | undefined {
  const text = spawnSync('ps', ['-o', field, '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim()
  return text === '' ? undefined : text
}
