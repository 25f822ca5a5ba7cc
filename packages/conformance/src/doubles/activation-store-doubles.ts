import {
  activationJson,
  activationText,
  PlatformError,
  readActivation,
  type Activation,
  type ActivationQuery,
  type ActivationStore,
  type JsonObject,
} from '@stemcell/core'
import { brokenActivations as broken, omit, turn } from './broken-store.ts'
import type { BrokenDoubles } from '../kit/bite-suite.ts'

const SMALL = { durable: false, maxRecordBytes: 2000 }

type ListQuery = ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: boolean }
type Row = Readonly<Record<string, unknown>> | Activation

export const activationStoreDoubles: BrokenDoubles<ActivationStore> = {
  'record.is-returned-as-put': broken((real) => ({
    put: (activation: Activation) => real.put(omit(activation, 'cause')),
  })),
  'record.numbers-are-as-they-were-written': broken((real) => ({
    put: (activation: Activation) => real.put(withDoubles(activation)),
  })),
  'record.absent-is-undefined': broken((real) => ({
    get: async (namespace: string, id: string) =>
      (await real.get(namespace, id)) ?? (await real.get(namespace.replace('-other', ''), id)),
  })),
  'record.first-one-stays': broken((real) => {
    const latest = new Map<string, Activation>()
    return {
      put(activation: Activation) {
        latest.set(activation.activationId, activation)
        return real.put(activation)
      },
      get: async (_: string, id: string) => latest.get(id),
    }
  }),
  'record.one-of-many-writers-is-first': broken((real) => ({
    async put(activation: Activation) {
      const seen = await real.get(activation.namespace, activation.activationId)
      await turn()
      await real.put(activation)
      return seen ? 'exists' : 'stored'
    },
  })),
  'record.same-id-in-another-namespace-is-another': broken((real) => {
    const ids = new Set<string>()
    return {
      async put(activation: Activation) {
        if (ids.has(activation.activationId)) return 'exists'
        ids.add(activation.activationId)
        return real.put(activation)
      },
    }
  }),
  'record.thousand-at-once-are-all-there': broken((real) => {
    let waiting = 0
    return {
      async put(activation: Activation) {
        if (waiting >= 500) return 'stored'
        waiting++
        await turn()
        waiting--
        return real.put(activation)
      },
    }
  }),
  'record.several-in-one-call-are-each-stored': broken((real) => ({
    async putAll(activations: readonly Activation[]) {
      const [last, ...others] = await real.putAll(activations.toReversed())
      return last === undefined ? [] : [...others.toReversed(), last]
    },
  })),
  'record.one-of-several-that-is-too-large-is-told': broken((real) => ({
    capabilities: SMALL,
    putAll: (activations: readonly Activation[]) =>
      real.putAll(activations.filter((one) => activationText(one).length <= SMALL.maxRecordBytes)),
  })),
  'record.given-object-stays-the-callers': broken((real) => {
    const given = new Map<string, Activation>()
    return {
      put(activation: Activation) {
        given.set(activation.activationId, activation)
        return real.put(activation)
      },
      get: async (_: string, id: string) => given.get(id),
    }
  }),
  'record.returned-object-is-the-callers': broken((real) => {
    let returned: Activation | undefined
    return { get: async (namespace: string, id: string) => (returned ??= await real.get(namespace, id)) }
  }),
  'record.largest-is-stored': broken((real) => ({
    capabilities: SMALL,
    async put(activation: Activation) {
      if (Buffer.byteLength(activationText(activation)) < SMALL.maxRecordBytes) return real.put(activation)
      throw new PlatformError('ERR_TOO_LARGE', 'too large')
    },
  })),
  'record.larger-is-refused': broken((real) => ({
    capabilities: SMALL,
    async put(activation: Activation) {
      if (activationText(activation).length <= SMALL.maxRecordBytes) return real.put(activation)
      throw new PlatformError('ERR_TOO_LARGE', 'too large')
    },
  })),
  'list.is-latest-start-first': brokenList((list, query) => list(query).then((rows) => rows.toReversed())),
  'list.equal-starts-are-by-id': brokenList(async (list, query) =>
    (await list(query)).toSorted((a, b) => (String(a.activationId) < String(b.activationId) ? -1 : 1)),
  ),
  'list.shows-summaries-or-whole-records': brokenList((list, query) => list({ ...query, full: true })),
  'list.keeps-namespaces-apart': brokenList((list, query) =>
    list({ ...query, namespace: query.namespace.split(' ')[0]! }),
  ),
  'list.names-that-compare-as-equal-are-apart': broken((real) => ({
    count: ({ namespace, ...query }: ActivationQuery) =>
      real.count({ ...query, namespace: namespace.normalize('NFC') }),
  })),
  'list.filters-by-name': broken((real) => ({
    put: (activation: Activation) => real.put({ ...activation, annotations: [] }),
  })),
  'list.bounds-are-inclusive': brokenList((list, { upto, ...query }) =>
    list(upto === undefined ? query : { ...query, upto: upto - 1 }),
  ),
  'list.skip-and-limit-cut-a-page': brokenList(async (list, { skip, ...query }) =>
    (await list({ ...query, skip: 0 })).slice(skip),
  ),
  'list.leaves-out-what-cannot-be-read': broken((real) => ({
    async list(query: ListQuery) {
      for await (const { activation } of real.scan()) {
        if (!activation) throw new PlatformError('ERR_CORRUPT', 'one of them cannot be read')
      }
      return real.list({ ...query, full: true })
    },
  })),
  'list.refuses-wrong-arguments': brokenList((list, { skip, ...query }) =>
    list({ ...query, skip: Math.max(0, Math.floor(skip) || 0) }),
  ),
  'scan.yields-every-record-of-every-namespace': broken((real) => ({
    async *scan() {
      let first: string | undefined
      for await (const row of real.scan()) {
        first ??= row.activation?.namespace
        if (row.activation?.namespace === first) yield row
      }
    },
  })),
  'scan.resumes-behind-a-cursor': broken((real) => ({ scan: () => real.scan() })),
  'lifecycle.closed-store-refuses': broken(() => ({ close: async () => undefined })),
  'lifecycle.closed-store-opens-again': broken((real) => {
    let closed = false
    return {
      async open() {
        if (!closed) await real.open()
      },
      async close() {
        closed = true
        await real.close()
      },
    }
  }),
  'lifecycle.close-finishes-writes-that-run': broken((real) => ({
    async put(activation: Activation) {
      await turn()
      return real.put(activation)
    },
  })),
}

