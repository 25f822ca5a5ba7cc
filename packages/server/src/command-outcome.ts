import { CommandEnd } from '@stemcell/cli'
import { AdministrationError, isPlatformError } from '@stemcell/core'
import { CommandFailure } from './admin/command-failure.ts'

/** The message of a platform's own error names what to change; anything else is a defect and shows where. */
export function explain(error: unknown, isAdmin: boolean): string {
  if (error instanceof AdministrationError) return isAdmin ? error.message : `stemcell: ${error.message}`
  if (isPlatformError(error)) return `stemcell: ${error.message}`
  if (error instanceof CommandEnd) return error.message === '' ? '' : `error: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

export function exitCodeOf(error: unknown): number {
  return error instanceof CommandFailure || error instanceof CommandEnd ? error.exitCode : 1
}
