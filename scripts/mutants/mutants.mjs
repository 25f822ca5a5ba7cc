// What could be wrong with an adapter, as changes of ours: each must make a case of its kit fail. `find` must be in its
// file exactly once. A mutant with `survives` keeps every promise of the contract all the same, and says why.

/**
 * @typedef {object} Mutant
 * @property {string} name What the adapter then does wrong.
 * @property {string} file
 * @property {string} find
 * @property {string} replace
 * @property {string} [survives]
 */

/**
 * @typedef {object} MutantSet
 * @property {string} kit
 * @property {string} test The test file that runs the kit on the adapter.
 * @property {string} [only] Of its tests those whose name matches.
 * @property {string} [service] What must be up.
 * @property {readonly Mutant[]} mutants
 */

const GROUP = 'packages/core/src/queue/memory-group.ts'
const QUEUE = 'packages/core/src/queue/memory-queue.ts'
const REDIS = 'packages/spi-redis/src/queue'
const SORTED = 'packages/core/src/store/sorted/sorted-document-store.ts'
const RECORDS = 'packages/core/src/store/memory-activation-store.ts'
const LIMITER = 'packages/core/src/rate-limiter/local-rate-limiter.ts'
const AUTH = 'packages/core/src/auth/static-auth.ts'
const SHARDING = 'packages/core/src/load-balancer/sharding-balancer.ts'
const LEAST = 'packages/core/src/load-balancer/least-loaded-balancer.ts'
const POLICY = 'packages/core/src/invoker/parts/pool-policy.ts'
const LOGS = 'packages/core/src/log-store/record-log-store.ts'
const KITS = 'packages/conformance/test/kits.test.ts'

