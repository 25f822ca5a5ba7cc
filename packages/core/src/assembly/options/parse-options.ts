import type * as z from '../../zod/index.ts'
import { ONCE } from '../../zod/once.ts'
import { PlatformError } from '../../errors.ts'
import { problems } from './problems.ts'

/**
 * An adapter's options after defaults; `adapter` is the name of its package.
 * @throws ERR_CONFIG names the adapter, and each option that is wrong with its rule, never its value.
 */
export function parseOptions<S extends z.ZodType>(adapter: string, schema: S, options: unknown): z.output<S> {
  const parsed = schema.safeParse(options, ONCE)
  if (parsed.success) return parsed.data
  throw new PlatformError('ERR_CONFIG', `${adapter}: ${problems(parsed.error, schema)}`)
}
