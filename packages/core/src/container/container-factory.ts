import type { Lifecycle } from '../lifecycle.ts'
import type { ActivationLog } from './activation-log.ts'

/**
 * ContainerFactory SPI: makes containers that speak the action runtime contract (`POST /init`, `POST /run`). It knows
 * nothing of actions, pools or queues.
 *
 * Every container carries labels, so that those of an invoker that died can be found and removed. `close()` destroys
 * every container that this factory object made, also those that had ended by themselves.
 */
export interface ContainerFactory extends Lifecycle {
  readonly capabilities: ContainerCapabilities

  /**
   * Resolves once the container accepts `/init` and was primed: the first `/init` is as fast as any.
   * Nothing is left behind when it throws or when `signal` aborts.
   * @throws ERR_CLOSED       not open.
   * @throws ERR_UNSUPPORTED  the kind or image cannot be run by this factory; the message names it and is meant for the
   *                          user.
   * @throws ERR_START_FAILED the platform's fault: no resources, engine error, no readiness in time, or `signal` aborted.
   * @throws ERR_IMAGE        the user image's fault; the message is meant for the user.
   * @throws ERR_UNAVAILABLE  the engine does not answer.
   */
  create(spec: ContainerSpec, options?: { readonly signal?: AbortSignal }): Promise<Container>

  /** Containers, in any state, with these labels; also those of earlier processes. */
  list(owner: ContainerOwner): Promise<readonly ContainerSummary[]>

  /**
   * Destroys every container with these labels that this factory object did not make: what an earlier process left
   * behind. Never touches others. Returns how many it destroyed.
   */
  reap(owner: ContainerOwner): Promise<number>
}

/** What a factory promises beyond its methods. */
export interface ContainerCapabilities {
  /** A suspended container uses no CPU, nor does anything that it started. Without it, `suspend` throws ERR_UNSUPPORTED. */
  readonly suspend: boolean
  /** `memoryMb` is enforced, and death by it is reported as `out-of-memory`. */
  readonly memoryLimit: boolean
  /**
   * `cpu` is enforced. Without it the platform accepts the limit all the same, keeps and shows it, and its pools count
   * it where they are told what the host has (`userCpus`): what a container really takes is then the host's business.
   */
  readonly cpuLimit: boolean
  /** Runs user images. */
  readonly images: boolean
  /**
   * Log lines are attributed at the source: logs stay apart when several activations run at once. Of an image that
   * cannot do that, a user's own for example, logs stay apart as long as its activations run one after another.
   */
  readonly attributedLogs: boolean
  /** What separates actions from the host: `none` shares the process, `process` shares the user, `container` is isolated. */
  readonly isolation: 'none' | 'process' | 'container'
}

/** Whose a container is; it carries both as labels. */
export interface ContainerOwner {
  /** Identifies the installation; containers of other installations on the same engine are never touched. */
  readonly platform: string
  readonly invoker: string
}

/** What kind of container is wanted. */
export interface ContainerSpec {
  readonly owner: ContainerOwner
  /** Kind of the runtimes manifest, e.g. `nodejs:20`, or `blackbox`. */
  readonly kind: string
  /** Full image name `[registry/][prefix/]name[:tag]`. */
  readonly image: string
  /** The user's own image: it may have to be pulled, and its errors are the user's. */
  readonly userImage: boolean
  readonly memoryMb: number
  /** Share of a core, e.g. 0.5. Undefined: derived from memory, or unlimited, as the factory's options say. */
  readonly cpu?: number
  /** Runs that may be sent at once, >= 1. The factory tells the runtime (`__OW_ALLOW_CONCURRENT`) when it is above 1. */
  readonly maxConcurrent: number
  /** Environment of the container itself (`__OW_API_HOST`, …). The host's environment is never passed on. */
  readonly environment: Readonly<Record<string, string>>
  /** Further labels (`namespace`, `action`); absent for stem cells. */
  readonly labels: Readonly<Record<string, string>>
}

