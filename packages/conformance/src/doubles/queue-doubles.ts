import {
  bytesBody,
  MemoryQueue,
  PlatformError,
  SystemClock,
  type Delivery,
  type MessageBody,
  type MessageHandler,
  type PublishOptions,
  type Queue,
  type SubscribeOptions,
} from '@stemcell/core'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import { SimulatedQueue, type QueueFlaws } from './simulated-queue.ts'

/** A memory queue with one part replaced. */
function broken(change: (real: MemoryQueue) => Partial<Queue>): () => Queue {
  return () => {
    const real = new MemoryQueue()
    return {
      capabilities: real.capabilities,
      open: () => real.open(),
      close: () => real.close(),
      ensureTopic: (topic, settings) => real.ensureTopic(topic, settings),
      publish: (topic, body, options) => real.publish(topic, body, options),
      subscribe: (topic, options, handler) => real.subscribe(topic, options, handler),
      ...change(real),
    }
  }
}

type Publish = { readonly topic: string; readonly body: MessageBody; readonly options?: PublishOptions }

function publishing(map: (publish: Publish) => Publish | undefined): () => Queue {
  return broken((real) => ({
    publish: async (topic, body, options) => {
      const mapped = map({ topic, body, ...(options ? { options } : {}) })
      if (mapped) await real.publish(mapped.topic, mapped.body, mapped.options)
    },
  }))
}

function subscribing(map: (options: SubscribeOptions) => SubscribeOptions): () => Queue {
  return broken((real) => ({
    subscribe: (topic, options, handler) => real.subscribe(topic, map(options), handler),
  }))
}

function handling(wrap: (handler: MessageHandler, options: SubscribeOptions) => MessageHandler): () => Queue {
  return broken((real) => ({
    subscribe: (topic, options, handler) => real.subscribe(topic, options, wrap(handler, options)),
  }))
}

function flawed(flaws: QueueFlaws): () => Queue {
  return () => new SimulatedQueue(flaws)
}

let serial = 0
const withoutKey = publishing(({ topic, body }) => ({ topic, body }))
const clock = new SystemClock()

/** Closing it loses all that is in it. */
function forgetful(): Queue {
  let real = new MemoryQueue()
  return {
    capabilities: real.capabilities,
    open: () => real.open(),
    close: async () => {
      await real.close()
      real = new MemoryQueue()
    },
    ensureTopic: (topic) => real.ensureTopic(topic),
    publish: (topic, body) => real.publish(topic, body),
    subscribe: (topic, options, handler) => real.subscribe(topic, options, handler),
  }
}

