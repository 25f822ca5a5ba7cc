import { z } from '@stemcell/core/schema'
import { configSchema } from './config-schema.ts'

const OURS = ['unit', 'shownType', 'shownDefault', 'secret'] as const

/** The JSON Schema of a configuration file, for editors: what it may say, what that means, and its defaults. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const { unit, shownDefault } = jsonSchema as Record<(typeof OURS)[number], unknown>
      const extra = [
        ...(typeof unit === 'string' ? [`(${unit})`] : []),
        ...(typeof shownDefault === 'string' ? [`Default: ${shownDefault}.`] : []),
      ]
      if (jsonSchema.description !== undefined) jsonSchema.description = [jsonSchema.description, ...extra].join(' ')
      for (const name of OURS) delete jsonSchema[name]
      // Of this machine, such as its memory.
      if (typeof shownDefault === 'string') delete jsonSchema.default
    },
  })
  const properties = { $schema: { type: 'string', description: 'Where this schema is' }, ...schema.properties }
  return { ...schema, title: 'Configuration of Stemcell', properties }
}
