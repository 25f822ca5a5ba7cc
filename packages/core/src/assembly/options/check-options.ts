import type * as z from '../../zod/index.ts'
import { ONCE } from '../../zod/once.ts'
import { PlatformError } from '../../errors.ts'
import { hasLevels, isLogger } from '../../plug-in/guarded-logger.ts'
import type { NodeOptions } from '../platform-options.ts'
import { checkPart, nounOf } from './check-part.ts'
import { isConsole } from './console-logger.ts'
import { optionsSchema } from './options-schema.ts'
import { PART_NAMES } from './part-methods.ts'
import { problems } from './problems.ts'

/** What is filled in and checked; everything else is as it was given. */
export type Settings = Pick<
  z.output<typeof optionsSchema>,
  'limits' | 'invoker' | 'maxWaiting' | 'userEvents' | 'disableStoreResult' | 'openTimeoutMs'
>

/**
 * Looks at everything that was given before anything is built.
 * @param caller as the message names it.
 * @throws ERR_CONFIG names each option, what is wrong with it, and what would be right.
 */
export function checkOptions(given: NodeOptions, caller: string, needsContainers: boolean): Settings {
  const refuse = (problem: string): never => {
    throw new PlatformError('ERR_CONFIG', `${caller}: ${problem}`)
  }
  const options: unknown = given
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return refuse(`give an object of options, not ${nounOf(options)}`)
  }
  const parsed = optionsSchema.safeParse(options, ONCE)
  if (!parsed.success) return refuse(problems(parsed.error, optionsSchema))
  for (const part of PART_NAMES) {
    if (given[part] !== undefined) checkPart(part, given[part])
  }
  if (needsContainers && given.containers === undefined) {
    refuse('containers: is needed: give memoryContainers(), or processContainers({ dir }) of @stemcell/spi-process')
  }
  checkLogger(given.logger, refuse)
  return parsed.data
}

function checkLogger(logger: unknown, refuse: (problem: string) => never): void {
  if (logger === undefined || isLogger(logger) || isConsole(logger)) return
  const fix =
    'give a pino logger, console, or { debug, info, warn, error, child }, each but child called (fields, message)'
  if (hasLevels(logger)) refuse(`logger: has no child(): ${fix}`)
  refuse(`logger: is ${nounOf(logger)} that cannot write debug, info, warn and error: ${fix}`)
}