export const activationExpiryDoubles: BrokenDoubles<ActivationStore> = {
  'expire.removes-what-started-before': broken((real) => ({
    expire: ({ before = 0 }) => real.expire({ before: before + 1 }),
  })),
  'expire.leaves-no-trace': broken((real) => {
    const kept = new Map<string, Activation>()
    return {
      put(activation: Activation) {
        kept.set(activation.activationId, activation)
        return real.put(activation)
      },
      get: async (_: string, id: string) => kept.get(id),
    }
  }),
  'expire.keeps-the-latest-of-each-namespace': broken((real) => ({
    expire: ({ maxPerNamespace = 0 }) => real.expire({ maxPerNamespace: maxPerNamespace + 1 }),
  })),
  'expire.counts-names-that-compare-as-equal-apart': broken((real) => ({
    put: (activation: Activation) =>
      real.put({ ...activation, namespace: activation.namespace.replaceAll(/[\u00ad\u200d]/g, '') }),
  })),
  'expire.applies-age-and-number-together': broken((real) => ({
    expire: ({ maxPerNamespace }: { maxPerNamespace: number }) => real.expire({ maxPerNamespace }),
  })),
  'expire.without-a-bound-removes-nothing': broken((real) => ({
    expire: ({ before = Number.MAX_SAFE_INTEGER }) => real.expire({ before }),
  })),
  'expire.gets-through-thousands': broken((real) => {
    let calls = 0
    return { expire: async ({ before = 0 }) => (calls++ < 2 ? real.expire({ before }) : 0) }
  }),
  'expire.runs-beside-itself-and-writes': broken((real) => {
    let shared: Promise<number> | undefined
    return {
      expire({ before = 0 }) {
        shared ??= turn()
          .then(() => real.expire({ before }))
          .finally(() => (shared = undefined))
        return shared
      },
    }
  }),
}

