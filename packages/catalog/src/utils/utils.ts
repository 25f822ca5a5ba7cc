import type { Clock, JsonObject, JsonValue, SystemAction, SystemCall } from '@stemcell/core'
import { numberOf, stringifyJson, SystemActionError } from '@stemcell/core'
import { adapterOf, type SystemPackageAdapter } from '../adapter-of.ts'
import { hostUrl } from './host-url.ts'

const LINES = { name: 'lines', description: 'An array of strings or numbers', required: true, type: 'array' }
const FELINES = { payload: 'Five fuzzy felines' }

/** The package `/whisk.system/utils`: building blocks for sequences. */
export function utils(): SystemPackageAdapter {
  return adapterOf(({ clock }) => ({
    name: 'utils',
    description: 'Building blocks that format and assemble data',
    actions: actions(clock),
  }))
}

function actions(clock: Clock): readonly SystemAction[] {
  return [
    {
      name: 'echo',
      description: 'Returns the input',
      takes: [{ name: 'payload', description: 'Any JSON entity', required: false }],
      annotations: { sampleInput: FELINES, sampleOutput: FELINES },
      run: ({ parameters, list }) => (list ? [...list] : parameters),
    },
    {
      name: 'cat',
      description: 'Concatenates input into a string',
      takes: [LINES],
      annotations: { sampleInput: { lines: [4, 2, 3] }, sampleOutput: { lines: [4, 2, 3], payload: '4\n2\n3' } },
      run: (call) => {
        const lines = linesOf(call)
        return { lines, payload: lines.map(textOf).join('\n') }
      },
    },
    {
      name: 'smash',
      description: 'Nests all properties under given property',
      takes: [{ name: '$fieldName', description: 'What to nest them under', required: true, type: 'string' }],
      annotations: {
        sampleInput: { a: 1, b: { c: 2, d: 3 }, $fieldName: 'p' },
        sampleOutput: { p: { a: 1, b: { c: 2, d: 3 } } },
      },
      run: ({ parameters }) => {
        const { $fieldName: field, ...others } = parameters
        if (typeof field !== 'string')
          throw new SystemActionError("Expected an argument '$fieldName' of type 'string'.")
        // Whatever the name: `__proto__` is an ordinary one.
        return Object.fromEntries([[field, others]])
      },
    },
    {
      name: 'split',
      description: 'Split a string into an array',
      takes: [
        { name: 'payload', description: 'A string', required: true },
        { name: 'separator', description: 'Where to split it; default: at the ends of lines', required: false },
      ],
      annotations: {
        sampleInput: { payload: 'one,two,three', separator: ',' },
        sampleOutput: { lines: ['one', 'two', 'three'], payload: 'one,two,three' },
      },
      run: ({ parameters: { payload, separator } }) => {
        if (payload === undefined || payload === null) throw new SystemActionError("Expected an argument 'payload'.")
        const at = separator === undefined || separator === null || separator === '' ? /\r?\n/ : textOf(separator)
        return { lines: textOf(payload).split(at), payload }
      },
    },
    {
      name: 'sort',
      description: 'Sorts an array',
      takes: [{ ...LINES, description: 'An array of strings; what is no string is sorted as its text' }],
      annotations: { sampleInput: { lines: [4, 2, 3] }, sampleOutput: { lines: [2, 3, 4], length: 3 } },
      run: (call) => {
        const lines = linesOf(call).sort((a, b) => order(textOf(a), textOf(b)))
        return { lines, length: lines.length }
      },
    },
    {
      name: 'head',
      description: 'Extract prefix of an array',
      takes: [
        LINES,
        { name: 'num', description: 'The length of the prefix; default 1', required: false, type: 'integer' },
      ],
      annotations: { sampleInput: { lines: [4, 2, 3], num: 2 }, sampleOutput: { lines: [4, 2], num: 2 } },
      run: (call) => {
        const { num } = call.parameters
        const given = num === undefined || num === null || num === '' || numberOf(num) === 0 ? 1 : num
        const length = numberOf(given) ?? Number(given)
        if (Number.isNaN(length)) throw new SystemActionError("Expected an argument 'num' of type 'number'.")
        return { lines: linesOf(call).slice(0, length), num: given }
      },
    },
    {
      name: 'date',
      description: 'Current date and time',
      annotations: { sampleOutput: { date: '2016-03-22T00:59:55.961Z' } },
      run: ({ log }) => {
        const date = new Date(clock.now()).toISOString()
        log(`It is now ${date}`)
        return { date }
      },
    },
    {
      name: 'namespace',
      description: 'Returns namespace for the authorization key used to invoke this action',
      annotations: { sampleOutput: { namespace: 'guest' } },
      run: ({ caller }) => ({ namespace: caller.namespace }),
    },
    {
      name: 'hosturl',
      description: 'Returns the URL to activate an action or trigger',
      takes: [
        { name: 'web', description: 'True for web actions', type: 'boolean' },
        { name: 'ext', description: 'Extension of a web action: .html, .http, .json, .text', type: 'string' },
        { name: 'trigger', description: 'True for a trigger instead of an action', type: 'boolean' },
        { name: 'path', description: 'Name of the action, or <package>/<action>', type: 'string' },
      ],
      annotations: {
        sampleInput: { web: true, path: 'utils/echo' },
        sampleOutput: { url: 'https://openwhisk.example.org/api/v1/web/guest/utils/echo.json' },
      },
      run: ({ parameters, apiHost, caller }) => ({ url: hostUrl(parameters, apiHost, caller.namespace) }),
    },
  ]
}

function linesOf({ parameters }: Pick<SystemCall, 'parameters'>): JsonValue[] {
  const { lines } = parameters as JsonObject
  if (lines === undefined || lines === null) return []
  if (!Array.isArray(lines)) throw new SystemActionError("Expected an array argument 'lines'.")
  return [...lines]
}

function textOf(value: JsonValue): string {
  return typeof value === 'string'
    ? value
    : value === null
      ? ''
      : typeof value === 'object'
        ? stringifyJson(value)
        : String(value)
}

/** By UTF-16 units, as JavaScript sorts texts. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
