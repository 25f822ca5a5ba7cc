import { arrayOf, FLAG, nullable, open, TEXT, WHOLE, type Schema } from './schema.ts'

const PARAMETERS = nullable(
  arrayOf(
    open({ key: TEXT, value: { description: 'Any JSON.' }, init: FLAG, encryption: nullable(TEXT) }, ['key', 'value']),
  ),
)

/** Read first from the body of every PUT, whether or not it means anything there. */
const CONTENT = {
  parameters: PARAMETERS,
  annotations: PARAMETERS,
  exec: nullable(
    open(
      {
        kind: TEXT,
        code: { ...TEXT, description: 'Source text, or base64 of an archive.' },
        jar: { ...TEXT, description: 'The same as code.' },
        main: TEXT,
        image: { ...TEXT, description: 'Required for kind blackbox.' },
        components: { ...arrayOf({}), description: 'Required for kind sequence: full names of actions.' },
      },
      ['kind'],
    ),
  ),
}

const HEAD = {
  ...CONTENT,
  version: nullable({
    type: 'string',
    pattern: String.raw`^(?!0+(\.0+){2}(\.|$))(?!0+(\.0+)?\.*$)\d{1,9}(\.*|\.\d{1,9}(\.*|\.\d{1,9}(\..*)?))$`,
    description: 'One to three numbers; those that are missing are 0, and more are not looked at.',
  }),
  publish: nullable(FLAG),
}

/** What clients may send along, and the path says. */
const IGNORED: Schema = { description: 'Ignored.' }
const NAMED = { namespace: IGNORED, name: IGNORED }

const limit = nullable(WHOLE)

/** Bodies of requests. They are read by parsers that give the exact texts of errors; a test keeps the two together. */
export const REQUEST_SCHEMAS = {
  ActionPut: open({
    ...NAMED,
    ...HEAD,
    limits: nullable(
      open({
        timeout: limit,
        memory: nullable({ ...WHOLE, minimum: 0 }),
        logs: nullable({ ...WHOLE, minimum: 0 }),
        concurrency: limit,
        instances: nullable({ ...WHOLE, minimum: 0 }),
        cpu: nullable({ type: 'number' }),
      }),
    ),
    delAnnotations: nullable({ ...arrayOf(TEXT), description: 'Annotations to be removed.' }),
  }),
  TriggerPut: open({ ...NAMED, ...HEAD, limits: nullable({ ...open({}), description: 'A trigger has none.' }) }),
  RulePut: open({
    name: IGNORED,
    ...HEAD,
    status: { description: 'Ignored: POST changes it.' },
    trigger: { description: 'Full name as a text, or as an object with path and name.' },
    action: { description: 'Full name as a text, or as an object with path and name.' },
  }),
  PackagePut: open({
    ...NAMED,
    ...HEAD,
    binding: {
      ...open({ namespace: TEXT, name: TEXT }),
      description: 'What it refers to; empty for a package. Both fields, or none.',
    },
  }),
} as const satisfies Readonly<Record<string, Schema>>
