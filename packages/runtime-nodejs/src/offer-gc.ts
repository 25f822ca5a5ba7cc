/**
 * Actions find `gc`, as in OpenWhisk's images, which start Node.js with `--expose-gc`. The flag itself would make V8
 * refuse the code cache of Node's own modules: so it is set for as long as it takes, once somebody asks.
 */
export function offerGc(): void {
  const keep = (value: unknown): void => {
    Object.defineProperty(globalThis, 'gc', { value, configurable: true, writable: true, enumerable: false })
  }
  Object.defineProperty(globalThis, 'gc', {
    configurable: true,
    enumerable: false,
    get: () => {
      const gc = exposedGc()
      keep(gc)
      return gc
    },
    set: keep,
  })
}

function exposedGc(): unknown {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  setFlagsFromString('--expose-gc')
  try {
    return process.getBuiltinModule('node:vm').runInNewContext('gc')
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}
