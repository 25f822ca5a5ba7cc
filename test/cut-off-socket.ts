import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeverableProxy } from './severable-proxy.ts'

/**
 * Subjects that reach a server through a socket in the file system, each by a way of its own that can be cut: hooks of a
 * conformance kit. A way is there before its subject is made.
 */
export class CutOffSockets<S extends object> {
  readonly #folder = mkdtempSync(join(tmpdir(), 'stemcell-cut-'))
  readonly #ways = new WeakMap<S, SeverableProxy>()
  readonly #path: string
  #made = 0
  #next: { readonly path: string; readonly proxy: SeverableProxy } | undefined

  /** `path` is the server's own socket. */
  constructor(path: string) {
    this.#path = path
  }

  /** Before each test. */
  async prepare(): Promise<void> {
    const path = join(this.#folder, `${this.#made++}.sock`)
    this.#next = { path, proxy: await SeverableProxy.to({ path: this.#path }, path) }
  }

  /** After each test. */
  async close(): Promise<void> {
    await this.#next?.proxy.close()
    this.#next = undefined
  }

  /** After all tests. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  readonly create = (build: (socketPath: string) => S): S => {
    const { path, proxy } = this.#next!
    const subject = build(path)
    this.#ways.set(subject, proxy)
    return subject
  }

  readonly disrupt = async (subject: S): Promise<void> => this.#ways.get(subject)!.cut()
  readonly restore = async (subject: S): Promise<void> => this.#ways.get(subject)!.mend()
}
