import { adapterContext, PlatformError } from '@stemcell/core'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A part of a platform that a file of the user's exports by default. */
export interface OwnExport {
  /** Of the command that it is for. */
  readonly command: string
  readonly file: string
  /** Name of the option in `assemble()`. */
  readonly part: 'loadBalancer' | 'poolPolicy'
  readonly options?: unknown
  readonly isSound: (part: unknown) => boolean
  /** What the export should have been. */
  readonly hint: string
}

/**
 * How to make one of whatever the file exports to say so: an adapter, the part itself, a function or a class that makes it.
 * @throws ERR_CONFIG it cannot be loaded, or exports something else.
 */
export async function ownExport<T>({ command, file, part, options, isSound, hint }: OwnExport): Promise<() => T> {
  let exported: unknown
  try {
    exported = ((await import(pathToFileURL(resolve(file)).href)) as { readonly default?: unknown }).default
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `${command}: ${file} cannot be loaded: ${message}`, { cause })
  }
  const create = (): unknown => made(exported, part, options)
  if (!isSound(create())) throw new PlatformError('ERR_CONFIG', `${command}: ${file} exports ${hint}`)
  return () => create() as T
}

function made(exported: unknown, part: OwnExport['part'], options: unknown): unknown {
  if (typeof exported === 'function') {
    return isClass(exported)
      ? new (exported as new (options: unknown) => unknown)(options)
      : made((exported as (options: unknown) => unknown)(options), part, options)
  }
  if (typeof exported !== 'object' || exported === null) return exported
  if ('provides' in exported) {
    const { [part]: found } = exported.provides as Record<string, { create(options: unknown): unknown } | undefined>
    return found && made(found.create(options ?? {}), part, options)
  }
  if ('build' in exported && typeof exported.build === 'function') {
    return (exported.build as (context: unknown) => unknown)(adapterContext())
  }
  return exported
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value))
}

export function isLoadBalancer(part: unknown): boolean {
  return hasMethods(part, ['place']) && 'name' in (part as object)
}

export function isPoolPolicy(part: unknown): boolean {
  return hasMethods(part, ['keepAlive', 'victim', 'reuseWait', 'stemCells'])
}

function hasMethods(part: unknown, names: readonly string[]): boolean {
  if (typeof part !== 'object' || part === null) return false
  return names.every((name) => typeof (part as Record<string, unknown>)[name] === 'function')
}
