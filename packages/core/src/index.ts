export { ERROR_CODES, isPlatformError, PlatformError, type ErrorCode, type PlatformErrorOptions } from './errors.ts'
export { isPromise, type Lifecycle, type MaybePromise } from './lifecycle.ts'
export { silentLogger, type Logger } from './log.ts'
export { connectionCap, SECOND_SHARE } from './connection-cap.ts'
export { bounded, type BoundedServerParts } from './controller/http/http-server.ts'
export { originForm } from './controller/http/origin-form.ts'
export { tellRefusedConnections } from './controller/http/refused-connections.ts'
export {
  ApiServer,
  type HttpListener,
  type HttpRequest,
  type HttpResponse,
} from './controller/http/direct/api-server.ts'
export { DirectRequest } from './controller/http/direct/direct-request.ts'
export { DirectResponse, type TakeAnswer } from './controller/http/direct/direct-response.ts'
export { makeFolder } from './make-folder.ts'
export { KeyedLock } from './keyed-lock.ts'
export {
  CertificateFiles,
  type Certificate,
  type CertificateFilesParts,
  type TlsFiles,
} from './tls/certificate-files.ts'
export { DualResponse } from './tls/dual-response.ts'
export { renewedServer, type RenewedServer } from './tls/renewed-server.ts'
export { SecureServer, type SecureServerOptions } from './tls/secure-server.ts'
export type { StreamRequest } from './tls/stream-request.ts'

export type { Clock, Timer } from './time/clock.ts'
export { Deadline, Deadlines } from './time/deadlines.ts'
export { sleepOn } from './time/sleep-on.ts'
export { SystemClock } from './time/system-clock.ts'
export { VirtualClock } from './time/virtual-clock.ts'
export { randomText, type Random } from './time/random.ts'
export { SystemRandom } from './time/system-random.ts'
export { SeededRandom } from './time/seeded-random.ts'

export type * from './queue/queue.ts'
export { bytesBody } from './queue/message-body.ts'
export { requireGroupName, requireKey, requireTopicName } from './queue/queue-names.ts'
export { memoryQueue, MemoryQueue, type MemoryQueueOptions } from './queue/memory-queue.ts'

export type * from './store/document-store.ts'
export { ENTITY_INDEXES, type EntityIndex, type EntityStore } from './store/entity-store.ts'
export { keyPartition, SUBJECT_INDEXES, type SubjectIndex, type SubjectStore } from './store/subject-store.ts'
export type * from './store/activation-store.ts'
export { attachmentsOfEntity, isEntityDocument } from './store/attachments-of-entity.ts'
export { controllerOwner, invokerOwner } from './store/record-owner.ts'
export { reencryptParameters, type Reencryption } from './store/reencrypt-parameters.ts'
export { requirePage } from './store/require-page.ts'
export { MemoryDocumentStore } from './store/memory-document-store.ts'
export { MemoryActivationStore } from './store/memory-activation-store.ts'
export { memoryActivationStore, memoryEntityStore, memorySubjectStore } from './store/memory-stores.ts'

export type * from './auth/auth.ts'
export { announceSubjectChanges } from './messages/announce-subject-changes.ts'
export { StoreAuth, storeAuth, type StoreAuthOptions } from './auth/store-auth.ts'
export { StaticAuth, staticAuth, type StaticIdentity } from './auth/static-auth.ts'
export { AdministrationError, type AdministrationReason } from './auth/administration-error.ts'
export {
  SubjectAdministration,
  type CreateUserOptions,
  type NamespaceKey,
  type SubjectAdministrationOptions,
} from './auth/subject-administration.ts'

export type * from './load-balancer/load-balancer.ts'
export { ActionHistories, type RunReport } from './load-balancer/action-histories.ts'
export { LocalBalancer, localBalancer } from './load-balancer/local-balancer.ts'
export {
  LeastLoadedBalancer,
  leastLoadedBalancer,
  type LeastLoadedBalancerOptions,
} from './load-balancer/least-loaded-balancer.ts'
export { ShardingBalancer, shardingBalancer, type ShardingBalancerOptions } from './load-balancer/sharding-balancer.ts'
export type * from './container/container-factory.ts'
export type * from './container/activation-log.ts'
export { LogDemultiplexer, type LogFormat } from './container/log-demultiplexer.ts'
export { memoryContainers, type MemoryContainersOptions } from './container/memory-containers.ts'
export {
  simulatedContainers,
  type ContainerBehaviour,
  type SimulatedAnswer,
  type SimulatedCall,
  type SimulatedContainersOptions,
  type SimulatedStart,
  type SimulatedStep,
} from './container/simulated-containers.ts'
export {
  isSystemActionError,
  SYSTEM_KIND,
  SYSTEM_NAMESPACE,
  SystemActionError,
  type ActionInvocation,
  type ApiClient,
  type ApiResponse,
  type FiringOutcome,
  type SystemAction,
  type SystemCall,
  type SystemCaller,
  type SystemPackage,
  type SystemPackageContext,
  type SystemParameter,
  type TriggerFiring,
  type WrittenAction,
} from './system-packages/system-package.ts'
export type * from './log-store/log-store.ts'
export { RecordLogStore, recordLogStore } from './log-store/record-log-store.ts'
export type * from './rate-limiter/rate-limiter.ts'
export { LocalRateLimiter, localRateLimiter } from './rate-limiter/local-rate-limiter.ts'

