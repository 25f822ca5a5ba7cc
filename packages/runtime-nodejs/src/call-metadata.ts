import type { Message } from './action-endpoint.ts'

/** What the names of the metadata begin with, where actions look for it. */
export const PREFIX = '__OW_'

/** The metadata of a call, by the names of its environment variables. */
export function callMetadata(message: Message): Map<string, string> {
  const values = new Map<string, string>()
  for (const name in message) {
    const value = message[name]
    if (name !== 'value' && typeof value === 'string') values.set(PREFIX + name.toUpperCase(), value)
  }
  return values
}
