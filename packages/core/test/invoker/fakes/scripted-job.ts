import type { Container, ContainerSpec } from '../../../src/container/container-factory.ts'
import type { Acquisition, Job, JobFailure, Verdict } from '../../../src/invoker/parts/job.ts'
import { stemKey } from '../../../src/invoker/pool/stem-cells.ts'
import type { Clock } from '../../../src/time/clock.ts'

export interface JobScript {
  readonly key?: string
  readonly namespace?: string
  readonly memoryMb?: number
  readonly cpu?: number
  readonly maxConcurrent?: number
  readonly maxContainers?: number
  readonly kind?: string
  readonly initMs?: number
  readonly runMs?: number
  /** Of the initialisation, when one takes place; default: it succeeds. */
  readonly initVerdict?: Verdict
  readonly verdict?: Verdict
  /** It only initialises. */
  readonly prepares?: boolean
}

/** A job that only lets time pass, and remembers what was done with it. */
export class ScriptedJob implements Job {
  readonly key: string
  readonly namespace: string
  readonly need: { readonly memoryMb: number; readonly milliCpu: number }
  readonly maxConcurrent: number
  readonly maxContainers: number
  readonly stemKey: string | undefined
  readonly acquisitions: Acquisition[] = []
  readonly containers: string[] = []
  withdrawn = false
  #running = false
  readonly ends: (Verdict | JobFailure['kind'])[] = []
  readonly #script: JobScript
  readonly #clock: Clock
  readonly #onEnd: (job: ScriptedJob) => void

  constructor(clock: Clock, script: JobScript = {}, onEnd: (job: ScriptedJob) => void = () => undefined) {
    this.#clock = clock
    this.#script = script
    this.#onEnd = onEnd
    this.key = script.key ?? 'a'
    this.namespace = script.namespace ?? 'ns'
    this.need = { memoryMb: script.memoryMb ?? 128, milliCpu: (script.cpu ?? 0) * 1000 }
    this.maxConcurrent = script.maxConcurrent ?? 1
    this.maxContainers = script.maxContainers ?? Infinity
    this.stemKey = script.kind === undefined ? undefined : stemKey(script.kind, this.need.memoryMb)
  }

  get how(): string | undefined {
    const last = this.acquisitions.at(-1)
    return last?.reason === undefined ? last?.how : `${last.how} ${last.reason}`
  }

  get ended(): boolean {
    return this.ends.length > 0 || this.withdrawn
  }

  /** Ends it while it waits; false when it does not. */
  withdraw(): boolean {
    if (this.ended || this.#running) return false
    this.withdrawn = true
    this.#onEnd(this)
    return true
  }

  spec(): ContainerSpec {
    return {
      owner: { platform: 'test', invoker: 'invoker0' },
      kind: this.#script.kind ?? 'nodejs:20',
      image: 'image',
      userImage: false,
      memoryMb: this.need.memoryMb,
      ...(this.#script.cpu === undefined ? {} : { cpu: this.#script.cpu }),
      maxConcurrent: this.maxConcurrent,
      environment: {},
      labels: { action: this.key },
    }
  }

  preparation(): ScriptedJob {
    const { initVerdict: _verdict, ...script } = this.#script
    return new ScriptedJob(this.#clock, { ...script, prepares: true })
  }

  acquired(acquisition: Acquisition): void {
    this.acquisitions.push(acquisition)
  }

  execute(container: Container, onInitialised: (() => void) | undefined, ended: (verdict: Verdict) => void): void {
    void this.run(container, onInitialised).then(ended)
  }

  protected async run(container: Container, onInitialised: (() => void) | undefined): Promise<Verdict> {
    if (this.ended) return onInitialised ? 'damaged' : 'kept'
    const { initMs = 0, runMs = 10, initVerdict = 'kept', verdict = 'kept' } = this.#script
    this.containers.push(container.id)
    this.#running = true
    if (onInitialised) {
      await this.#clock.sleep(initMs)
      if (initVerdict !== 'kept') return this.#end(initVerdict)
      onInitialised()
    }
    if (this.#script.prepares) return this.#end('kept')
    await this.#clock.sleep(runMs)
    return this.#end(verdict)
  }

  fail(failure: JobFailure): void {
    if (this.ended) return
    this.#end(failure.kind)
  }

  #end<T extends Verdict | JobFailure['kind']>(end: T): T {
    this.#running = false
    // One that was refused comes again, as does one that was asked back.
    if (end !== 'refused' && end !== 'recalled') {
      this.ends.push(end)
      this.#onEnd(this)
    }
    return end
  }
}