export const queueDoubles: BrokenDoubles<Queue> = {
  'queue.calls-nobody-before-publishing-returned': broken((real) => {
    const handlers: MessageHandler[] = []
    return {
      publish: (_topic, body) => {
        for (const handler of handlers) void handler({ body, attempt: 1, signal: new AbortController().signal })
      },
      subscribe: (topic, options, handler) => {
        handlers.push(handler)
        return real.subscribe(topic, options, handler)
      },
    }
  }),
  'queue.delivers-equal-bytes': publishing(({ topic, body }) => ({
    topic,
    body: bytesBody(Buffer.from(Buffer.from(body.bytes()).toString('utf8'))),
  })),
  'queue.carries-large-bodies': publishing((publish) => (publish.body.bytes().length > 65_536 ? undefined : publish)),
  'queue.refuses-too-large-bodies': broken((real) => ({
    capabilities: { ...real.capabilities, maxBodyBytes: 1000 },
  })),
  'queue.hands-over-by-reference': publishing(({ topic, body }) => ({ topic, body: bytesBody(body.bytes()) })),
  'queue.every-group-sees-every-message': subscribing((options) => ({ ...options, group: 'all' })),
  'queue.one-subscriber-of-a-group-gets-a-message': subscribing((options) => ({ ...options, group: `${serial++}` })),
  'queue.topics-are-separate': broken((real) => ({
    publish: (_topic, body) => real.publish('one', body),
    subscribe: (_topic, options, handler) => real.subscribe('one', options, handler),
  })),
  'queue.keeps-messages-while-the-group-is-away': subscribing((options) => ({ ...options, group: `${serial++}` })),
  'queue.acknowledged-messages-stay-away': broken((real) => {
    const published: MessageBody[] = []
    return {
      publish: (topic, body) => {
        published.push(body)
        return real.publish(topic, body)
      },
      subscribe: async (topic, options, handler) => {
        const { signal } = new AbortController()
        for (const body of published) await handler({ body, attempt: 2, signal })
        return real.subscribe(topic, options, handler)
      },
    }
  }),
  'queue.a-closed-subscription-gets-nothing': broken((real) => ({
    subscribe: async (topic, options, handler) => {
      await real.subscribe(topic, options, handler)
      return { close: async () => undefined }
    },
  })),
  'queue.redelivers-after-rejection': handling((handler) => async (delivery) => {
    await Promise.resolve(handler(delivery)).catch(() => undefined)
  }),
  'queue.redelivers-after-a-synchronous-throw': handling((handler) => (delivery) => {
    try {
      return handler(delivery)
    } catch {
      return undefined
    }
  }),
  'queue.does-not-count-what-was-released': handling((handler) => async (delivery) => {
    try {
      await handler(delivery)
    } catch (cause) {
      throw new Error('counted', { cause })
    }
  }),
  'queue.redelivers-what-is-repeatable': handling((handler, { repeatable }) => (delivery) => {
    const outcome = handler(delivery)
    return repeatable ? Promise.resolve(outcome).catch(() => undefined) : outcome
  }),
  'queue.waits-before-redelivery': subscribing((options) => ({ ...options, redeliverAfterMs: 0 })),
  'queue.redelivery-holds-up-nothing-behind': handling((handler, { redeliverAfterMs = 0 }) => async (delivery) => {
    for (;;) {
      try {
        return await handler(delivery)
      } catch (error) {
        await clock.sleep(redeliverAfterMs, delivery.signal)
        if (delivery.signal.aborted) throw error
      }
    }
  }),
  'queue.survives-a-poison-message': handling((handler) => async (delivery) => {
    if (delivery.attempt < 4) await handler(delivery)
  }),
  'queue.returns-unfinished-messages': handling((handler) => async (delivery) => {
    try {
      await handler(delivery)
    } catch (error) {
      if (!delivery.signal.aborted) throw error
    }
  }),
  'queue.keeps-the-order-of-a-key': withoutKey,
  'queue.redelivery-keeps-the-order-of-a-key': withoutKey,
  'queue.respects-concurrency': subscribing((options) => ({ ...options, concurrency: options.concurrency + 1 })),
  'queue.a-slow-group-holds-up-no-other': broken((real) => {
    let last: Promise<void> = Promise.resolve()
    return {
      subscribe: (topic, options, handler) =>
        real.subscribe(topic, options, (delivery: Delivery) => {
          last = last.then(() => handler(delivery))
          return last
        }),
    }
  }),
  'queue.carries-100000-messages': broken((real) => {
    let count = 0
    return {
      publish: async (topic, body, options) => {
        if (++count !== 77_777) await real.publish(topic, body, options)
      },
    }
  }),
  'queue.refuses-when-closed': broken((real) => ({
    publish: async (topic, body) => {
      await Promise.resolve(real.publish(topic, body)).catch(() => undefined)
    },
  })),
  'queue.opens-and-closes-repeatedly': broken((real) => {
    let opened: Promise<void> | undefined
    return { open: () => (opened ??= real.open()) }
  }),
  'queue.keeps-messages-over-closing-and-opening': forgetful,
  'queue.keeps-what-was-rejected-over-closing-and-opening': forgetful,
  'queue.closing-a-subscription-waits-for-its-handlers': broken((real) => ({
    subscribe: async (topic, options, handler) => {
      const subscription = await real.subscribe(topic, options, handler)
      return {
        close: async () => {
          void subscription.close()
        },
      }
    },
  })),
  'queue.closing-waits-for-handlers': broken((real) => ({
    close: async () => {
      void real.close()
    },
  })),
  'queue.closing-survives-failed-handlers': broken((real) => {
    const failures: unknown[] = []
    return {
      subscribe: (topic, options, handler) =>
        real.subscribe(topic, options, async (delivery) => {
          try {
            await handler(delivery)
          } catch (error) {
            failures.push(error)
            throw error
          }
        }),
      close: async () => {
        await real.close()
        const [first] = failures.splice(0)
        if (first) throw first
      },
    }
  }),
  'queue.refuses-impossible-subscriptions': subscribing(({ group }) => ({ group: group || 'g', concurrency: 1 })),
  'queue.ensures-topics-repeatedly': broken((real) => {
    const topics = new Set<string>()
    return {
      ensureTopic: async (topic) => {
        if (topics.has(topic)) throw new PlatformError('ERR_CONFLICT', `topic ${topic} exists`)
        topics.add(topic)
        await real.ensureTopic(topic)
      },
    }
  }),
  'queue.takes-every-name-that-is-allowed': flawed({ takesFewNames: true }),
  'queue.refuses-impossible-names': flawed({ takesAnyName: true }),
  'queue.takes-keys-of-any-text-up-to-their-length': flawed({ takesLongKeys: true }),
  'queue.runs-as-many-handlers-as-it-may': flawed({ holdsFewer: true }),
  'queue.leaves-what-it-cannot-run-to-others': flawed({ holdsMore: true }),
  'queue.holds-on-to-a-message-as-long-as-its-handler-runs': flawed({ renewsNoLease: true }),
  'queue.invents-nothing-while-idle': flawed({ inventsMessages: true }),
  'queue.waits-before-redelivering-what-was-released': flawed({ releasesAtOnce: true }),
  'queue.a-group-begins-when-it-subscribes': flawed({ beginsEarlier: true }),
  'queue.carries-between-processes': flawed({ sharesNothing: true }),
  'queue.processes-share-a-group': flawed({ sharesNoGroup: true }),
  'queue.makes-topics-with-the-settings-asked-for': flawed({ ensuresNothing: true }),
  'queue.leaves-existing-topics-as-they-are': flawed({ changesTopics: true }),
  'queue.publishes-nothing-that-was-not-accepted': flawed({ publishesIntoTheVoid: true }),
  'queue.ensures-no-topic-without-its-backend': flawed({ ensuresAlways: true }),
  'queue.subscribes-nobody-without-its-backend': flawed({ failsPlainly: true }),
  'queue.opening-says-when-its-backend-is-away': flawed({ opensAlways: true }),
  'queue.redelivers-what-was-acknowledged-too-late': flawed({ abortsNothing: true }),
}
