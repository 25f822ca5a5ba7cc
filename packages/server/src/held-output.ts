export interface Output {
  write(text: string): void
}

/** Keeps log lines back until the banner stands on the screen, the start has failed, or it takes too long. */
export class HeldOutput implements Output {
  readonly #output: Output
  #held: string[] | undefined = []

  constructor(output: Output) {
    this.#output = output
  }

  write(text: string): void {
    if (this.#held) this.#held.push(text)
    else this.#output.write(text)
  }

  /** What was held goes out now, what comes later at once. */
  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const text of held) this.#output.write(text)
  }
}
