import {
  numberOf,
  stringifyJson,
  SystemActionError,
  type JsonObject,
  type JsonValue,
  type SystemAction,
  type SystemCall,
} from '@stemcell/core'
import { adapterOf, type SystemPackageAdapter } from '../adapter-of.ts'
import { asObject, nameIn, namesIn, othersOf, picked } from './arguments.ts'
import { invoke, pathOf } from './invocation.ts'

const ECHO = 'utils/echo'

/** Each runs other actions in the name of its caller. */
const ACTIONS: readonly SystemAction[] = [
  {
    name: 'eca',
    description: 'Event-Condition-Action: run condition action and if the result is successful run next action.',
    takes: [
      { name: '$conditionName', description: 'The condition; an error means no', required: true, type: 'string' },
      { name: '$actionName', description: 'What to run when the condition holds', required: true, type: 'string' },
    ],
    annotations: {
      sampleInput: { $conditionName: ECHO, $actionName: ECHO, error: true },
      sampleOutput: { $eca: 'Condition was false.' },
    },
    run: eca,
  },
  {
    name: 'forwarder',
    description: 'Forward parameters around another action.',
    takes: [
      { name: '$actionName', description: 'The action', required: true, type: 'string' },
      { name: '$actionArgs', description: 'Names of what the action gets', required: true, type: 'array' },
      { name: '$forward', description: 'Names of what its result is laid over', required: true, type: 'array' },
    ],
    annotations: {
      sampleInput: { $actionName: ECHO, $actionArgs: ['x'], $forward: ['y'], x: true, y: true },
      sampleOutput: { x: true, y: true },
    },
    run: forwarder,
  },
  {
    name: 'retry',
    description: 'Retry invoking an action until success or attempt count is exhausted, which ever comes first.',
    takes: [
      { name: '$actionName', description: 'The action', required: true, type: 'string' },
      { name: '$attempts', description: 'How often it is tried, at least 1', required: true, type: 'integer' },
    ],
    annotations: {
      sampleInput: { $actionName: ECHO, $attempts: 2, error: true },
      sampleOutput: { error: 'Invocation failed. No retries left.' },
    },
    run: retry,
  },
  {
    name: 'trycatch',
    description: 'Wraps an action with a try-catch. If the action fails, invokes a second action to handle the error.',
    takes: [
      { name: '$tryName', description: 'The action to try', required: true, type: 'string' },
      { name: '$catchName', description: 'What gets the error if it fails', required: true, type: 'string' },
    ],
    annotations: {
      sampleInput: { $tryName: ECHO, $catchName: ECHO, error: true },
      sampleOutput: { error: true },
    },
    run: tryCatch,
  },
  {
    name: 'trigger',
    description: 'Fires a trigger with the other arguments.',
    takes: [{ name: '$triggerName', description: 'The trigger', required: true, type: 'string' }],
    annotations: { sampleInput: { $triggerName: 'tick', x: 1 }, sampleOutput: { activationId: '0'.repeat(32) } },
    run: fire,
  },
  {
    name: 'vacuum',
    description: 'Runs an action and swallows what comes of it, an error too.',
    takes: [{ name: '$actionName', description: 'The action', required: true, type: 'string' }],
    annotations: { sampleInput: { $actionName: ECHO, x: 1 }, sampleOutput: {} },
    run: vacuum,
  },
]

/** The package `/whisk.system/combinators`. */
export function combinators(): SystemPackageAdapter {
  return adapterOf(() => ({
    name: 'combinators',
    description: 'Actions combinators for richer composition',
    actions: ACTIONS,
  }))
}

async function eca(call: SystemCall): Promise<JsonObject> {
  const { parameters } = call
  const condition = nameIn(parameters, '$conditionName')
  const action = nameIn(parameters, '$actionName')
  const others = othersOf(parameters, ['$conditionName', '$actionName'])
  if (!(await invoke(call, condition, others)).ok) return { $eca: 'Condition was false.' }
  return asObject(await resultOf(call, action, others))
}

async function forwarder(call: SystemCall): Promise<JsonObject> {
  const { parameters } = call
  const action = nameIn(parameters, '$actionName')
  const taken = namesIn(parameters, '$actionArgs')
  // OpenWhisk's text has the name this way.
  const forwarded = namesIn(parameters, '$forward', '$toFoward')
  const result = await resultOf(call, action, picked(parameters, taken))
  return { ...picked(parameters, forwarded), ...asObject(result) }
}

async function retry(call: SystemCall): Promise<JsonObject> {
  const { parameters, signal, log } = call
  const { $actionName: action, $attempts: given } = parameters
  const attempts = numberOf(given)
  if (typeof action !== 'string') {
    throw new SystemActionError(`Expected an argument '$actionName' of type 'string', got '${shown(action)}'.`)
  }
  if (attempts === undefined || !(attempts >= 1)) {
    const wanted = "Expected an argument '$attempts' of type 'number' and greater than zero"
    throw new SystemActionError(`${wanted}, got '${shown(given)}'.`)
  }
  const others = othersOf(parameters, ['$actionName', '$attempts'])
  for (let left = attempts; left > 0 && !signal.aborted; left--) {
    const ending = await invoke(call, action, others)
    if (ending.ok) return asObject(ending.result)
    log(`attempt ${left} failed, retrying`)
  }
  throw new SystemActionError('Invocation failed. No retries left.')
}

async function tryCatch(call: SystemCall): Promise<JsonObject> {
  const { parameters, log } = call
  const tried = nameIn(parameters, '$tryName')
  const catcher = nameIn(parameters, '$catchName')
  const ending = await invoke(call, tried, othersOf(parameters, ['$tryName', '$catchName']))
  if (ending.ok) return asObject(ending.result)
  log(`try ${tried} failed, catching with ${catcher}`)
  const caught = await invoke(
    call,
    catcher,
    asObject(ending.result ?? { error: ending.body, statusCode: ending.status }),
  )
  if (caught.ok || caught.result !== undefined) return asObject(caught.result!)
  throw new SystemActionError({ message: `There was a problem invoking ${catcher}.`, cause: caught.body })
}

async function fire({ parameters, client }: SystemCall): Promise<JsonObject> {
  const trigger = nameIn(parameters, '$triggerName')
  const { status, body } = await client.request(
    'POST',
    pathOf('triggers', trigger),
    othersOf(parameters, ['$triggerName']),
  )
  // Without an active rule nothing is done, and there is no activation.
  if (status === 204) return {}
  if (status === 202) return asObject(body!)
  throw new SystemActionError({ message: `There was a problem firing ${trigger}.`, cause: body ?? null })
}

async function vacuum(call: SystemCall): Promise<JsonObject> {
  const { parameters, log } = call
  const action = nameIn(parameters, '$actionName')
  const { ok } = await invoke(call, action, othersOf(parameters, ['$actionName']))
  log(`${action} ${ok ? 'succeeded' : 'failed'}`)
  return {}
}

/** @throws SystemActionError the action failed */
async function resultOf(call: SystemCall, action: string, parameters: JsonObject): Promise<JsonValue> {
  const ending = await invoke(call, action, parameters)
  if (ending.ok) return ending.result
  call.log(stringifyJson(ending.body))
  throw new SystemActionError(`There was a problem invoking ${action}`)
}

function shown(value: JsonValue | undefined): string {
  return typeof value === 'object' ? stringifyJson(value) : String(value)
}
