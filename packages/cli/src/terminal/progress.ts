import type { Context, Timer } from '../context.ts'
import { megabytes } from '../project/action-code.ts'

const EVERY_MS = 100

/** One line of a terminal that says what is going on. Elsewhere nothing is shown. */
export class Progress {
  readonly #context: Context
  readonly #sent: () => number
  #timer: Timer | undefined
  #text = ''
  #bytes = 0
  #begin = 0

  /** `sent` counts the bytes that went out. */
  constructor(context: Context, sent: () => number) {
    this.#context = context
    this.#sent = sent
  }

  /** `bytes` is about how many will go out. */
  begin(text: string, bytes: number): void {
    this.#text = text
    this.#bytes = bytes
    this.#begin = this.#sent()
    this.#draw()
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#shows && this.#text !== '') this.#context.stderr.write('\r\x1b[K')
    this.#text = ''
  }

  #draw(): void {
    this.#timer?.cancel()
    if (!this.#shows || this.#text === '') return
    const sent = Math.max(0, Math.min(this.#sent() - this.#begin, this.#bytes))
    const share =
      this.#bytes < 65_536 ? '' : ` ${Math.round((100 * sent) / this.#bytes)} % of ${megabytes(this.#bytes)}`
    const line = `${this.#text}${share}`.slice(0, (this.#context.stderr.columns ?? 80) - 1)
    this.#context.stderr.write(`\r\x1b[K${line}`)
    this.#timer = this.#context.clock.setTimer(EVERY_MS, () => this.#draw())
  }

  get #shows(): boolean {
    return this.#context.stderr.isTTY === true && this.#context.environment['TERM'] !== 'dumb'
  }
}
