import { SeverableProxy } from '../../../test/severable-proxy.ts'
import { removeKeys, uniquePrefix } from './redis-keys.ts'

interface Place {
  readonly keyPrefix: string
  readonly proxy: SeverableProxy
}

/** For short outages: what does not answer is given up soon. */
const TIMEOUTS = { connectTimeoutMs: 2000, commandTimeoutMs: 2000 }

/** Subjects of which each has a way of its own to one Redis, which can be cut: hooks of a conformance kit. */
export function cutOffFrom<S extends object>(
  url: string,
  build: (options: { readonly url: string; readonly keyPrefix: string } & typeof TIMEOUTS) => S,
) {
  const places = new WeakMap<S, Place>()
  const create = async (keyPrefix = uniquePrefix()): Promise<S> => {
    const { hostname, port } = new URL(url)
    const proxy = await SeverableProxy.to({ host: hostname, port: Number(port || 6379) })
    const own = Object.assign(new URL(url), { host: `127.0.0.1:${proxy.port}` }).href
    const subject = build({ url: own, keyPrefix, ...TIMEOUTS })
    places.set(subject, { keyPrefix, proxy })
    return subject
  }
  return {
    create: () => create(),
    another: (subject: S) => create(places.get(subject)!.keyPrefix),
    disrupt: async (subject: S) => places.get(subject)!.proxy.cut(),
    restore: async (subject: S) => places.get(subject)!.proxy.mend(),
    destroy: async (subject: S) => {
      const { keyPrefix, proxy } = places.get(subject)!
      await proxy.close()
      await removeKeys(url, keyPrefix)
    },
  }
}
