import { annotation, stagesOf, STATUS_TEXTS, statusOf, type Activation, type ActivationSummary } from './entities.ts'
import { duration } from '../parts/format.ts'

const STAGE_WORDS: Readonly<Record<string, string>> = {
  queue: 'waiting for an invoker, from the request to the queue’s other end',
  acquire: 'getting a container',
  init: 'initialising the container with the code',
  run: 'running the code',
  logs: 'reading its logs',
}

/** How the container was had, in one word; undefined when the record does not tell. */
export function startOf(activation: ActivationSummary): 'hot' | 'resumed' | 'stemcell' | 'cold' | undefined {
  const acquired = annotation(activation, 'acquired')
  const how = typeof acquired === 'object' && acquired !== null && 'how' in acquired ? acquired.how : undefined
  return how === 'hot' || how === 'resumed' || how === 'stemcell' || how === 'cold' ? how : undefined
}

/** Why an activation was cold, slow or not a success: one sentence for each. */
export function explain(activation: Activation): readonly string[] {
  return [...whyStarted(activation), ...whySlow(activation), ...whyFailed(activation)]
}

function whyStarted(activation: Activation): string[] {
  const { acquire = 0, init } = stagesOf(activation)
  const acquired = annotation(activation, 'acquired') as { how?: string; reason?: string } | undefined
  const began = init === undefined ? '' : `, and initialising it took ${duration(init)}`
  switch (acquired?.how) {
    case 'hot':
      return [
        acquired.reason === 'joined'
          ? `It joined a container that another activation was still initialising, and waited ${duration(acquire)} for it.`
          : 'It was warm: a container of the action was ready.',
      ]
    case 'resumed':
      return [`A suspended container of the action was resumed, in ${duration(acquire)}.`]
    case 'stemcell':
      return [`It was half cold: a prepared container (a stem cell) was taken${began}.`]
    case 'cold':
      return [`It was cold: ${coldReason(acquired.reason)} Making one took ${duration(acquire)}${began}.`]
    case undefined:
    default:
      return []
  }
}

function coldReason(reason: string | undefined): string {
  switch (reason) {
    case 'all-busy':
      return 'every container of the action was busy, and waiting for one would have taken longer.'
    case 'replacement':
      return 'a container refused it, and another was made in its place.'
    case undefined:
    default:
      return 'there was no container of the action, and no stem cell that fits.'
  }
}

function whySlow(activation: Activation): string[] {
  const stages = Object.entries(stagesOf(activation)).filter(([stage]) => stage !== 'logs')
  const total = stages.reduce((sum, [, ms]) => sum + Number(ms), 0)
  const [stage, ms] = stages.toSorted(([, left], [, right]) => Number(right) - Number(left))[0] ?? []
  if (stage === undefined || total < 10) return []
  const share = Math.round((Number(ms) / total) * 100)
  return [
    `Most of its ${duration(total)} went into ${STAGE_WORDS[stage] ?? stage}: ${duration(Number(ms))}, ${share} %.`,
  ]
}

function whyFailed(activation: Activation): string[] {
  const status = statusOf(activation)
  if (status === 0) return []
  if (annotation(activation, 'timeout') === true) {
    return ['It ran into the time limit of the action and was stopped. Raise the limit, or make the code quicker.']
  }
  const error = errorText(activation)
  const said = error === '' ? '' : ` It said: ${error}`
  switch (status) {
    case 1:
      return [`The code ended with an error of its own (${STATUS_TEXTS[1]}).${said}`]
    case 2:
      return [`The code could not be run, or broke down (${STATUS_TEXTS[2]}).${said}`]
    default:
      return [`The platform could not do it (${STATUS_TEXTS[3]}); that is not the fault of the code.${said}`]
  }
}

function errorText({ response: { result } }: Activation): string {
  if (typeof result !== 'object' || result === null || !('error' in result)) return ''
  const text = typeof result.error === 'string' ? result.error : JSON.stringify(result.error)
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}

/** What a refusal of the API means for whoever invoked. */
export function explainRefusal(status: number, message: string): string {
  switch (status) {
    case 429:
      return `Refused, not run: a limit of the namespace is reached. ${message}`
    case 503:
      return `Refused, not run: there is no room on the invokers, or none is up. ${message}`
    case 413:
      return `Refused: the input is too large. ${message}`
    case 401:
      return 'Refused: the key is not accepted any more.'
    case 403:
      return `Refused: the key may not do this. ${message}`
    case 404:
      return `Not found. ${message}`
    default:
      return message
  }
}