export const provisionalRecordDoubles: BrokenDoubles<ActivationStore> = {
  'provisional.is-no-record-until-finalized': broken((real) => ({
    async putProvisional(_: string, activation: Activation) {
      await real.put(activation)
    },
    finalizeOrphans: async () => 1,
  })),
  'provisional.becomes-a-record-like-any': broken((real) => ({
    putProvisional: (owner: string, activation: Activation) => real.putProvisional(owner, { ...activation, name: 'x' }),
  })),
  'provisional.owners-are-named-while-something-is-left': broken((real) => {
    const seen = new Set<string>()
    return {
      putProvisional: (owner: string, record: Activation) => {
        seen.add(owner)
        return real.putProvisional(owner, record)
      },
      owners: async () => [...seen],
    }
  }),
  'provisional.numbers-are-as-they-were-written': broken((real) => ({
    putProvisional: (owner: string, activation: Activation) => real.putProvisional(owner, withDoubles(activation)),
  })),
  'provisional.one-that-cannot-be-read-keeps-no-other': broken((real) => {
    const provisional: Activation[] = []
    return {
      putProvisional(owner: string, record: Activation) {
        provisional.push(record)
        real.putProvisional(owner, record)
      },
      async finalizeOrphans(owner: string) {
        if (provisional.some(({ response }) => response.statusCode > 3))
          throw new PlatformError('ERR_CORRUPT', 'unreadable')
        return real.finalizeOrphans(owner)
      },
    }
  }),
  'provisional.is-finalized-of-one-owner-only': broken((real) => ({
    putProvisional: (_: string, activation: Activation) => real.putProvisional('', activation),
    finalizeOrphans: () => real.finalizeOrphans(''),
  })),
  'provisional.later-one-takes-its-place': broken((real) => {
    const provisional = new Set<string>()
    return {
      putProvisional(owner: string, activation: Activation) {
        if (provisional.has(activation.activationId)) return
        provisional.add(activation.activationId)
        real.putProvisional(owner, activation)
      },
    }
  }),
  'provisional.is-removed-by-put': broken((real) => {
    const provisional: Activation[] = []
    return {
      putProvisional: (_: string, activation: Activation) => void provisional.push(activation),
      finalizeOrphans: async () => (await Promise.all(provisional.map((item) => real.put(item)))).length,
    }
  }),
  'provisional.after-the-record-has-no-effect': broken((real) => ({
    finalizeOrphans: async (owner: string) => (await real.finalizeOrphans(owner)) + 1,
  })),
  'provisional.is-discarded-by-its-owner': broken(() => ({ discardProvisional: () => undefined })),
  'provisional.is-not-discarded-by-others': broken((real) => {
    const gone = new Set<string>()
    return {
      discardProvisional: (_: string, __: string, id: string) => void gone.add(id),
      finalizeOrphans: async (owner: string) => (gone.size > 0 ? 0 : real.finalizeOrphans(owner)),
    }
  }),
  'provisional.finalized-by-many-at-once-makes-one-record-of-each': broken((real) => {
    let shared: Promise<number> | undefined
    return { finalizeOrphans: (owner: string) => (shared ??= real.finalizeOrphans(owner)) }
  }),
  'provisional.orphans-and-put-make-one-record': broken((real) => ({
    async put(activation: Activation) {
      const seen = await real.get(activation.namespace, activation.activationId)
      await turn()
      await real.put(activation)
      return seen ? 'exists' : 'stored'
    },
    async finalizeOrphans(owner: string) {
      await turn()
      await turn()
      return (await real.finalizeOrphans(owner)) + 1
    },
  })),
  'provisional.given-object-stays-the-callers': broken((real) => {
    const given: Activation[] = []
    return {
      putProvisional: (_: string, activation: Activation) => void given.push(activation),
      finalizeOrphans: async () => (await Promise.all(given.map((item) => real.put(item)))).length,
    }
  }),
  'provisional.larger-is-refused': broken((real) => ({
    capabilities: SMALL,
    putProvisional(owner: string, activation: Activation) {
      if (activationText(activation).length > SMALL.maxRecordBytes)
        throw new PlatformError('ERR_TOO_LARGE', 'too large')
      real.putProvisional(owner, activation)
    },
  })),
}

export const durableActivationStoreDoubles: BrokenDoubles<ActivationStore> = {
  'durable.another-object-reads-what-was-put': broken(() => ({})),
  'durable.another-object-finalizes-provisional-records': broken(() => ({})),
}

function brokenList(
  list: (real: (query: ListQuery) => Promise<readonly Row[]>, query: ListQuery) => Promise<readonly Row[]>,
): () => ActivationStore {
  return broken((real) => {
    const rows = ({ full, ...query }: ListQuery): Promise<readonly Row[]> =>
      full ? real.list({ ...query, full }) : real.list({ ...query, full })
    return { list: (query: ListQuery) => list(rows, query) }
  })
}

function withDoubles(activation: Activation): Activation {
  return readActivation(JSON.parse(JSON.stringify(activationJson(activation))) as JsonObject)
}
