import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { InitializationError } from './entrypoint.ts'

/** What the package.json of a folder says. Some editors put a byte order mark in front, which Node.js overlooks too. */
export function readManifest(folder: string): Readonly<Record<string, unknown>> | undefined {
  const at = path.join(folder, 'package.json')
  if (!existsSync(at)) return undefined
  const content = parse(readFileSync(at, 'utf8').replace(/^\uFEFF/, ''))
  return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new InitializationError(`package.json is not JSON: ${(cause as Error).message}`, { cause })
  }
}
