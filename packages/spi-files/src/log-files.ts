import { open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** As OpenWhisk calls them, after the time of their beginning. */
const NAME = /^userlogs-(\d+)\.log$/
/** Logs are private to their users. */
const MODE = 0o600

/** A file of logs and, beside it, where in it the lines of which activation are. */
export interface LogFile {
  readonly log: string
  readonly index: string
}

/** The files of a folder, oldest first. */
export async function logFilesIn(dir: string): Promise<LogFile[]> {
  const times = (await readdir(dir)).flatMap((name) => NAME.exec(name)?.[1] ?? [])
  return times.toSorted((a, b) => Number(a) - Number(b)).map((time) => fileOf(dir, time))
}

/** Makes a file that nobody else has. */
export async function makeLogFile(
  dir: string,
  nowMs: number,
): Promise<{ readonly file: LogFile; readonly log: FileHandle; readonly index: FileHandle }> {
  for (let time = nowMs; ; time++) {
    const file = fileOf(dir, String(time))
    const log = await open(file.log, 'wx', MODE).catch((error: unknown) => {
      if (isSystemError(error, 'EEXIST')) return undefined
      throw error
    })
    if (!log) continue
    try {
      return { file, log, index: await open(file.index, 'w', MODE) }
    } catch (error) {
      await log.close()
      await rm(file.log, { force: true })
      throw error
    }
  }
}

export async function removeLogFile({ log, index }: LogFile): Promise<void> {
  await rm(log, { force: true })
  await rm(index, { force: true })
}

export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function fileOf(dir: string, time: string): LogFile {
  return { log: join(dir, `userlogs-${time}.log`), index: join(dir, `userlogs-${time}.index`) }
}
