import type { Activation, ActivationScope } from './activation-scope.ts'
import { PREFIX } from './call-metadata.ts'

/** Puts the metadata of a call where actions look for it: `process.env.__OW_*`. */
export interface RunEnvironment {
  apply(call: Activation): void
}

/**
 * For one call at a time. What the last call set and this one does not is put back, above all its API key. As long as
 * nobody has asked for `process.env`, nor loaded native code that could look by itself, nothing is set at all: to set
 * seven variables for each call costs more than a small action does. Who has asked may keep the object, so from then on
 * every call sets its own.
 */
export function sharedEnvironment(): RunEnvironment {
  const { env } = process
  const dlopen: unknown = Reflect.get(process, 'dlopen')
  let latest: Activation | undefined
  let looked = false
  const set = restoringSetter(env)
  const look = (): void => {
    if (looked) return
    looked = true
    keep(process, 'env', env)
    keep(process, 'dlopen', dlopen)
    if (latest) set(latest.env)
    latest = undefined
  }
  onLook(process, 'env', env, look)
  onLook(process, 'dlopen', dlopen, look)
  return {
    apply(call) {
      if (looked) set(call.env)
      else latest = call
    },
  }
}

function onLook(owner: object, name: string, value: unknown, look: () => void): void {
  Object.defineProperty(owner, name, {
    configurable: true,
    enumerable: true,
    get() {
      look()
      return value
    },
    set(other: unknown) {
      look()
      keep(owner, name, other)
    },
  })
}

function keep(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { configurable: true, enumerable: true, writable: true, value })
}

function restoringSetter(env: NodeJS.ProcessEnv): (values: ReadonlyMap<string, string>) => void {
  const before = new Map<string, string | undefined>()
  return (values) => {
    for (const [name, value] of before) {
      if (values.has(name)) continue
      if (value === undefined) delete env[name]
      else env[name] = value
      before.delete(name)
    }
    for (const [name, value] of values) {
      if (!before.has(name)) before.set(name, env[name])
      env[name] = value
    }
  }
}

/** For calls that overlap: `process.env` answers `__OW_*` from the call that asks. */
export function scopedEnvironment(scope: ActivationScope): RunEnvironment {
  const own = (name: string | symbol): Map<string, string> | undefined =>
    typeof name === 'string' && name.startsWith(PREFIX) ? scope.owner()?.env : undefined

  process.env = new Proxy(process.env, {
    get: (env, name) => own(name)?.get(String(name)) ?? Reflect.get(env, name),
    has: (env, name) => own(name)?.has(String(name)) || Reflect.has(env, name),
    set(env, name, value) {
      const values = own(name)
      if (!values) return Reflect.set(env, name, value)
      values.set(String(name), String(value))
      return true
    },
    deleteProperty(env, name) {
      const values = own(name)
      if (!values) return Reflect.deleteProperty(env, name)
      values.delete(String(name))
      return true
    },
    ownKeys: (env) => [...new Set([...Reflect.ownKeys(env), ...(scope.owner()?.env.keys() ?? [])])],
    getOwnPropertyDescriptor(env, name) {
      const value = own(name)?.get(String(name))
      if (value === undefined) return Reflect.getOwnPropertyDescriptor(env, name)
      return { value, writable: true, enumerable: true, configurable: true }
    },
  })
  return { apply() {} }
}

/** Unlike OpenWhisk's runtime this keeps `0`, `false` and `null` apart from the empty string. */
export function setInitEnvironment(env: NodeJS.ProcessEnv, values: unknown): void {
  if (typeof values !== 'object' || values === null) return
  for (const [name, value] of Object.entries(values)) {
    if (name === '' || name.includes('=') || name.includes('\0')) continue
    env[name] = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  }
}
