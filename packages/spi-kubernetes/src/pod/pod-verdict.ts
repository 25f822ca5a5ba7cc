import type { ContainerExit } from '@stemcell/core'
import { exitReason } from '@stemcell/core/container-engine'
import type { ContainerStatus, Pod, PodCondition, Termination } from '../api/pod.ts'
import { ACTION } from './pod-request.ts'

/** Why a pod does not start. `words` are those of Kubernetes, for the operator. */
export interface StartFailure {
  readonly cause: 'no-image' | 'pull' | 'program' | 'root' | 'ended' | 'evicted' | 'removed' | 'pod'
  readonly words: string
}

/** Words of the kubelet for what keeps a container from starting, and does not pass by itself. */
const WAITING: Readonly<Record<string, StartFailure['cause']>> = {
  ErrImageNeverPull: 'no-image',
  InvalidImageName: 'no-image',
  ErrImagePull: 'pull',
  ImagePullBackOff: 'pull',
  RegistryUnavailable: 'pull',
  ImageInspectError: 'pull',
  CreateContainerConfigError: 'pod',
  CreateContainerError: 'program',
  RunContainerError: 'program',
}
/** The program could not be executed. */
const NO_PROGRAM = new Set(['StartError', 'ContainerCannotRun'])
const AS_ROOT = /runAsNonRoot|will run as root|non-numeric user/

/** Where it listens, once its container runs. */
export function addressOf(pod: Pod): string | undefined {
  return statusOf(pod)?.state?.running ? pod.status?.podIP : undefined
}

export function isPlaced({ spec, status }: Pod): boolean {
  return spec.nodeName !== undefined || status?.conditions?.some(isScheduled) === true
}

/** What the scheduler says to a pod that it finds no node for. */
export function unschedulable({ status }: Pod): string | undefined {
  const said = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False')
  return said && `${said.reason ?? 'Unschedulable'}: ${said.message ?? ''}`
}

export function startFailure(pod: Pod): StartFailure | undefined {
  const evicted = evictionOf(pod)
  if (evicted !== undefined) return { cause: 'evicted', words: evicted }
  const status = statusOf(pod)
  const ended = status?.state?.terminated
  if (ended) return { cause: NO_PROGRAM.has(ended.reason ?? '') ? 'program' : 'ended', words: wordsOf(ended) }
  for (const one of [...(pod.status?.initContainerStatuses ?? []), ...(status ? [status] : [])]) {
    const { reason = '', message = '' } = one.state?.waiting ?? {}
    const cause = WAITING[reason]
    if (cause) return { cause: AS_ROOT.test(message) ? 'root' : cause, words: `${reason}: ${message}` }
  }
  if (pod.status?.phase === 'Failed')
    return { cause: 'pod', words: pod.status.message ?? pod.status.reason ?? 'Failed' }
  if (pod.metadata.deletionTimestamp !== undefined) return { cause: 'removed', words: 'it was deleted' }
  return undefined
}

/** How the container ended, if it has. `lastWords` is the end of its standard error as far as it was read. */
export function exitOf(pod: Pod, lastWords: string): ContainerExit | undefined {
  const ended = statusOf(pod)?.state?.terminated
  // How a container ended that somebody took away says nothing about the action.
  if (evictionOf(pod) !== undefined || disruptionOf(pod)) return ended || isOver(pod) ? { reason: 'lost' } : undefined
  if (!ended) return isOver(pod) ? { reason: 'lost' } : undefined
  // The node lost sight of the container, and calls that 137.
  if (ended.reason === 'ContainerStatusUnknown') return { reason: 'lost' }
  return exitReason(ended.exitCode, ended.reason === 'OOMKilled', lastWords || (ended.message ?? ''))
}

/** What the node says to a pod that it does not keep. */
export function evictionOf({ status }: Pod): string | undefined {
  if (status?.phase !== 'Failed' || status.reason === undefined) return undefined
  return `${status.reason}: ${status.message ?? ''}`
}

/** Who takes it away, or is about to: the node for want of memory, whoever empties the node, the scheduler for other pods. */
export function disruptionOf({ status }: Pod): PodCondition | undefined {
  return status?.conditions?.find((one) => one.type === 'DisruptionTarget' && one.status === 'True')
}

function isOver({ status }: Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded'
}

export function statusOf({ status }: Pod): ContainerStatus | undefined {
  return status?.containerStatuses?.find(({ name }) => name === ACTION)
}

function isScheduled({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return type === 'PodScheduled' && status === 'True'
}

function wordsOf({ exitCode, reason, message }: Termination): string {
  return `${reason ?? 'Error'}, exit code ${exitCode}${message ? `: ${message}` : ''}`
}