export { isJsonObject, numberOf, type JsonObject, type JsonValue } from './model/json.ts'
export { canonicalJson, JsonNumber, stringifyJson } from './model/json-number.ts'
export { needsJsonNumber, parseJson } from './model/parse-json.ts'
export { JsonText } from './model/json-text.ts'
export type { Action, StoredAction } from './model/action.ts'
export type { ActionLimits } from './model/action-limits.ts'
export {
  activationFilterName,
  STATUS_TEXTS,
  type Activation,
  type ActivationResponse,
  type StatusCode,
} from './model/activation.ts'
export { activationJson, activationSummary, activationText, readActivation } from './model/activation-codec.ts'
export { ALL_RIGHTS, authKeyText, readAuthKey, type AuthKey, type Identity, type Right } from './model/identity.ts'
export { isEntityName } from './model/entity-name.ts'
export type { NamespaceLimits } from './model/namespace-limits.ts'
export { parseParameters, type Parameter, type Parameters } from './model/parameters.ts'
export {
  ParameterCipher,
  parameterCipher,
  type CipherName,
  type ParameterEncryption,
} from './model/parameter-cipher.ts'
export type { StoreLevel, StoreLevels } from './model/store-level.ts'
export { DEFAULT_PLATFORM_LIMITS, type Bounds, type PlatformLimits } from './model/platform-limits.ts'
export { DEFAULT_MANIFEST } from './assembly/default-manifest.ts'
export { parseByteSize } from './model/byte-size.ts'
export {
  parseDurationMs,
  RuntimesManifest,
  type Runtime,
  type RuntimesManifestSource,
  type StemCellPlan,
} from './model/runtimes-manifest.ts'

export {
  adapterContext,
  type Adapter,
  type AdapterContext,
  type AdapterModule,
  type ConfigurableAdapter,
} from './adapter.ts'
export * as tokens from './assembly/tokens.ts'
export { CORE_VERSION } from './assembly/core-version.ts'
export { assemble, assembleController, assembleInvoker } from './assembly/assemble.ts'
export type { ControllerNode } from './assembly/controller-node.ts'
export type { ListenOptions } from './assembly/http-listeners.ts'
export type { Trace, TraceCarrier, TracedActivation, TracedRequest, Tracer } from './model/tracer.ts'
export { mergeObservers } from './assembly/merge-observers.ts'
export type { Mount } from './assembly/mount.ts'
export type { ClusterMember } from './controller/cluster/cluster-member.ts'
export type { InvokerNode } from './assembly/invoker-node.ts'
export type { Platform } from './assembly/platform.ts'
export * as settingsSchemas from './assembly/options/settings-schema.ts'
export {
  isStandardSchema,
  standardProblems,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type SchemaInput,
  type SchemaOutput,
} from './standard-schema.ts'
export { parseOptions } from './assembly/options/parse-options.ts'
export { problems } from './assembly/options/problems.ts'
export type { ServerLink } from './controller/parts/server-link.ts'
export type { OpenCall, OpenRoute } from './controller/http/route.ts'
export type { Answer } from './controller/http/answer.ts'
export type { ActivationFacts, ControllerGauges, ControllerObserver } from './controller/parts/observer.ts'
export type { Invoker } from './invoker/invoker.ts'
export {
  DEFAULT_INVOKER_CREDENTIALS,
  invokerFront,
  type InvokerCredentials,
  type InvokerFrontOptions,
  type OpenPath,
  type PlainAnswer,
} from './invoker/http/invoker-front.ts'
export type {
  ContainerListener,
  ContainerOwnerView,
  ContainerPhase,
  ContainerView,
} from './invoker/parts/container-view.ts'
export type { InvokerObserver, PoolGauges, StageTimes, StemCellGauges } from './invoker/parts/observer.ts'
export type { Acquisition, AcquisitionReason } from './invoker/parts/job.ts'
export {
  fixedPolicy,
  type Arrival,
  type ContainerStart,
  type Demand,
  type FixedPolicyOptions,
  type IdleContainer,
  type KeepAlive,
  type PoolPolicy,
  type Prewarm,
} from './invoker/parts/pool-policy.ts'
export type { UnlockParameter } from './invoker/proxy/payload.ts'
export {
  EVENTS_TOPIC,
  readEvent,
  type ActivationEvent,
  type EventMessage,
  type MetricEvent,
} from './messages/event-message.ts'
export type { ApiOptions } from './controller/parts/api-options.ts'
export type { RetentionOptions } from './controller/activations/record-retention.ts'
export type {
  ControllerOptions,
  InvokerIdentity,
  InvokerNodeOptions,
  Part,
  PlatformObservers,
  PlatformOptions,
} from './assembly/platform-options.ts'
export type { EmbeddedClient, EmbeddedResponse } from './assembly/embedded-client.ts'
export { ApiRequestError } from './assembly/api-request-error.ts'
export type {
  ApiAction,
  ApiActivation,
  ApiActivationPage,
  ApiActivationSummary,
  ApiKeyValue,
  ApiPackage,
  ApiPage,
  ApiRule,
  ApiTrigger,
} from './assembly/api-entities.ts'
export {
  defineAdapter,
  type AdapterDefinition,
  type AdapterOf,
  type AdapterParts,
  type DefinedPart,
} from './assembly/define-adapter.ts'
