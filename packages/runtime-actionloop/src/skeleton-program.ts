import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { failure, type Reply, success } from '@stemcell/runtime-nodejs/kit'
import { argumentText } from './argument-text.ts'
import { Child, type Command } from './child.ts'
import { LastLine } from './last-line.ts'
import type { PipeSupply } from './pipe-supply.ts'
import type { Call, Program, Sink } from './program.ts'
import { MAX_REPLY_BYTES } from './reply-lines.ts'

/** Linux takes no argument of 128 KiB or more. */
const MAX_ARGUMENT_BYTES = 131_071

/**
 * A process for each call: the argument as JSON is its first argument and its standard input, the result the last line
 * that it prints.
 */
export class SkeletonProgram implements Program {
  readonly alive = true
  readonly #command: Command
  readonly #folder: string
  readonly #supply: PipeSupply
  readonly #print: Sink
  #child: Child | undefined

  /** Inputs pass through `folder`. */
  constructor(command: Command, folder: string, supply: PipeSupply, print: Sink) {
    this.#command = command
    this.#folder = folder
    this.#supply = supply
    this.#print = print
  }

  async run({ body, value, env }: Call): Promise<Reply> {
    const argument = Buffer.from((value ?? null) === null ? '{}' : (argumentText(body.toString()) ?? '{}'))
    const last = new LastLine(MAX_REPLY_BYTES, (bytes) => this.#print(1, bytes))
    const print: Sink = (fd, bytes) => (fd === 1 ? last.write(bytes) : this.#print(2, bytes))
    let stdin: number | undefined
    try {
      stdin = this.#input(argument)
      const args = argument.length < MAX_ARGUMENT_BYTES ? [argument.toString()] : []
      const command = { ...this.#command, args, stdin, env: { ...this.#command.env, ...Object.fromEntries(env) } }
      const child = await Child.start(command, this.#supply, print)
      this.#child = child
      this.#supply.prepare()
      await child.exited
      await child.quiet()
      child.release()
    } catch (error) {
      return failure(502, error instanceof Error ? error.message : String(error))
    } finally {
      if (stdin !== undefined) closeSync(stdin)
      this.#child = undefined
    }

    const result = last.end()
    if (isResult(result)) return success(result.toString().trim())
    this.#print(1, result)
    const text = 'The action did not return a dictionary'
    const note = result.length === 0 ? { note: `${text}: it printed nothing.` } : {}
    return { ...failure(502, `${text}.`), ...note }
  }

  /** A file: a pipe whose writer has gone cannot be opened by its name, as `cat /dev/stdin` does. */
  #input(argument: Buffer): number {
    const name = path.join(this.#folder, 'input')
    writeFileSync(name, argument, { mode: 0o600 })
    const fd = openSync(name, 'r')
    rmSync(name)
    return fd
  }

  kill(): void {
    this.#child?.kill()
  }
}

function isResult(line: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(line.toString())
    return typeof value === 'object' && value !== null
  } catch {
    // An ordinary line: the action has printed no result.
    return false
  }
}
