import type { Command } from 'commander'
import type { Context } from './context.ts'
import { projectPrograms } from './project-programs.ts'
import { wskPrograms } from './wsk-programs.ts'

/** The commands for users: projects, watching, and what `wsk` has for every day. They do their work when parsed. */
export function cliPrograms(context: Context): Command[] {
  return [...projectPrograms(context), ...wskPrograms(context)]
}