/** @type {readonly MutantSet[]} */
export const MUTANT_SETS = [
  {
    kit: 'queue, in memory',
    test: 'packages/core/test/queue/memory-queue.conformance.test.ts',
    mutants: [
      {
        name: 'a rejected message is forgotten',
        file: GROUP,
        find: '    this.#arm(message)\n    this.#ended(subscriber)',
        replace: '    this.#ended(subscriber)',
      },
      {
        name: 'rejected messages come again at once',
        file: GROUP,
        find: 'this.#clock.monotonic() + redeliverAfterMs',
        replace: 'this.#clock.monotonic()',
      },
      {
        name: 'a released message counts as an attempt',
        file: GROUP,
        find: "if (isPlatformError(err, 'ERR_RELEASED')) message.attempts--",
        replace: '',
      },
      {
        name: 'messages of a key overtake each other',
        file: GROUP,
        find: 'if (this.#lanes.has(key)) {',
        replace: 'if (key === "nobody") {',
      },
      {
        name: 'a subscriber runs one handler more than it may',
        file: GROUP,
        find: 'subscriber.running < subscriber.concurrency',
        replace: 'subscriber.running <= subscriber.concurrency',
      },
      {
        name: 'a synchronous throw counts as fulfilled',
        file: GROUP,
        find: '      this.#rejected(message, subscriber, err)\n      return',
        replace: '      this.#acknowledged(message, subscriber)\n      return',
      },
      {
        name: 'delayed messages do not survive closing and opening',
        file: GROUP,
        find: 'for (const message of this.#delayed.keys()) this.#arm(message)',
        replace: '',
      },
      {
        name: 'groups are one',
        file: QUEUE,
        find: 'groups.find((candidate) => candidate.name === name)',
        replace: 'groups[0]',
      },
      {
        name: 'an empty topic is a topic',
        file: QUEUE,
        find: '      if (!groups) requireTopicName(topic)\n',
        replace: '',
      },
      { name: 'any group is a group', file: QUEUE, find: '    requireGroupName(groupName)\n', replace: '' },
      { name: 'keys have no end', file: QUEUE, find: '      requireKey(options?.key)\n', replace: '' },
      {
        name: 'a closed queue takes messages',
        file: QUEUE,
        find: "if (this.#state === 'closed') return Promise.reject(closed())",
        replace: '',
      },
      {
        name: 'closing a subscription does not wait',
        file: QUEUE,
        find: '      if (subscriber.running === 0) resolve()',
        replace: '      resolve()',
      },
      { name: 'closing aborts no signal', file: QUEUE, find: '    abort.abort()\n', replace: '' },
      {
        name: 'a closed subscription gets messages',
        file: QUEUE,
        find: '  group.leave(subscriber)\n',
        replace: '',
      },
    ],
  },
  {
    kit: 'queue, on Redis',
    test: 'packages/spi-redis/test/redis-queue.conformance.test.ts',
    service: 'STEMCELL_TEST_REDIS_URL',
    mutants: [
      {
        name: 'leases are not renewed',
        file: `${REDIS}/redis-subscription.ts`,
        find: 'held: () => [...this.#held.values(), ...this.#surplus],',
        replace: 'held: () => [],',
      },
      {
        name: 'a lost lease aborts nothing',
        file: `${REDIS}/redis-subscription.ts`,
        find: '      entry.abort()\n    }\n    this.#surplus',
        replace: '    }\n    this.#surplus',
      },
      {
        name: 'a rejected message is acknowledged',
        file: `${REDIS}/redis-subscription.ts`,
        find: "this.#settlements.reject(entry, isPlatformError(err, 'ERR_RELEASED') ? attempt : attempt + 1)",
        replace: 'this.#settlements.acknowledge(entry)',
      },
      {
        name: 'publishing does not wait for Redis',
        file: `${REDIS}/redis-queue.ts`,
        find: 'return this.#publisher.publish(stream, value)',
        replace: 'void this.#publisher.publish(stream, value).catch(ignore)\n    return Promise.resolve()',
      },
      {
        name: 'topics are not made',
        file: `${REDIS}/redis-queue.ts`,
        find: 'await this.#session.run((redis) => ENSURE.run(redis, [this.#use(topic).settings], given))',
        replace: 'void given',
      },
      {
        name: 'the last who ensures a topic decides',
        file: `${REDIS}/queue-scripts.ts`,
        find: "if redis.call('HSETNX', KEYS[1], 'ensured', 1) == 1 and #ARGV > 0 then",
        replace: "redis.call('HSETNX', KEYS[1], 'ensured', 1)\nif #ARGV > 0 then",
      },
      {
        name: 'a group begins with all there is',
        file: `${REDIS}/redis-subscription.ts`,
        find: "await this.#member.join('$')",
        replace: "await this.#member.join('0')",
      },
      {
        name: 'more is held than handlers may run',
        file: `${REDIS}/redis-subscription.ts`,
        find: 'const free = this.#parts.concurrency - this.#running - this.#surplus.length',
        replace: 'const free = 64 - this.#running - this.#surplus.length',
      },
    ],
  },
  {
    kit: 'stores of documents, sorted',
    test: 'packages/core/test/store/sorted-stores.conformance.test.ts',
    only: 'EntityStore|SubjectStore',
    mutants: [
      {
        name: 'any revision is the current one',
        file: SORTED,
        find: 'if (current?.revision !== expected) throw conflict(id)',
        replace: '',
      },
      {
        name: 'any revision deletes',
        file: SORTED,
        find: 'if (current?.revision !== revision) throw conflict(id)',
        replace: '',
      },
      {
        name: 'two writers at once both win',
        file: SORTED,
        find: 'if (!(await this.#session.batch({ conditions, operations }))) throw conflict(id)',
        replace: 'await this.#session.batch({ conditions: conditions.slice(1), operations })',
      },
      {
        name: 'an unreadable document ends every scan',
        file: SORTED,
        find: 'unreadable ? readable(read, (error) => unreadable(id, error)) : read()',
        replace: 'read()',
      },
      {
        name: 'an unreadable document ends a listing',
        file: SORTED,
        find: "return readable(read, (err) => this.#logger.error({ err, id }, 'a document cannot be listed'))",
        replace: 'return read()',
      },
      {
        name: 'a listing of none is one of all',
        file: SORTED,
        find: 'if (!bounds || limit === 0) return []',
        replace: 'if (!bounds) return []',
      },
      {
        name: 'a scan does not resume behind an id',
        file: SORTED,
        find: 'gte = behind(this.#keys.document(after))',
        replace: 'gte = this.#keys.document(after)',
      },
      {
        name: 'a scan goes on behind its prefix',
        file: SORTED,
        find: 'if (!id.startsWith(prefix)) return',
        replace: '',
      },
      {
        name: 'nothing is too large',
        file: SORTED,
        find: 'requireSizes(text, attachments, this.capabilities)',
        replace: '',
      },
    ],
  },
  {
    kit: 'store of activation records, in memory',
    test: 'packages/core/test/store/memory-stores.conformance.test.ts',
    only: 'ActivationStore',
    mutants: [
      {
        name: 'a second record replaces the first',
        file: RECORDS,
        find: "if (records.byId.has(id)) return 'exists'",
        replace: '',
      },
      {
        name: 'a record leaves its provisional one',
        file: RECORDS,
        find: '    this.#provisional.delete(keyOf(activation.namespace, activation.activationId))\n',
        replace: '',
      },
      {
        name: 'anybody discards a provisional record',
        file: RECORDS,
        find: 'if (this.#provisional.get(key)?.owner === owner) this.#provisional.delete(key)',
        replace: 'this.#provisional.delete(key)',
      },
      {
        name: 'orphans of all owners are finalized',
        file: RECORDS,
        find: 'provisional.owner === owner)',
        replace: 'owner !== undefined || provisional.owner === owner)',
      },
      {
        name: 'listings begin with the oldest',
        file: RECORDS,
        find: 'limit, descending: true',
        replace: 'limit, descending: false',
      },
      {
        name: 'a record at the bound expires',
        file: RECORDS,
        find: 'records.byStart.count(0, before - 1)',
        replace: 'records.byStart.count(0, before)',
      },
      {
        name: 'nothing is too large',
        file: RECORDS,
        find: 'if (Buffer.byteLength(text) <= maxRecordBytes) return text',
        replace: 'return text',
      },
      {
        name: 'a scan does not resume behind its cursor',
        file: RECORDS,
        find: 'after === undefined || cursor > after',
        replace: 'after === undefined || cursor >= after',
      },
    ],
  },
  {
    kit: 'rate limiter, local',
    test: 'packages/core/test/rate-limiter/local-rate-limiter.conformance.test.ts',
    mutants: [
      {
        name: 'one more is let in',
        file: LIMITER,
        find: 'if (count <= limit) return',
        replace: 'if (count <= limit + 1) return',
      },
      {
        name: 'one place more is given',
        file: LIMITER,
        find: 'if (taken >= limit) return',
        replace: 'if (taken > limit) return',
      },
      {
        name: 'places are not given back',
        file: LIMITER,
        find: 'if (taken > 1) this.#places.set(namespaceId, taken - 1)',
        replace: 'if (taken > 1) this.#places.set(namespaceId, taken)',
      },
      {
        name: 'a minute has no end',
        file: LIMITER,
        find: '      this.#counts.invocations.clear()\n',
        replace: '',
      },
      {
        name: 'fires and invocations share a budget',
        file: LIMITER,
        find: "this.#count('fires', namespaceId, perMinute)",
        replace: "this.#count('invocations', namespaceId, perMinute)",
      },
    ],
  },
  {
    kit: 'auth, static',
    test: 'packages/core/test/auth/auths.conformance.test.ts',
    only: 'static',
    mutants: [
      {
        name: 'any key of the right length is the key',
        file: AUTH,
        find: 'sameSecret(password, authkey.key)',
        replace: 'password.length === authkey.key.length',
      },
      {
        name: 'two namespaces with one key are the first',
        file: AUTH,
        find: 'if (matches.length > 1) throw',
        replace: 'if (matches.length > 9) throw',
      },
      {
        name: 'a closed auth answers',
        file: AUTH,
        find: "if (!this.#open) throw new PlatformError('ERR_CLOSED'",
        replace: "if (this.#byUser.size < 0) throw new PlatformError('ERR_CLOSED'",
      },
      {
        name: 'any scheme is basic',
        file: AUTH,
        find: "credentials.scheme !== 'basic' || ",
        replace: '',
      },
    ],
  },
  {
    kit: 'load balancers',
    test: 'packages/core/test/load-balancer/load-balancers.conformance.test.ts',
    mutants: [
      {
        name: 'sharding: room is not asked for',
        file: SHARDING,
        find: 'if (cluster.fits(id, request) && serves(',
        replace: 'if (serves(',
      },
      {
        name: 'sharding: changes of the cluster are not seen',
        file: SHARDING,
        find: 'if (cluster.version !== this.#version) this.#rebuild(cluster)',
        replace: 'if (this.#version === undefined) this.#rebuild(cluster)',
        survives: 'whether an invoker is healthy is asked of the cluster itself; only the ring of homes is older',
      },
      {
        name: 'sharding: what is full is refused',
        file: SHARDING,
        find: ">= request.memoryMb)) return 'wait'",
        replace: ">= request.memoryMb)) return { reject: 'full' }",
      },
      {
        name: 'least loaded: room is not asked for',
        file: LEAST,
        find: 'if (serves(invoker, request) && cluster.fits(invoker.id, request) && (!best',
        replace: 'if (serves(invoker, request) && (!best',
      },
      {
        name: 'least loaded: changes of the cluster are not seen',
        file: LEAST,
        find: 'if (cluster.version !== this.#version) {',
        replace: 'if (this.#version === undefined) {',
        survives:
          'invokers that went are asked for by `serves`; that one which came is used is no promise of every balancer',
      },
      {
        name: 'whom an invoker serves is not asked',
        file: 'packages/core/src/load-balancer/serves.ts',
        find: '(invoker.dedicatedNamespaces.length === 0 ||',
        replace: '(request !== undefined || invoker.dedicatedNamespaces.length === 0 ||',
      },
      {
        name: 'whether an invoker is healthy is not asked',
        file: 'packages/core/src/load-balancer/serves.ts',
        find: "invoker.state === 'healthy' &&",
        replace: "invoker.state !== 'offline' &&",
      },
    ],
  },
  {
    kit: 'pool policy, fixed',
    test: KITS,
    only: 'PoolPolicy conformance',
    mutants: [
      {
        name: 'the last of all goes',
        file: POLICY,
        find: 'for (const container of idle) return container\n      return undefined',
        replace: 'return [...idle].at(-1)',
      },
      {
        name: 'stem cells come in parts',
        file: POLICY,
        find: 'Math.floor(coldStarts / threshold)',
        replace: '(coldStarts / threshold)',
      },
      {
        name: 'waits of less than nothing',
        file: POLICY,
        find: 'reuseWaitMs + TOLERANCE_MS : 0',
        replace: 'reuseWaitMs + TOLERANCE_MS : -1',
      },
    ],
  },
  {
    kit: 'log store, in the record',
    test: KITS,
    only: 'LogStore conformance: in the records',
    mutants: [
      { name: 'lines are lost', file: LOGS, find: '    return lines\n', replace: '    return lines.slice(1)\n' },
      {
        name: 'a closed store answers',
        file: LOGS,
        find: 'if (!this.#open) throw',
        replace: 'if (this.capabilities === undefined) throw',
      },
      {
        name: 'what nobody kept is found',
        file: LOGS,
        find: 'return activation?.logs',
        replace: "return activation?.logs ?? ['x']",
      },
    ],
  },
]
