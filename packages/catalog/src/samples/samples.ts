import { stringifyJson, SystemActionError, type JsonValue, type SystemAction } from '@stemcell/core'
import { adapterOf, type SystemPackageAdapter } from '../adapter-of.ts'

const GREETED = [
  { name: 'name', description: 'Who is greeted', required: false },
  { name: 'place', description: 'Where they are from', required: false },
]

/** What people try first. */
const ACTIONS: readonly SystemAction[] = [
  {
    name: 'helloWorld',
    description: 'Demonstrates logging facilities',
    takes: [{ name: 'payload', description: 'The string to be included in the log record', required: false }],
    annotations: {
      sampleInput: { payload: 'Cat' },
      sampleOutput: {},
      sampleLogOutput: '2016-03-22T01:02:26.387624916Z stdout: hello Cat!',
    },
    run: ({ parameters: { payload }, log }) => {
      log(`hello ${shown(payload)}!`)
      return {}
    },
  },
  {
    name: 'greeting',
    description: 'Returns a friendly greeting',
    takes: GREETED,
    annotations: {
      sampleInput: { payload: 'Cat', place: 'Narrowsburg' },
      sampleOutput: { payload: 'Hello, Cat from Narrowsburg!' },
    },
    run: ({ parameters, log }) => {
      log(`params: ${stringifyJson(parameters)}`)
      return { payload: greetingOf(parameters) }
    },
  },
  {
    name: 'helloPromises',
    description: 'Returns a friendly greeting as an array of words',
    takes: GREETED,
    annotations: {
      sampleInput: { payload: 'Cat', place: 'Narrowsburg' },
      sampleOutput: { lines: ['Hello,', 'Cat', 'from', 'Narrowsburg!'] },
    },
    run: ({ parameters }) => Promise.resolve({ lines: greetingOf(parameters).split(' ') }),
  },
  {
    name: 'wordCount',
    description: 'Count words in a string',
    takes: [{ name: 'payload', description: 'A string', required: true }],
    annotations: { sampleInput: { payload: 'Five fuzzy felines' }, sampleOutput: { count: 3 } },
    run: ({ parameters: { payload }, log }) => {
      if (typeof payload !== 'string') throw new SystemActionError("Expected an argument 'payload' of type 'string'.")
      const count = payload.split(' ').length
      log(`The message '${payload}' has ${count} words`)
      return { count }
    },
  },
  {
    name: 'printParams',
    description: 'Print the parameters to the log, sorted by their names',
    annotations: { sampleInput: { x: 1, b: 5, z: 2 }, sampleOutput: { params: { b: 5, x: 1, z: 2 } } },
    run: ({ parameters, log }) => {
      const params = Object.fromEntries(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)))
      for (const [name, value] of Object.entries(params)) log(`params.${name}: ${shown(value)}`)
      return { params }
    },
  },
]

/** The package `/whisk.system/samples`. */
export function samples(): SystemPackageAdapter {
  return adapterOf(() => ({
    name: 'samples',
    description: 'A suite of simple actions to help you get started',
    actions: ACTIONS,
  }))
}

function greetingOf({ name, payload, place }: Readonly<Record<string, JsonValue>>): string {
  return `Hello, ${shown(name || payload || 'stranger')} from ${shown(place || 'somewhere')}!`
}

function shown(value: JsonValue | undefined): string {
  return typeof value === 'object' ? stringifyJson(value) : String(value)
}
