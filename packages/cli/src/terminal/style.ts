import { styleText } from 'node:util'
import type { Context, Output } from '../context.ts'

type Format = Parameters<typeof styleText>[0]

/** Colours for a terminal that shows them. */
export class Style {
  readonly #on: boolean

  constructor(on: boolean) {
    this.#on = on
  }

  /** As users wish: `NO_COLOR`, `FORCE_COLOR`, else only for a terminal. */
  static for({ environment }: Pick<Context, 'environment'>, output: Output): Style {
    const { NO_COLOR, FORCE_COLOR, TERM } = environment
    if (NO_COLOR !== undefined && NO_COLOR !== '') return new Style(false)
    if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return new Style(true)
    return new Style(output.isTTY === true && TERM !== 'dumb')
  }

  text(format: Format, text: string): string {
    return this.#on ? styleText(format, text, { validateStream: false }) : text
  }

  ok(text = 'ok:'): string {
    return this.text('green', text)
  }

  error(text = 'error:'): string {
    return this.text('red', text)
  }

  bold(text: string): string {
    return this.text('bold', text)
  }

  dim(text: string): string {
    return this.text('dim', text)
  }
}