/** A container as a listing shows it. */
export interface ContainerSummary {
  readonly id: string
  readonly state: 'running' | 'suspended' | 'dead'
  readonly labels: Readonly<Record<string, string>>
}

/**
 * One container. `init` is called once, then `run` up to `maxConcurrent` at a time, and more only with
 * {@link CallOptions.behind}. `suspend`, `resume` and `destroy`
 * are not called while another of them is pending, except `destroy`, which may interrupt anything.
 */
export interface Container {
  readonly id: string

  /** Settles once, when the container is gone for whatever reason; never rejects. */
  readonly exited: Promise<ContainerExit>

  /**
   * Sends one request of the runtime contract; `body` is JSON text. The reply's status and body are the runtime's
   * own: judging them is the caller's business.
   * @throws ERR_NOT_REACHED     nothing was sent, or it certainly did not begin.
   * @throws ERR_RECALLED        it was sent behind others, and asked back before it began: the container goes on.
   * @throws ERR_CONNECTION_LOST the connection broke; await `exited` briefly for the reason.
   * @throws ERR_TIMEOUT         `timeoutMs` passed; the code may still be running: destroy the container.
   */
  init(body: string, options: CallOptions): Promise<RuntimeReply>
  run(body: string, options: CallOptions): Promise<RuntimeReply>

  /**
   * Opens the log of one activation. Call it before the activation's first request; lines written by the runtime
   * before it are not delivered. Where `attributedLogs` is false at most one is open at a time.
   */
  openLog(activationId: string, options: LogOptions): ActivationLog

  /**
   * Asks for the runs back that were sent {@link CallOptions.behind} others and have not begun: each of those fails with
   * ERR_RECALLED, as soon as the runtime hears of it. Present where replies may be {@link RuntimeReply.brief}.
   */
  recall?(): void

  /** @throws ERR_UNSUPPORTED, ERR_UNAVAILABLE; afterwards the container's state is unknown: destroy it. */
  suspend(): Promise<void>
  resume(): Promise<void>

  /** Kills the container and everything in it, and removes what belonged to it. Idempotent; works in every state. */
  destroy(): Promise<void>
}

/** Bounds of one call of `/init` or `/run`. */
export interface CallOptions {
  readonly timeoutMs: number
  /**
   * The run may have to wait in the runtime for those that were sent before it: its time begins when the last of them has
   * ended, of which it is told then. Only after a reply that was {@link RuntimeReply.brief}.
   */
  readonly behind?: () => void
  /** A longer reply is cut to `truncateAtBytes` and marked. */
  readonly maxReplyBytes: number
  readonly truncateAtBytes: number
}

/** How the log of one activation is collected. */
export interface LogOptions {
  readonly limitBytes: number
  /**
   * No other activation runs meanwhile, though the log of the one before may still be open: what nobody says whose it
   * is, as the output of child processes, is of the one that began first and has not ended. Default false: then it is
   * nobody's unless a single log is open.
   */
  readonly alone?: boolean
}

/** What the runtime in a container answered. */
export interface RuntimeReply {
  readonly status: number
  readonly body: string
  /** Length of the whole body, also when it was cut. */
  readonly bodyBytes: number
  readonly truncated: boolean
  /**
   * The runtime says that it printed nothing for the activation, and that it marks no end of the log. A factory lets it
   * say so only where all that child processes wrote before the reply is in the log within a turn of the event loop.
   */
  readonly silent?: boolean
  /**
   * The run took less than a tenth of a millisecond, and the runtime has others wait that are sent meanwhile: it begins
   * one after the other, and none before the reply of the one before it is on its way.
   */
  readonly brief?: boolean
}

/** Why a container is no more. */
export interface ContainerExit {
  readonly reason: 'exited' | 'out-of-memory' | 'destroyed' | 'lost'
  readonly exitCode?: number
  /** e.g. `SIGKILL`. */
  readonly signal?: string
}
