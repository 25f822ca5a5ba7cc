import { adapterContext, type ActivationStore, type Adapter, type DocumentStore, type Lifecycle } from '@stemcell/core'
import { activationOutageCases, documentOutageCases } from '@stemcell/conformance'
import {
  runActivationStoreConformance,
  runConformance,
  runEntityStoreConformance,
  runSubjectStoreConformance,
} from '@stemcell/conformance/vitest'
import { redisStores, type RedisStores } from '@stemcell/spi-redis'
import { describeWith } from '../../../test/describe-with.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import { cutOffFrom } from './cut-off.ts'
import { removeKeys, uniquePrefix, withRedis } from './redis-keys.ts'

const { documents, activations } = new ReadmeTables(new URL('../README.md', import.meta.url))

describeWith('redis', 'the stores on Redis', (url) => {
  runEntityStoreConformance('redis', { ...onTheirOwn(({ entityStore }) => entityStore), capabilities: documents })
  runSubjectStoreConformance('redis', { ...onTheirOwn(({ subjectStore }) => subjectStore), capabilities: documents })
  runActivationStoreConformance('redis', {
    ...onTheirOwn(({ activationStore }) => activationStore),
    capabilities: activations,
  })
  runConformance<DocumentStore>(
    'EntityStore',
    'redis that is cut off',
    documentOutageCases,
    cutOffFrom<DocumentStore>(url, (options) => redisStores(options).entityStore.build(adapterContext())),
  )
  runConformance<ActivationStore>(
    'ActivationStore',
    'redis that is cut off',
    activationOutageCases,
    cutOffFrom<ActivationStore>(url, (options) => redisStores(options).activationStore.build(adapterContext())),
  )

  /** Each case gets a key prefix of its own. */
  function onTheirOwn<S extends Lifecycle>(pick: (stores: RedisStores) => Adapter<S>) {
    const prefixes = new WeakMap<S, string>()
    const build = (keyPrefix: string): S => {
      const store = pick(redisStores({ url, keyPrefix })).build(adapterContext())
      prefixes.set(store, keyPrefix)
      return store
    }
    return {
      create: () => build(uniquePrefix()),
      reopen: (closed: S) => build(prefixes.get(closed)!),
      damage: (closed: S, id: string) =>
        withRedis(url, async (redis) => {
          const keys = (await redis.keys(`*${prefixes.get(closed)!}*`)).filter((key) => key.endsWith(id))
          for (const key of keys) if ((await redis.type(key)) === 'string') await redis.set(key, '{"half":')
        }),
      destroy: (store: S) => removeKeys(url, prefixes.get(store)!),
    }
  }
})
