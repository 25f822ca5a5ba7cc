import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { LogLine } from './activation-log.ts'

export type PrintLine = (stream: LogLine['stream'], text: string) => void

/** `process.stdout` for an action in this process: hands over whole lines at once, and the rest when told to. */
class LineStream extends Writable {
  readonly #print: (text: string) => void
  #unfinished = ''

  constructor(print: (text: string) => void) {
    super({ decodeStrings: false })
    this.#print = print
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString()
    const lines = (this.#unfinished + text).split('\n')
    this.#unfinished = lines.pop() ?? ''
    for (const line of lines) this.#print(line)
    done()
  }

  finishLine(): void {
    if (this.#unfinished !== '') this.#print(this.#unfinished)
    this.#unfinished = ''
  }
}

/** Standard output, standard error and `console` of an action in this process. */
export class ActionConsole {
  readonly stdout: LineStream
  readonly stderr: LineStream
  readonly console: Console

  constructor(print: PrintLine) {
    this.stdout = new LineStream((text) => print('stdout', text))
    this.stderr = new LineStream((text) => print('stderr', text))
    this.console = new Console(this.stdout, this.stderr)
  }

  finishLines(): void {
    this.stdout.finishLine()
    this.stderr.finishLine()
  }
}
