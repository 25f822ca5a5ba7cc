import {
  PlatformError,
  type Activation,
  type Adapter,
  type AdapterContext,
  type Identity,
  type Logger,
  type LogStore,
  type LogStoreCapabilities,
} from '@stemcell/core'
import { mkdir } from 'node:fs/promises'
import { parseFileOptions, type FileLogStoreOptions, type FileSettings } from './file-log-store-options.ts'
import { findBlock } from './find-block.ts'
import { decodeBlock, encodeBlock, type LogOwner } from './log-block.ts'
import { logFilesIn, type LogFile } from './log-files.ts'
import { LogWriter } from './log-writer.ts'

/** Logs of activations in files that are rotated, for those who collect them there, and read from there if wanted. */
export class FileLogStore implements LogStore {
  readonly capabilities: LogStoreCapabilities = { collects: true }
  readonly #settings: FileSettings
  readonly #context: AdapterContext
  readonly #logger: Logger
  #writer: LogWriter | undefined

  /** Use `fileLogStore`. */
  constructor(settings: FileSettings, context: AdapterContext) {
    this.#settings = settings
    this.#context = context
    this.#logger = context.logger
  }

  async open(): Promise<void> {
    const { dir } = this.#settings
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await logFilesIn(dir)
    } catch (cause) {
      throw new PlatformError('ERR_UNAVAILABLE', `the folder of logs ${dir} cannot be used: ${messageOf(cause)}`, {
        cause,
      })
    }
    const { clock } = this.#context
    this.#writer ??= new LogWriter({ settings: this.#settings, clock, logger: this.#logger })
  }

  async close(): Promise<void> {
    const writer = this.#writer
    this.#writer = undefined
    await writer?.close()
  }

  async keep(activation: Activation, user: Identity, lines: readonly string[]): Promise<readonly string[]> {
    const writer = this.#opened(this.#writer)
    if (lines.length === 0) return []
    const { activationId } = activation
    const { inRecords } = this.#settings
    try {
      await writer.append(activationId, encodeBlock(activation, user, lines))
    } catch (err) {
      // Its record has them still.
      if (!inRecords) throw err
      this.#logger.warn({ activationId, err }, 'logs not written to a file')
    }
    return inRecords ? lines : []
  }

  async fetch(
    activationId: string,
    activation: Activation | undefined,
    user: Identity,
  ): Promise<readonly string[] | undefined> {
    this.#opened(this.#writer)
    if (activation && (this.#settings.inRecords || activation.logs.length > 0)) return activation.logs
    const found = await this.#find({ activationId, namespaceId: user.namespace.uuid })
    return found.length > 0 || activation ? found : undefined
  }

  async #find(owner: LogOwner): Promise<readonly string[]> {
    try {
      for (const file of (await logFilesIn(this.#settings.dir)).toReversed()) {
        const block = await findBlock(file, owner.activationId)
        if (block) return this.#linesOf(block, owner, file)
      }
      return []
    } catch (cause) {
      const { dir } = this.#settings
      throw new PlatformError('ERR_UNAVAILABLE', `logs cannot be read from ${dir}: ${messageOf(cause)}`, { cause })
    }
  }

  #linesOf(block: Buffer, owner: LogOwner, file: LogFile): readonly string[] {
    const { lines, damaged } = decodeBlock(block, owner)
    if (damaged > 0) {
      this.#logger.warn(
        { file: file.log, activationId: owner.activationId, damaged },
        'damaged lines in a file of logs',
      )
    }
    return lines
  }

  #opened(writer: LogWriter | undefined): LogWriter {
    if (!writer) throw new PlatformError('ERR_CLOSED', 'file log store is not open')
    return writer
  }
}

/**
 * Logs of activations as lines of JSON in files of `dir`, which are rotated. Processes may share a folder.
 * @throws ERR_CONFIG an option is wrong; the message says which.
 */
export function fileLogStore(options: FileLogStoreOptions): Adapter<FileLogStore> {
  const settings = parseFileOptions(options)
  return { name: '@stemcell/spi-files', core: '^0.1.0', build: (context) => new FileLogStore(settings, context) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
