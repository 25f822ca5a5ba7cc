export { CommandEnd, type Clock, type Context, type Output, type OwnServer, type Timer } from './context.ts'
export { cliPrograms } from './programs.ts'
export { joinValues } from './commands/join-values.ts'
