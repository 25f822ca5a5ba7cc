import type { Activation } from '@stemcell/core'

export function activationIdOf(index: number): string {
  return index.toString(16).padStart(32, '0')
}

/** A record of namespace `ns`, whose start is its number. @param bytes of its log. */
export function recordOf(index: number, bytes = 0, namespace = 'ns'): Activation {
  return {
    namespace,
    name: `a${index % 3}`,
    version: '0.0.1',
    subject: 's',
    activationId: activationIdOf(index),
    start: index,
    publish: false,
    response: { statusCode: 0 },
    logs: [`line ${index}`, 'x'.repeat(bytes)],
    annotations: [],
  }
}
