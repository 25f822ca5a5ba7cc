import { PlatformError, type Clock, type Logger } from '@stemcell/core'
import type { FileHandle } from 'node:fs/promises'
import { encodeEntry } from './block-index.ts'
import type { FileSettings } from './file-log-store-options.ts'
import { logFilesIn, makeLogFile, removeLogFile } from './log-files.ts'

/** More at once would not be written faster. */
const BATCH_BYTES = 4 * 1024 ** 2
/** What may wait for a disk that does not answer. */
const MOST_WAITING_BYTES = 64 * 1024 ** 2

interface Block {
  readonly activationId: string
  readonly bytes: Buffer
  readonly resolve: () => void
  readonly reject: (error: PlatformError) => void
}

interface Current {
  readonly log: FileHandle
  readonly index: FileHandle
  logBytes: number
  indexBytes: number
}

export interface LogWriterParts {
  readonly settings: FileSettings
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
}

/**
 * Writes blocks one after the other, each whole or not at all: what a full disk took of one is cut off again. A process
 * begins a file of its own, so that what a crash has torn stays at the end of an old one.
 */
export class LogWriter {
  readonly #parts: LogWriterParts
  #waiting: Block[] = []
  #waitingBytes = 0
  #writing: Promise<void> | undefined
  #current: Current | undefined

  constructor(parts: LogWriterParts) {
    this.#parts = parts
  }

  /** Resolves when the system has the block. @throws ERR_UNAVAILABLE it cannot be written. */
  append(activationId: string, bytes: Buffer): Promise<void> {
    if (this.#waitingBytes + bytes.length > MOST_WAITING_BYTES && this.#waiting.length > 0) {
      return Promise.reject(
        new PlatformError('ERR_UNAVAILABLE', `too much waits to be written to ${this.#parts.settings.dir}`),
      )
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ activationId, bytes, resolve, reject })
      this.#waitingBytes += bytes.length
      this.#writing ??= this.#writeAll()
    })
  }

  /** Writes what waits, and closes the file. */
  async close(): Promise<void> {
    await this.#writing
    await this.#leave()
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      try {
        await this.#write(batch)
        for (const { resolve } of batch) resolve()
      } catch (cause) {
        const { dir } = this.#parts.settings
        const reason = cause instanceof Error ? cause.message : String(cause)
        const error = new PlatformError('ERR_UNAVAILABLE', `logs cannot be written to ${dir}: ${reason}`, { cause })
        for (const { reject } of batch) reject(error)
      }
    }
    this.#writing = undefined
  }

  #takeBatch(): Block[] {
    let bytes = 0
    let count = 0
    while (count < this.#waiting.length && (count === 0 || bytes < BATCH_BYTES))
      bytes += this.#waiting[count++]!.bytes.length
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  async #write(batch: readonly Block[]): Promise<void> {
    const data = Buffer.concat(batch.map(({ bytes }) => bytes))
    const current = await this.#fileFor(data.length)
    try {
      await writeWhole(current.log, data, current.logBytes)
    } catch (error) {
      await this.#cutOff(current)
      throw error
    }
    let offset = current.logBytes
    const entries = batch.map(({ activationId, bytes: { length } }) => {
      const entry = encodeEntry(activationId, { offset, length })
      offset += length
      return entry
    })
    current.logBytes = offset
    try {
      const index = Buffer.concat(entries)
      await writeWhole(current.index, index, current.indexBytes)
      current.indexBytes += index.length
    } catch (err) {
      // The lines are safe, and found without an index, too; the next ones get a file with a whole one.
      this.#parts.logger.warn({ err }, 'index of logs not written')
      await this.#leave()
    }
  }

  /** The file to go on with; a new one when that is full, or was removed by somebody. */
  async #fileFor(bytes: number): Promise<Current> {
    const { settings, clock } = this.#parts
    const current = this.#current
    if (current) {
      const isFull = current.logBytes > 0 && current.logBytes + bytes > settings.maxFileBytes
      if (!isFull && (await current.log.stat()).nlink > 0) return current
      await this.#leave()
    }
    const { log, index } = await makeLogFile(settings.dir, clock.now())
    this.#current = { log, index, logBytes: 0, indexBytes: 0 }
    await this.#removeOldest()
    return this.#current
  }

  async #removeOldest(): Promise<void> {
    const { dir, maxFiles } = this.#parts.settings
    try {
      const files = await logFilesIn(dir)
      for (const file of files.slice(0, Math.max(0, files.length - maxFiles))) await removeLogFile(file)
    } catch (err) {
      this.#parts.logger.warn({ err, dir }, 'old files of logs not removed')
    }
  }

  /** Undoes a write that was begun; a file that cannot be mended is left behind. */
  async #cutOff(current: Current): Promise<void> {
    try {
      await current.log.truncate(current.logBytes)
    } catch (err) {
      this.#parts.logger.warn({ err }, 'file of logs not mended; another one is begun')
      await this.#leave()
    }
  }

  async #leave(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    const closed = await Promise.allSettled([current?.log.close(), current?.index.close()])
    for (const result of closed) {
      if (result.status === 'rejected') this.#parts.logger.warn({ err: result.reason }, 'file of logs not closed')
    }
  }
}

/** A write may take a part only. */
async function writeWhole(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    done += (await file.write(data, done, data.length - done, position + done)).bytesWritten
  }
}
