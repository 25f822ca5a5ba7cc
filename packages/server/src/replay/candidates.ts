import { PlatformError, problems, type LoadBalancer, type PoolPolicy } from '@stemcell/core'
import {
  BALANCERS,
  balancerOptions,
  createBalancer,
  createPolicy,
  POLICIES,
  policyOptions,
  type Candidate,
} from '@stemcell/schedulers'
import type { z } from '@stemcell/core/schema'
import { isLoadBalancer, isPoolPolicy, ownExport } from '../bench/own-export.ts'

/** Those that the command line names, with their options. @throws ERR_CONFIG there is none of the name, or not with these. */
export function schedulers(specs: readonly string[]): Promise<Candidate<LoadBalancer>[]> {
  return Promise.all(
    specs.map(async (spec) => {
      const { name, options } = parsed(spec)
      if (isFile(name)) {
        const hint = 'no load balancer; it has name and place'
        const facts = {
          command: 'replay',
          file: name,
          part: 'loadBalancer',
          options,
          isSound: isLoadBalancer,
          hint,
        } as const
        return { name: spec, create: await ownExport<LoadBalancer>(facts) }
      }
      const checked = check('scheduler', name, BALANCERS, balancerOptions, { balancer: name, ...options })
      // Also what its constructor checks.
      createBalancer(checked)
      return { name: spec, create: () => createBalancer(checked) }
    }),
  )
}

/** The same for pool policies. */
export function policies(specs: readonly string[]): Promise<Candidate<PoolPolicy>[]> {
  return Promise.all(
    specs.map(async (spec) => {
      const { name, options } = parsed(spec)
      if (isFile(name)) {
        const hint = 'no pool policy; it has the methods keepAlive, victim, reuseWait and stemCells'
        const facts = {
          command: 'replay',
          file: name,
          part: 'poolPolicy',
          options,
          isSound: isPoolPolicy,
          hint,
        } as const
        return { name: spec, create: await ownExport<PoolPolicy>(facts) }
      }
      const checked = check('policy', name, POLICIES, policyOptions, { policy: name, ...options })
      createPolicy(checked)
      return { name: spec, create: () => createPolicy(checked) }
    }),
  )
}

function check<T extends z.ZodType>(
  what: string,
  name: string,
  known: readonly string[],
  schema: T,
  options: unknown,
): z.output<T> {
  if (!known.includes(name)) {
    const list = known.join(', ')
    throw new PlatformError('ERR_CONFIG', `replay: there is no ${what} ${name}; there are ${list}, or name a file`)
  }
  const result = schema.safeParse(options)
  if (result.success) return result.data
  throw new PlatformError('ERR_CONFIG', `replay: ${what} ${name}: ${problems(result.error, schema)}`)
}

/** `name:option=value,…`; a value is what JSON makes of it. */
function parsed(spec: string): { readonly name: string; readonly options: Readonly<Record<string, unknown>> } {
  const [, name = spec, list] = /^(.*?)(?::([^:/\\]*=[^:]*))?$/s.exec(spec) ?? []
  const options = (list ?? '').split(',').filter((part) => part !== '')
  return {
    name,
    options: Object.fromEntries(
      options.map((option) => {
        const at = option.indexOf('=')
        if (at < 1) throw new PlatformError('ERR_CONFIG', `replay: '${option}' of ${spec} is not option=value`)
        return [option.slice(0, at), valueOf(option.slice(at + 1))]
      }),
    ),
  }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function isFile(name: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(name)
}
