import { assemble, memoryContainers, type Logger } from '@stemcell/core'
import { expect, it, vi } from 'vitest'

/** Notes every line, and every field that a line has twice. */
class FieldLogger implements Logger {
  readonly #bound: readonly string[]
  readonly #said: string[]
  readonly #twice: string[]

  constructor(said: string[], twice: string[], bound: readonly string[] = []) {
    this.#said = said
    this.#twice = twice
    this.#bound = bound
  }

  readonly debug = (fields: object, message: string): void => this.#note(fields, message)
  readonly info = this.debug
  readonly warn = this.debug
  readonly error = this.debug

  child(fields: object): Logger {
    this.#note(fields, 'child')
    return new FieldLogger(this.#said, this.#twice, [...this.#bound, ...Object.keys(fields)])
  }

  #note(fields: object, message: string): void {
    this.#said.push(message)
    for (const name of Object.keys(fields)) if (this.#bound.includes(name)) this.#twice.push(`${message}: ${name}`)
  }
}

it('no line of the log names a field twice, to the end of an invoker that must not wait', async () => {
  const said: string[] = []
  const twice: string[] = []
  const platform = await assemble({ containers: memoryContainers(), logger: new FieldLogger(said, twice) })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  const code = 'function main() { globalThis.endlessStarted = true; return new Promise(() => {}) }'
  await guest.putAction('endless', { exec: { kind: 'nodejs:default', code } })
  const running = guest.invoke('endless').catch((error: unknown) => error)
  await vi.waitFor(() => expect(globalThis).toHaveProperty('endlessStarted', true))
  expect(await platform.invoker.drain(1)).toBe(false)
  await platform.close({ drainMs: 1 })
  await running
  expect(said).toContain('drain: deadline reached, ending activations that still wait or run')
  expect(twice).toEqual([])
})
