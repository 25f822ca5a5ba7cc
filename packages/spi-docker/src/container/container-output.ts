import type { Clock, LogDemultiplexer } from '@stemcell/core'
import { MultiplexedOutput } from '@stemcell/core/container-engine'
import type Dockerode from 'dockerode'
import type { Readable } from 'node:stream'

/** Enough of standard error to find what V8 prints before it aborts. */
const TAIL_BYTES = 16_384
/** Longest wait for the rest of the output of a container that has ended. */
const DRAIN_MS = 2_000

/**
 * All output of one container, on one attached stream. Reading is as fast as the demultiplexer takes it; the engine
 * holds back a container that writes faster.
 */
export class ContainerOutput {
  readonly #logs: LogDemultiplexer
  readonly #clock: Clock
  #tail = Buffer.alloc(0)
  #stream: Readable | undefined
  #read: Promise<void> = Promise.resolve()
  #isReading = false

  constructor(logs: LogDemultiplexer, clock: Clock) {
    this.#logs = logs
    this.#clock = clock
  }

  /**
   * Does nothing while there is a stream. Attached before the start it misses nothing; after it, what was written
   * before. Rejects with the driver's error.
   */
  async attach(container: Dockerode.Container): Promise<void> {
    if (this.#isReading) return
    const stream = (await container.attach({ stream: true, stdout: true, stderr: true })) as unknown as Readable
    const frames = new MultiplexedOutput((name, chunk) => {
      if (name === 'stderr') this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES)
      this.#logs.write(name, chunk)
    })
    this.#stream = stream
    this.#isReading = true
    this.#read = new Promise((resolve) => {
      const end = (): void => {
        this.#isReading = false
        resolve()
      }
      stream.on('data', (chunk: Buffer) => frames.write(chunk))
      // A broken stream ends: whether the container did too is the engine's to say.
      stream.on('error', end)
      stream.once('close', end)
    })
  }

  /** What the container said last on standard error. */
  get lastWords(): string {
    return this.#tail.toString().trim()
  }

  /** The container has ended: resolves once all it wrote was taken. */
  async drain(): Promise<void> {
    const late = new AbortController()
    const read = this.#read.then(() => late.abort())
    await Promise.race([read, this.#clock.sleep(DRAIN_MS, late.signal)])
    this.#stream?.destroy()
    this.#logs.end('stdout')
    this.#logs.end('stderr')
  }
}
