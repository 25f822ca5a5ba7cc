const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Hears the signals that ask this process to end, from the moment it is made. A second one ends it at once. */
export class StopSignals {
  readonly #stop = new AbortController()
  readonly #hear = (name: NodeJS.Signals): void => {
    if (this.#stop.signal.aborted) process.exit(1)
    this.#stop.abort(name)
  }

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#hear)
  }

  /** Aborted by the first one, with its name as the reason. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Resolves with the name of the first one. */
  heard(): Promise<string> {
    return new Promise((resolve) => {
      const tell = (): void => resolve(String(this.signal.reason))
      if (this.signal.aborted) tell()
      else this.signal.addEventListener('abort', tell, { once: true })
    })
  }

  /** Signals end the process as they do any other again. */
  release(): void {
    for (const name of SIGNALS) process.off(name, this.#hear)
  }
}
