/**
 * Which cases show that a promise is kept. A member of a contract has all sentences of its comment under one entry, with
 * their number: a new sentence needs somebody who looks at this list. What no case can show has its reason instead.
 */
export interface ContractPromises {
  /** In the sources of core. */
  readonly file: string
  readonly title: string
  readonly members: Readonly<Record<string, MemberPromises>>
  /** Members that say what a value is: they are judged with whoever takes or returns it. */
  readonly definitions: readonly string[]
}

export interface MemberPromises {
  readonly sentences: number
  readonly cases: readonly string[]
  /** By what is thrown: a case, or why there is none. */
  readonly throws?: Readonly<Record<string, string | { readonly why: string }>>
  /** Why there is no case for it, or not for all of it. */
  readonly why?: string
}

const ids = (prefix: string, names: string): readonly string[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => (name.includes('.') ? name : `${prefix}.${name}`))

const CLOSED = 'lifecycle.closed-store-refuses'
const AWAY = {
  why: 'an outage of this call is not tried: it goes the way of the others, see reads and writes',
} as const
const NO_OUTAGE = { why: 'tested by each adapter against its own backend' } as const

export const PROMISES: readonly ContractPromises[] = [
  {
    file: 'lifecycle.ts',
    title: 'Lifecycle, of every adapter',
    definitions: ['MaybePromise', 'isPromise'],
    members: {
      Lifecycle: { sentences: 2, cases: [], why: 'that a constructor does nothing is seen by reading it' },
      'Lifecycle.open': {
        sentences: 5,
        cases: [
          'queue.opens-and-closes-repeatedly',
          'lifecycle.open-and-close-may-be-repeated',
          'lifecycle.closed-store-opens-again',
          'auth.opens-again',
          'rate-limiter.opens-again',
          'log.opens-and-closes-repeatedly',
          'containers.closed-factory-refuses-until-reopened',
          'containers.unopened-factory-refuses',
        ],
        throws: {
          ERR_UNAVAILABLE: 'queue.opening-says-when-its-backend-is-away',
          ERR_CONFIG: { why: 'which options a backend has is known to its adapter alone' },
        },
      },
      'Lifecycle.close': {
        sentences: 3,
        cases: [
          'queue.closing-waits-for-handlers',
          'queue.closing-survives-failed-handlers',
          'lifecycle.close-finishes-writes-that-run',
          'containers.close-destroys-all-of-its-own',
          'containers.close-destroys-those-that-had-ended',
          'system-package.closes-twice',
        ],
      },
    },
  },
  {
    file: 'queue/queue.ts',
    title: 'Queue',
    definitions: [
      'QueueCapabilities',
      'TopicSettings',
      'TopicSettings.retentionMs',
      'TopicSettings.retentionBytes',
      'TopicSettings.segmentBytes',
      'PublishOptions',
      'SubscribeOptions',
      'SubscribeOptions.redeliverAfterMs',
      'Delivery',
      'MessageHandler',
      'Subscription',
    ],
    members: {
      Queue: {
        sentences: 10,
        cases: ids(
          'queue',
          `every-group-sees-every-message keeps-messages-while-the-group-is-away one-subscriber-of-a-group-gets-a-message
           acknowledged-messages-stay-away returns-unfinished-messages survives-a-poison-message carries-100000-messages
           a-group-begins-when-it-subscribes invents-nothing-while-idle topics-are-separate carries-between-processes
           processes-share-a-group a-slow-group-holds-up-no-other takes-every-name-that-is-allowed refuses-impossible-names
           delivers-equal-bytes carries-large-bodies keeps-messages-over-closing-and-opening
           keeps-what-was-rejected-over-closing-and-opening`,
        ),
      },
      'Queue.capabilities': { sentences: 1, cases: [], why: 'the suite compares them before it opens anything' },
      'Queue.ensureTopic': {
        sentences: 9,
        cases: ids(
          'queue',
          `ensures-topics-repeatedly makes-topics-with-the-settings-asked-for leaves-existing-topics-as-they-are`,
        ),
        throws: {
          TypeError: 'queue.refuses-impossible-names',
          ERR_CLOSED: 'queue.refuses-when-closed',
          ERR_CONFIG: { why: 'what a backend cannot do is known to its adapter alone' },
          ERR_UNAVAILABLE: 'queue.ensures-no-topic-without-its-backend',
        },
      },
      'Queue.publish': {
        sentences: 7,
        cases: ids('queue', 'publishes-nothing-that-was-not-accepted calls-nobody-before-publishing-returned'),
        throws: {
          TypeError: 'queue.takes-keys-of-any-text-up-to-their-length',
          ERR_CLOSED: 'queue.refuses-when-closed',
          ERR_TOO_LARGE: 'queue.refuses-too-large-bodies',
          ERR_UNAVAILABLE: 'queue.publishes-nothing-that-was-not-accepted',
        },
      },
      'Queue.subscribe': {
        sentences: 8,
        cases: ids(
          'queue',
          `redelivers-after-rejection redelivers-after-a-synchronous-throw waits-before-redelivery
           redelivery-holds-up-nothing-behind redelivery-keeps-the-order-of-a-key does-not-count-what-was-released
           waits-before-redelivering-what-was-released`,
        ),
        throws: {
          TypeError: 'queue.refuses-impossible-subscriptions',
          ERR_CLOSED: 'queue.refuses-when-closed',
          ERR_UNAVAILABLE: 'queue.subscribes-nobody-without-its-backend',
        },
      },
      'QueueCapabilities.ordering': {
        sentences: 2,
        cases: ids('queue', 'keeps-the-order-of-a-key redelivery-keeps-the-order-of-a-key'),
      },
      'QueueCapabilities.durable': {
        sentences: 1,
        cases: ids('queue', 'redelivers-what-was-acknowledged-too-late'),
        why: 'the death of every process is tested by the adapters of durable queues',
      },
      'QueueCapabilities.byReference': { sentences: 1, cases: ids('queue', 'hands-over-by-reference') },
      'QueueCapabilities.maxBodyBytes': {
        sentences: 1,
        cases: ids('queue', 'refuses-too-large-bodies carries-large-bodies'),
      },
      MessageBody: { sentences: 2, cases: ids('queue', 'delivers-equal-bytes hands-over-by-reference') },
      'MessageBody.bytes': { sentences: 2, cases: ids('queue', 'hands-over-by-reference') },
      'PublishOptions.key': { sentences: 1, cases: ids('queue', 'takes-keys-of-any-text-up-to-their-length') },
      'SubscribeOptions.concurrency': {
        sentences: 2,
        cases: ids('queue', 'respects-concurrency runs-as-many-handlers-as-it-may leaves-what-it-cannot-run-to-others'),
      },
      'SubscribeOptions.repeatable': { sentences: 3, cases: ids('queue', 'redelivers-what-is-repeatable') },
      'Delivery.attempt': {
        sentences: 2,
        cases: ids('queue', 'redelivers-after-rejection redelivers-what-was-acknowledged-too-late'),
      },
      'Delivery.signal': {
        sentences: 2,
        cases: ids(
          'queue',
          `closing-a-subscription-waits-for-its-handlers redelivers-what-was-acknowledged-too-late
           holds-on-to-a-message-as-long-as-its-handler-runs`,
        ),
      },
      'Subscription.close': {
        sentences: 2,
        cases: ids('queue', 'closing-a-subscription-waits-for-its-handlers a-closed-subscription-gets-nothing'),
      },
    },
  },
  {
    file: 'store/document-store.ts',
    title: 'DocumentStore: EntityStore and SubjectStore',
    definitions: [
      'DocumentStoreCapabilities',
      'StoredDocument',
      'PutOptions',
      'AttachmentInfo',
      'ScanOptions',
      'PutResult',
      'IndexEntry',
      'IndexQuery',
      'IndexRow',
    ],
    members: {
      DocumentStore: {
        sentences: 5,
        cases: ids(
          'document',
          `any-json-survives ids-are-exact-text numbers-are-as-they-were-written index.is-never-behind-a-write
           given-object-stays-the-callers returned-object-is-the-callers index.rows-are-the-callers`,
        ),
      },
      'DocumentStore.get': {
        sentences: 4,
        cases: ids('document', 'is-returned-as-put absent-is-undefined'),
        throws: {
          ERR_CLOSED: CLOSED,
          ERR_CORRUPT: 'damaged.one-document-is-told-and-the-others-are-as-before',
          ERR_UNAVAILABLE: 'document.reads-say-when-the-backend-is-away',
        },
      },
      'DocumentStore.put': {
        sentences: 8,
        cases: ids(
          'document',
          `update-replaces-the-whole update-refuses-an-absent-id creation-refuses-an-existing-id one-of-many-creators-wins
           one-of-many-updaters-wins-each-revision made-again-refuses-its-old-revision attachment.stays-when-kept
           attachment.goes-unless-kept attachment.is-replaced-under-its-name attachment.refused-write-changes-nothing
           index.follows-an-update index.ignores-a-refused-write`,
        ),
        throws: {
          ERR_CLOSED: CLOSED,
          ERR_CONFLICT: 'document.update-refuses-an-old-revision',
          ERR_TOO_LARGE: 'document.larger-is-refused',
          ERR_UNAVAILABLE: 'document.writes-say-when-the-backend-is-away',
        },
      },
      'DocumentStore.delete': {
        sentences: 4,
        cases: ids(
          'document',
          'deletion-removes deletion-refuses-an-absent-id attachment.goes-with-its-document index.follows-a-deletion',
        ),
        throws: {
          ERR_CLOSED: CLOSED,
          ERR_CONFLICT: 'document.deletion-refuses-an-old-revision',
          ERR_UNAVAILABLE: AWAY,
        },
      },
      'DocumentStore.readAttachment': {
        sentences: 3,
        cases: ids('attachment', 'is-returned-byte-for-byte absent-is-undefined bytes-are-isolated'),
        throws: { ERR_CORRUPT: NO_OUTAGE, ERR_CLOSED: CLOSED, ERR_UNAVAILABLE: AWAY },
      },
      'DocumentStore.attachments': {
        sentences: 2,
        cases: ids('attachment', 'is-listed-with-type-and-length'),
        throws: { ERR_CLOSED: CLOSED, ERR_UNAVAILABLE: AWAY },
      },
      'DocumentStore.list': {
        sentences: 4,
        cases: ids(
          'index',
          `is-ordered-by-number equal-orders-are-by-id shows-each-kind-with-its-summary
           packaged-entity-is-under-both-paths skip-and-limit-cut-a-page
           damaged.one-document-is-told-and-the-others-are-as-before names-that-compare-as-equal-are-apart
           identities.finds-a-namespace-by-its-key-pair identities.finds-a-namespace-by-name
           identities.finds-nothing-for-another-key identities.hides-a-blocked-subject
           identities.two-owners-of-one-namespace-are-both-found blocked.shows-a-namespace-with-a-limit-of-zero
           blocked.shows-every-namespace-of-a-blocked-subject`,
        ),
        throws: {
          TypeError: 'index.refuses-wrong-arguments',
          ERR_CLOSED: 'index.closed-store-refuses',
          ERR_UNAVAILABLE: AWAY,
        },
      },
      'DocumentStore.count': {
        sentences: 2,
        cases: ids('index', 'count-honours-bounds'),
        throws: { TypeError: 'index.refuses-wrong-arguments' },
      },
      'DocumentStore.scan': {
        sentences: 3,
        cases: ids('scan', 'yields-every-document-in-order-of-id resumes-behind-an-id keeps-to-its-prefix'),
        throws: {
          ERR_CLOSED: CLOSED,
          ERR_UNAVAILABLE: 'document.reads-say-when-the-backend-is-away',
          ERR_CORRUPT: 'damaged.one-document-is-told-and-the-others-are-as-before',
        },
      },
      'DocumentStoreCapabilities.durable': {
        sentences: 1,
        cases: ['durable.another-object-reads-what-was-put'],
        why: 'the death of a process in the middle of a write is tested by the adapters of durable stores',
      },
      'DocumentStoreCapabilities.maxDocumentBytes': {
        sentences: 1,
        cases: ids(
          'document',
          'largest-is-stored larger-is-refused attachment.largest-is-stored attachment.larger-is-refused',
        ),
      },
      'StoredDocument.revision': { sentences: 1, cases: ids('document', 'revision-changes-on-every-write') },
      'AttachmentInfo.bytes': { sentences: 1, cases: ids('attachment', 'is-listed-with-type-and-length') },
      'ScanOptions.unreadable': {
        sentences: 1,
        cases: ['damaged.one-document-is-told-and-the-others-are-as-before'],
      },
      IndexDefinition: { sentences: 3, cases: ids('index', 'shows-each-kind-with-its-summary follows-an-update') },
      'IndexEntry.partition': { sentences: 1, cases: ids('index', 'partitions-are-exact-text') },
      'IndexEntry.order': { sentences: 1, cases: ids('index', 'is-ordered-by-number') },
      'IndexEntry.value': { sentences: 1, cases: ids('index', 'shows-each-kind-with-its-summary') },
      'IndexQuery.from': { sentences: 1, cases: ids('index', 'bounds-are-inclusive') },
      'IndexQuery.to': { sentences: 1, cases: ids('index', 'bounds-are-inclusive') },
      'IndexQuery.descending': { sentences: 1, cases: ids('index', 'descending-is-the-reverse') },
      'IndexQuery.limit': { sentences: 1, cases: ids('index', 'limit-of-zero-is-none without-limit-is-all') },
      'IndexQuery.documents': { sentences: 1, cases: ids('index', 'documents-come-when-asked-for') },
      'IndexRow.stored': { sentences: 1, cases: ids('index', 'documents-come-when-asked-for') },
    },
  },
  {
    file: 'store/activation-store.ts',
    title: 'ActivationStore',
    definitions: ['ActivationScanRow', 'ActivationStoreCapabilities', 'ActivationQuery', 'ActivationRetention'],
    members: {
      ActivationStore: {
        sentences: 7,
        cases: ids(
          'record',
          `numbers-are-as-they-were-written given-object-stays-the-callers returned-object-is-the-callers
           thousand-at-once-are-all-there same-id-in-another-namespace-is-another
           durable.another-object-reads-what-was-put durable.another-object-finalizes-provisional-records`,
        ),
        why: 'the death of a process is tested by the adapters of durable stores',
      },
      'ActivationStore.put': {
        sentences: 5,
        cases: ids('record', 'is-returned-as-put first-one-stays one-of-many-writers-is-first largest-is-stored'),
        throws: {
          ERR_CLOSED: CLOSED,
          ERR_UNAVAILABLE: 'record.writes-say-when-the-backend-is-away',
          ERR_TOO_LARGE: 'record.larger-is-refused',
        },
      },
      'ActivationStore.putAll': {
        sentences: 7,
        cases: ids('record', 'several-in-one-call-are-each-stored'),
        throws: {
          ERR_CLOSED: CLOSED,
          ERR_UNAVAILABLE: 'record.writes-say-when-the-backend-is-away',
          ERR_TOO_LARGE: 'record.one-of-several-that-is-too-large-is-told',
        },
      },
      'ActivationStore.putProvisional': {
        sentences: 10,
        cases: ids(
          'provisional',
          `is-no-record-until-finalized is-removed-by-put after-the-record-has-no-effect later-one-takes-its-place
           given-object-stays-the-callers numbers-are-as-they-were-written`,
        ),
        throws: {
          ERR_CLOSED: CLOSED,
          ERR_UNAVAILABLE: 'provisional.says-when-the-backend-is-away',
          ERR_TOO_LARGE: 'provisional.larger-is-refused',
        },
      },
      'ActivationStore.discardProvisional': {
        sentences: 4,
        cases: ids('provisional', 'is-discarded-by-its-owner is-not-discarded-by-others'),
        throws: { ERR_CLOSED: CLOSED, ERR_UNAVAILABLE: AWAY },
      },
      'ActivationStore.finalizeOrphans': {
        sentences: 5,
        cases: ids(
          'provisional',
          `becomes-a-record-like-any is-finalized-of-one-owner-only orphans-and-put-make-one-record
           finalized-by-many-at-once-makes-one-record-of-each one-that-cannot-be-read-keeps-no-other`,
        ),
        throws: { ERR_CLOSED: CLOSED, ERR_UNAVAILABLE: 'provisional.says-when-the-backend-is-away' },
      },
      'ActivationStore.owners': {
        sentences: 3,
        cases: ids('provisional', 'owners-are-named-while-something-is-left'),
        throws: { ERR_CLOSED: CLOSED, ERR_UNAVAILABLE: AWAY },
      },
      'ActivationStore.get': {
        sentences: 3,
        cases: ids('record', 'is-returned-as-put absent-is-undefined'),
        throws: {
          ERR_CLOSED: CLOSED,
          ERR_UNAVAILABLE: 'record.reads-say-when-the-backend-is-away',
          ERR_CORRUPT: NO_OUTAGE,
        },
      },
      'ActivationStore.list': {
        sentences: 6,
        cases: ids(
          'list',
          `is-latest-start-first equal-starts-are-by-id skip-and-limit-cut-a-page shows-summaries-or-whole-records
           leaves-out-what-cannot-be-read`,
        ),
        throws: {
          TypeError: 'list.refuses-wrong-arguments',
          ERR_CLOSED: CLOSED,
          ERR_UNAVAILABLE: 'record.reads-say-when-the-backend-is-away',
        },
      },
      'ActivationStore.count': { sentences: 1, cases: ids('list', 'bounds-are-inclusive filters-by-name') },
      'ActivationStore.expire': {
        sentences: 4,
        cases: ids(
          'expire',
          `gets-through-thousands leaves-no-trace runs-beside-itself-and-writes without-a-bound-removes-nothing
           applies-age-and-number-together`,
        ),
      },
      'ActivationStore.scan': {
        sentences: 4,
        cases: ids('scan', 'yields-every-record-of-every-namespace resumes-behind-a-cursor'),
        throws: { ERR_CLOSED: CLOSED, ERR_UNAVAILABLE: 'record.reads-say-when-the-backend-is-away' },
      },
      'ActivationScanRow.cursor': { sentences: 1, cases: ids('scan', 'resumes-behind-a-cursor') },
      'ActivationScanRow.activation': { sentences: 1, cases: [], why: NO_OUTAGE.why },
      'ActivationStoreCapabilities.maxRecordBytes': {
        sentences: 1,
        cases: ids('record', 'largest-is-stored larger-is-refused'),
      },
      'ActivationQuery.namespace': {
        sentences: 1,
        cases: ids(
          'list',
          'keeps-namespaces-apart names-that-compare-as-equal-are-apart expire.counts-names-that-compare-as-equal-apart',
        ),
      },
      'ActivationQuery.name': { sentences: 1, cases: ids('list', 'filters-by-name') },
      'ActivationQuery.since': { sentences: 1, cases: ids('list', 'bounds-are-inclusive') },
      'ActivationQuery.upto': { sentences: 1, cases: ids('list', 'bounds-are-inclusive') },
      'ActivationRetention.before': { sentences: 1, cases: ids('expire', 'removes-what-started-before') },
      'ActivationRetention.maxPerNamespace': {
        sentences: 1,
        cases: ids('expire', 'keeps-the-latest-of-each-namespace'),
      },
    },
  },
  {
    file: 'auth/auth.ts',
    title: 'Auth',
    definitions: ['SubjectChange', 'AuthCapabilities', 'Credentials', 'AuthContext'],
    members: {
      Auth: { sentences: 3, cases: ids('auth', 'answers-at-once-what-it-knows') },
      'Auth.authenticate': {
        sentences: 5,
        cases: ids(
          'auth',
          `knows-its-callers refuses-wrong-keys refuses-blocked-callers refuses-malformed-credentials
           refuses-schemes-it-does-not-declare tells-the-namespaces-of-a-subject-apart`,
        ),
        throws: {
          ERR_CLOSED: 'auth.refuses-when-closed',
          ERR_UNAVAILABLE: 'auth.says-when-its-backend-is-away',
          ERR_CORRUPT: 'auth.reports-ambiguous-credentials',
        },
        why: 'how long a comparison takes is seen by reading it',
      },
      'Auth.identityOf': {
        sentences: 2,
        cases: ids('auth', 'knows-who-owns-a-namespace'),
        throws: { ERR_CLOSED: 'auth.refuses-when-closed', ERR_UNAVAILABLE: 'auth.says-when-its-backend-is-away' },
      },
      'Auth.invalidate': { sentences: 2, cases: ids('auth', 'sees-at-once-what-it-is-told-of') },
      'AuthCapabilities.schemes': { sentences: 2, cases: ids('auth', 'refuses-schemes-it-does-not-declare') },
      'AuthCapabilities.maxStalenessMs': { sentences: 1, cases: ids('auth', 'sees-changes-in-time') },
    },
  },
  {
    file: 'load-balancer/load-balancer.ts',
    title: 'LoadBalancer',
    definitions: [
      'PlacementRequest',
      'PlacementRequest.namespace',
      'PlacementRequest.action',
      'PlacementRequest.cpu',
      'PlacementRequest.maxConcurrent',
      'PlacementRequest.blackbox',
      'ClusterView',
      'ClusterView.invokers',
      'ClusterView.controllers',
      'ClusterView.random',
      'ActionHistory',
      'ActionHistory.inFlight',
      'ActionHistory.completed',
      'ActionHistory.coldStarts',
      'ActionHistory.warmSlots',
      'ActionHistory.idleMs',
      'ActionHistory.runMs',
      'ActionHistory.initMs',
      'InvokerState',
      'InvokerView',
      'InvokerView.freeMemoryMb',
      'InvokerView.inFlight',
    ],
    members: {
      LoadBalancer: { sentences: 5, cases: ids('load-balancer', 'is-a-pure-choice never-throws is-quick') },
      'LoadBalancer.name': { sentences: 2, cases: ids('load-balancer', 'has-a-name') },
      'LoadBalancer.usesHistory': { sentences: 3, cases: ids('load-balancer', 'says-that-it-uses-history') },
      Placement: { sentences: 1, cases: ids('load-balancer', 'uses-an-idle-cluster waits-while-all-are-full') },
      'ClusterView.version': { sentences: 1, cases: ids('load-balancer', 'sees-changes-of-the-cluster') },
      'ClusterView.fits': { sentences: 2, cases: ids('load-balancer', 'never-overfills') },
      'ClusterView.history': { sentences: 2, cases: ids('load-balancer', 'says-that-it-uses-history') },
      'InvokerView.state': { sentences: 1, cases: ids('load-balancer', 'chooses-only-healthy-invokers') },
      'InvokerView.dedicatedNamespaces': { sentences: 1, cases: ids('load-balancer', 'respects-dedicated-invokers') },
    },
  },
  {
    file: 'container/container-factory.ts',
    title: 'ContainerFactory',
    definitions: [
      'ContainerCapabilities',
      'ContainerCapabilities.isolation',
      'ContainerCapabilities.images',
      'ContainerOwner',
      'ContainerSpec',
      'ContainerSpec.kind',
      'ContainerSpec.image',
      'ContainerSpec.userImage',
      'ContainerSpec.labels',
      'ContainerSummary',
      'CallOptions',
      'LogOptions',
      'RuntimeReply',
      'ContainerExit',
    ],
    members: {
      ContainerFactory: {
        sentences: 4,
        cases: ids('containers', 'fifty-in-parallel close-destroys-all-of-its-own list-shows-only-own-labels'),
      },
      'ContainerFactory.create': {
        sentences: 7,
        cases: ids(
          'containers',
          'created-container-takes-init-at-once aborted-start-leaves-nothing refusal-names-what-it-refuses',
        ),
        throws: {
          ERR_CLOSED: 'containers.unopened-factory-refuses',
          ERR_UNSUPPORTED: 'containers.unsupported-kind-is-refused',
          ERR_START_FAILED: 'containers.aborted-start-leaves-nothing',
          ERR_IMAGE: { why: 'only engines with images can fail so; their adapters test it' },
          ERR_UNAVAILABLE: 'containers.factory-says-when-its-engine-is-away',
        },
      },
      'ContainerFactory.list': {
        sentences: 1,
        cases: ids('containers', 'list-shows-only-own-labels list-tells-the-suspended'),
      },
      'ContainerFactory.reap': { sentences: 3, cases: ids('containers', 'reap-removes-what-others-left') },
      'ContainerCapabilities.suspend': {
        sentences: 2,
        cases: ids(
          'containers',
          'suspended-container-uses-no-cpu suspended-children-use-no-cpu suspend-undeclared-is-refused',
        ),
      },
      'ContainerCapabilities.memoryLimit': { sentences: 1, cases: ids('containers', 'memory-limit-kills-and-says-so') },
      'ContainerCapabilities.cpuLimit': {
        sentences: 2,
        cases: [],
        why: 'shares of a processor are measured by the adapters that enforce them',
      },
      'ContainerCapabilities.attributedLogs': {
        sentences: 2,
        cases: ids('containers', 'log-lines-belong-to-their-activation'),
      },
      'ContainerOwner.platform': { sentences: 1, cases: ids('containers', 'reap-removes-what-others-left') },
      'ContainerSpec.cpu': { sentences: 2, cases: [], why: 'as of `ContainerCapabilities.cpuLimit`' },
      'ContainerSpec.maxConcurrent': { sentences: 2, cases: ids('containers', 'runs-overlap-up-to-the-maximum') },
      'ContainerSpec.environment': { sentences: 2, cases: ids('containers', 'environment-is-the-given-one-only') },
      Container: {
        sentences: 3,
        cases: ids('containers', 'destroy-interrupts-a-run destroy-works-in-every-state'),
      },
      'Container.exited': { sentences: 1, cases: ids('containers', 'exit-code-is-reported') },
      'Container.init': {
        sentences: 6,
        cases: ids('containers', 'replies-are-passed-on-unjudged large-bodies-arrive-whole'),
        throws: {
          ERR_NOT_REACHED: 'containers.gone-container-is-not-reached',
          ERR_CONNECTION_LOST: 'containers.destroy-interrupts-a-run',
          ERR_RECALLED: 'containers.recalled-runs-never-begin',
          ERR_TIMEOUT: 'containers.silent-run-times-out',
        },
      },
      'Container.recall': {
        sentences: 2,
        cases: ids('containers', 'recalled-runs-never-begin'),
      },
      'Container.openLog': {
        sentences: 3,
        cases: ids(
          'containers',
          `log-has-both-streams-in-order log-includes-the-initialisation log-keeps-the-last-words
           log-of-twenty-megabytes-is-whole log-does-not-wait-beyond-its-time log-limit-counts-text-and-drops-the-rest`,
        ),
      },
      'Container.suspend': {
        sentences: 1,
        cases: ids('containers', 'suspended-container-uses-no-cpu'),
        throws: { ERR_UNSUPPORTED: 'containers.suspend-undeclared-is-refused', ERR_UNAVAILABLE: NO_OUTAGE },
      },
      'Container.destroy': {
        sentences: 2,
        cases: ids('containers', 'destroy-works-in-every-state close-destroys-those-that-had-ended'),
      },
      'CallOptions.behind': {
        sentences: 2,
        cases: ids(
          'containers',
          `runs-sent-behind-others-begin-one-after-the-other
           runs-sent-behind-others-have-their-time-from-when-they-begin end-tells-which-runs-had-not-begun
           destroy-tells-which-runs-had-not-begun`,
        ),
      },
      'CallOptions.maxReplyBytes': {
        sentences: 1,
        cases: ids('containers', 'long-replies-are-cut-between-characters'),
      },
      'LogOptions.alone': { sentences: 2, cases: ids('containers', 'log-of-one-run-is-not-in-the-next') },
      'RuntimeReply.bodyBytes': {
        sentences: 1,
        cases: ids('containers', 'long-replies-are-cut-between-characters'),
      },
      'RuntimeReply.brief': {
        sentences: 1,
        cases: ids('containers', 'end-tells-which-runs-had-not-begun'),
      },
      'RuntimeReply.silent': { sentences: 2, cases: [], why: 'a hint of our own runtimes, tested with them' },
      'ContainerExit.signal': { sentences: 2, cases: ids('containers', 'memory-limit-kills-and-says-so') },
    },
  },
  {
    file: 'rate-limiter/rate-limiter.ts',
    title: 'RateLimiter',
    definitions: [
      'RateLimiterCapabilities',
      'EntryRequest',
      'FireRequest',
      'RateDecision',
      'EntryDecision',
      'RateLimiterContext',
      'RateLimiterContext.controllers',
    ],
    members: {
      RateLimiter: { sentences: 2, cases: ids('rate-limiter', 'keeps-namespaces-apart every-minute-starts-anew') },
      'RateLimiter.enter': {
        sentences: 5,
        cases: ids(
          'rate-limiter',
          `allows-up-to-the-limit gives-out-places-up-to-the-limit a-refused-entry-takes-no-place
           a-request-too-many-takes-no-place counts-requests-that-find-no-place concurrent-entries-share-the-places`,
        ),
        throws: {
          ERR_CLOSED: 'rate-limiter.refuses-when-closed',
          ERR_UNAVAILABLE: 'rate-limiter.says-when-its-backend-is-away',
        },
      },
      'RateLimiter.countFire': {
        sentences: 2,
        cases: ids('rate-limiter', 'keeps-budgets-apart'),
        throws: {
          ERR_CLOSED: 'rate-limiter.refuses-when-closed',
          ERR_UNAVAILABLE: 'rate-limiter.says-when-its-backend-is-away',
        },
      },
      'RateLimiter.leave': {
        sentences: 2,
        cases: ids('rate-limiter', 'a-place-given-back-can-be-taken a-surplus-leave-is-ignored'),
      },
      'RateLimiterCapabilities.scope': {
        sentences: 2,
        cases: ids('rate-limiter', 'processes-share-the-requests-of-a-minute processes-share-the-places'),
      },
      'EntryRequest.perMinute': { sentences: 1, cases: ids('rate-limiter', 'a-limit-of-0-allows-nothing') },
      'EntryRequest.concurrent': { sentences: 1, cases: ids('rate-limiter', 'a-limit-of-0-allows-nothing') },
      'FireRequest.perMinute': { sentences: 1, cases: ids('rate-limiter', 'a-limit-of-0-allows-nothing') },
      'RateDecision.count': { sentences: 1, cases: ids('rate-limiter', 'counts-refused-requests') },
      'RateDecision.limit': { sentences: 1, cases: ids('rate-limiter', 'allows-up-to-the-limit') },
      'RateDecision.retryAfterMs': { sentences: 1, cases: ids('rate-limiter', 'tells-when-to-come-back') },
      'EntryDecision.of': { sentences: 1, cases: ids('rate-limiter', 'a-request-too-many-takes-no-place') },
    },
  },
  {
    file: 'store/sorted/sorted-backend.ts',
    title: 'SortedBackend',
    definitions: [
      'SortedReads',
      'SortedValue',
      'FoundValue',
      'SortedEntry',
      'KeyRange',
      'SortedRange',
      'SortedRange.limit',
      'compareKeys',
    ],
    members: {
      SortedBackend: {
        sentences: 15,
        cases: ids(
          'sorted-backend',
          `values-come-back-as-they-were-put keys-are-ordered-by-their-bytes no-read-sees-a-part-of-a-batch
          of-batches-that-compete-one-wins reads-see-what-was-said-to-be-written damaged.one-document-is-told-and-the-others-are-as-before`,
        ),
        why: 'how an error is told is up to the stores; what is damaged is known to each backend alone',
      },
      'SortedBackend.durable': {
        sentences: 1,
        cases: ids('sorted-backend', 'what-was-written-is-there-for-others durable.another-object-reads-what-was-put'),
      },
      'SortedBackend.view': { sentences: 2, cases: ids('sorted-backend', 'a-view-is-of-one-moment') },
      'SortedBackend.damagedParts': {
        sentences: 2,
        cases: [],
        why: 'how a part is damaged is known to its backend: spi-level tests it with damaged files',
      },
      'SortedBackend.batch': {
        sentences: 5,
        cases: ids(
          'sorted-backend',
          `a-batch-is-written-when-all-conditions-hold-and-not-otherwise of-batches-that-compete-one-wins
          what-was-written-is-there-for-others`,
        ),
        why: 'how long it gathers batches shows in the time that tests take',
      },
      'SortedReads.get': {
        sentences: 2,
        cases: ids('sorted-backend', 'what-is-not-there-is-undefined bytes-are-the-callers-own'),
      },
      'SortedReads.getMany': {
        sentences: 1,
        cases: ids('sorted-backend', 'many-values-come-in-the-order-of-their-keys'),
      },
      'SortedReads.range': { sentences: 1, cases: ids('sorted-backend', 'keys-are-ordered-by-their-bytes') },
      'SortedReads.count': {
        sentences: 2,
        cases: ids('sorted-backend', 'counts-are-those-of-ranges'),
        why: 'how quick a backend can be is its own; benches of the adapters measure it',
      },
      'KeyRange.gte': {
        sentences: 1,
        cases: ids('sorted-backend', 'ranges-begin-with-their-first-key-and-end-before-their-last'),
      },
      'KeyRange.lt': {
        sentences: 2,
        cases: ids('sorted-backend', 'ranges-begin-with-their-first-key-and-end-before-their-last'),
      },
      'SortedRange.reverse': {
        sentences: 1,
        cases: ids('sorted-backend', 'a-range-is-turned-round-before-it-is-cut'),
      },
      'SortedRange.skip': { sentences: 1, cases: ids('sorted-backend', 'a-range-is-turned-round-before-it-is-cut') },
      SortedBatch: { sentences: 1, cases: ids('sorted-backend', 'no-read-sees-a-part-of-a-batch') },
      SortedCondition: {
        sentences: 1,
        cases: ids('sorted-backend', 'a-batch-is-written-when-all-conditions-hold-and-not-otherwise'),
      },
      SortedOperation: { sentences: 1, cases: ids('sorted-backend', 'removing-what-is-not-there-is-no-error') },
    },
  },
  {
    file: 'log-store/log-store.ts',
    title: 'LogStore',
    definitions: ['LogStoreCapabilities', 'LogStoreCapabilities.collects'],
    members: {
      LogStore: { sentences: 3, cases: ids('log', 'opens-and-closes-repeatedly refuses-when-closed') },
      'LogStore.keep': {
        sentences: 4,
        cases: ids('log', 'lines-are-fetched-as-they-were-kept no-lines-are-none'),
        why: 'what a rejection costs is the invoker’s, and tested there',
      },
      'LogStore.fetch': {
        sentences: 3,
        cases: ids(
          'log',
          'activations-are-separate another-namespace-gets-nothing what-nobody-kept-is-undefined-or-empty',
        ),
        throws: { ERR_UNAVAILABLE: 'log.says-when-its-backend-is-away' },
      },
    },
  },
  {
    file: 'invoker/parts/pool-policy.ts',
    title: 'PoolPolicy',
    definitions: [
      'KeepAlive',
      'Demand',
      'Demand.runMs',
      'Demand.ahead',
      'Demand.slots',
      'Demand.startMs',
      'IdleContainer',
      'IdleContainer.key',
      'IdleContainer.idleSinceMs',
      'Arrival',
      'Arrival.key',
      'Arrival.nowMs',
      'ContainerStart',
      'ContainerStart.tookMs',
      'Prewarm',
      'FixedPolicyOptions',
      'FixedPolicyOptions.hostLoad',
      'fixedPolicy',
    ],
    members: {
      PoolPolicy: { sentences: 2, cases: ids('pool-policy', 'looks-at-no-more-however-many-there-are') },
      'PoolPolicy.keepAlive': { sentences: 1, cases: ids('pool-policy', 'keeps-containers-for-a-time') },
      'PoolPolicy.victim': {
        sentences: 2,
        cases: ids('pool-policy', 'victims-are-of-those-shown makes-room-again-and-again'),
      },
      'PoolPolicy.arrived': { sentences: 1, cases: ids('pool-policy', 'can-be-told-anything') },
      'PoolPolicy.initialised': { sentences: 1, cases: ids('pool-policy', 'can-be-told-anything') },
      'PoolPolicy.worth': { sentences: 1, cases: ids('pool-policy', 'worth-is-a-number') },
      'PoolPolicy.evicted': { sentences: 1, cases: ids('pool-policy', 'can-be-told-anything') },
      'KeepAlive.prewarm': { sentences: 2, cases: ids('pool-policy', 'prewarms-after-a-time') },
      'Prewarm.afterMs': { sentences: 1, cases: ids('pool-policy', 'prewarms-after-a-time') },
      'Prewarm.keepMs': { sentences: 1, cases: ids('pool-policy', 'prewarms-after-a-time') },
      'PoolPolicy.reuseWait': { sentences: 1, cases: ids('pool-policy', 'waits-for-a-time') },
      'PoolPolicy.stemCells': { sentences: 1, cases: ids('pool-policy', 'stem-cells-are-a-number') },
      'KeepAlive.suspendAfterMs': { sentences: 1, cases: ids('pool-policy', 'keeps-containers-for-a-time') },
      'KeepAlive.destroyAfterMs': { sentences: 1, cases: ids('pool-policy', 'keeps-containers-for-a-time') },
    },
  },
]
