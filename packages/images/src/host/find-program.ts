import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PlanOptions } from '../image-definition.ts'

const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin']

/** The file of a program: the given one, else the first in `PATH`, else one in a usual place. Undefined without one. */
export function findProgram(name: string, { programs }: PlanOptions = {}): string | undefined {
  const given = programs?.[name]
  if (given !== undefined) return given
  const folders = [...(process.env['PATH'] ?? '').split(':').filter((folder) => folder !== ''), ...USUAL_FOLDERS]
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    // Not in this folder, or not for this user.
    return false
  }
}
