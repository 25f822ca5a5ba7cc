import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, vi } from 'vitest'
import { freePort } from '../../../test/free-port.ts'

/** A redis-server of a test's own, on a free port, with a folder of its own: for what would disturb others. */
export class OwnRedis {
  readonly port: number
  readonly url: string
  readonly #dir: string
  readonly #options: readonly string[]
  #child: ChildProcess | undefined

  private constructor(port: number, dir: string, options: readonly string[]) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.#dir = dir
    this.#options = options
  }

  /** Writes are on disk before they are acknowledged, as far as the death of the process goes. */
  static async start(...options: string[]): Promise<OwnRedis> {
    const server = new OwnRedis(await freePort(), await mkdtemp(join(tmpdir(), 'stemcell-redis-')), options)
    try {
      await server.start()
    } catch (error) {
      await server.remove()
      throw error
    }
    return server
  }

  async start(...more: string[]): Promise<void> {
    const address = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#dir]
    const disk = ['--save', '', '--appendonly', 'yes']
    this.#child = spawn('redis-server', [...address, ...disk, ...this.#options, ...more], { stdio: 'ignore' })
    if (!more.includes('--key-load-delay')) await this.untilAnswers()
  }

  async untilAnswers(): Promise<void> {
    const answers = async (): Promise<void> =>
      expect(await this.ask((redis) => redis.ping().catch(reply))).toMatch(/^PONG|NOAUTH/)
    await vi.waitFor(answers, { timeout: 10_000 })
  }

  /** As a power switch would, apart from what the operating system has not yet written. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child?.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Stops and continues the process: it neither answers nor hangs up meanwhile. */
  freeze(frozen: boolean): void {
    this.#child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT')
  }

  async forget(): Promise<void> {
    await rm(join(this.#dir, 'appendonlydir'), { recursive: true, force: true })
  }

  async remove(): Promise<void> {
    this.freeze(false)
    await this.kill()
    await rm(this.#dir, { recursive: true, force: true })
  }

  /** Runs `question` with a connection of the test's own. */
  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.port, '127.0.0.1', {
      lazyConnect: true,
      retryStrategy: () => null,
      enableReadyCheck: false,
    })
    redis.on('error', () => undefined)
    try {
      return await question(redis)
    } finally {
      redis.disconnect()
    }
  }
}

const reply = (error: unknown): string => String(error)
