import { z } from '@stemcell/core/schema'
import { configSchema } from '../src/config/config-schema.ts'

interface Node {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly default?: unknown
  readonly description?: string
  readonly unit?: string
  readonly shownType?: string
  readonly shownDefault?: string
}

/** The options of a configuration file as rows of a table: option, type, default, unit, meaning. */
export function optionRows(): string[][] {
  return rowsOf(z.toJSONSchema(configSchema, { io: 'input' }) as Node, '')
}

function rowsOf({ properties = {} }: Node, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, node]) => {
    const option = `${prefix}${name}`
    if (node.description === undefined) return rowsOf(node, `${option}.`)
    return [[`\`${option}\``, typeOf(node), defaultOf(node), node.unit ?? '', node.description]]
  })
}

function typeOf({ shownType, enum: values, type = '' }: Node): string {
  return shownType ?? (values ? values.map(String).join(', ') : type)
}

function defaultOf({ shownDefault, default: value }: Node): string {
  if (shownDefault !== undefined) return shownDefault
  return typeof value === 'string' ? `\`${value}\`` : JSON.stringify(value)
}
