import { expect, it } from 'vitest'
import type { Pod } from '../src/api/pod.ts'
import { addressOf, exitOf, isPlaced, startFailure, unschedulable } from '../src/pod/pod-verdict.ts'

const pod = (status: Pod['status'], spec: Pod['spec'] = {}): Pod => ({
  metadata: { name: 'a', uid: 'u' },
  spec,
  ...(status && { status }),
})
const withState = (state: object): Pod =>
  pod({ phase: 'Running', podIP: '10.0.0.9', containerStatuses: [{ name: 'action', state }] })

it('has an address once its own container runs, not a sidecar', () => {
  expect(addressOf(withState({ running: {} }))).toBe('10.0.0.9')
  expect(addressOf(withState({ waiting: { reason: 'ContainerCreating' } }))).toBeUndefined()
  const sidecar = pod({ podIP: '10.0.0.9', containerStatuses: [{ name: 'proxy', state: { running: {} } }] })
  expect(addressOf(sidecar)).toBeUndefined()
})

it('knows what keeps a container from starting', () => {
  const waits = (reason: string, message = 'why') => startFailure(withState({ waiting: { reason, message } }))?.cause
  expect(waits('ContainerCreating')).toBeUndefined()
  expect(waits('PodInitializing')).toBeUndefined()
  expect(waits('ErrImageNeverPull')).toBe('no-image')
  expect(waits('ImagePullBackOff')).toBe('pull')
  expect(waits('CreateContainerConfigError', 'secret "x" not found')).toBe('pod')
  expect(waits('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root')).toBe('root')
  expect(
    startFailure(withState({ terminated: { exitCode: 128, reason: 'StartError', message: 'no such file' } })),
  ).toEqual({
    cause: 'program',
    words: 'StartError, exit code 128: no such file',
  })
})

it('tells apart how containers end', () => {
  const ended = (exitCode: number, reason: string, message = '') =>
    exitOf(withState({ terminated: { exitCode, reason, message } }), '')
  expect(ended(7, 'Error')).toEqual({ reason: 'exited', exitCode: 7 })
  expect(ended(137, 'OOMKilled')).toMatchObject({ reason: 'out-of-memory', exitCode: 137 })
  expect(ended(134, 'Error', 'JavaScript heap out of memory')).toMatchObject({ reason: 'out-of-memory' })
  expect(ended(137, 'ContainerStatusUnknown')).toEqual({ reason: 'lost' })
  expect(exitOf(withState({ running: {} }), '')).toBeUndefined()
  const evicted = pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' })
  expect(exitOf(evicted, '')).toEqual({ reason: 'lost' })
  const state = { terminated: { exitCode: 143, reason: 'Error' } }
  const conditions = [{ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' }] as const
  expect(exitOf(pod({ conditions, containerStatuses: [{ name: 'action', state }] }), '')).toEqual({ reason: 'lost' })
  expect(exitOf(pod({ conditions }), '')).toBeUndefined()
  expect(startFailure(evicted)?.words).toBe('Evicted: The node was low on resource: memory.')
})

it('repeats what the scheduler says', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }] as const
  expect(unschedulable(pod({ phase: 'Pending', conditions }))).toBe('Unschedulable: 0/1 nodes')
  expect(isPlaced(pod({ conditions }))).toBe(false)
  expect(isPlaced(pod({}, { nodeName: 'n' }))).toBe(true)
})
