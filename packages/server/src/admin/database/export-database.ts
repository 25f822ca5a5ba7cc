import {
  activationJson,
  AdministrationError,
  isPlatformError,
  type DocumentStore,
  type StoredDocument,
} from '@stemcell/core'
import { createReadStream, existsSync } from 'node:fs'
import { open, rename, type FileHandle } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { AdminTarget } from '../admin-target.ts'
import type { PrintLine } from '../print-line.ts'
import {
  decodeLine,
  encodeLine,
  FORMAT,
  RunningTotal,
  STORE_NAMES,
  type ExportedAttachment,
  type ExportLine,
  type StoreName,
} from './line-format.ts'

const REPORT_EVERY = 5000

/** Where an interrupted export stopped. */
interface Progress {
  readonly total: RunningTotal
  /** Bytes of the file that are good. */
  bytes: number
  store: StoreName
  /** Behind which the store's scan goes on. */
  after: string | undefined
}

/**
 * Writes all stores to a file that only its owner may read. Until it is complete it is called `FILE.partial`; when
 * there is one, the export goes on behind what it holds. What is written meanwhile may be in it or not.
 * @throws AdministrationError the file exists, or cannot be written.
 */
export async function exportDatabase(target: AdminTarget, file: string, print: PrintLine): Promise<void> {
  if (existsSync(file)) throw new AdministrationError('invalid', `${file} exists: name another file`)
  const partial = `${file}.partial`
  const progress = existsSync(partial) ? await readProgress(partial) : undefined
  const output = await openOutput(partial, progress)
  try {
    const { total } = output
    if (progress) await print(`going on behind ${written(total)}`)
    for (const name of STORE_NAMES.slice(STORE_NAMES.indexOf(progress?.store ?? 'subjects'))) {
      const after = name === progress?.store ? progress.after : undefined
      for await (const line of linesOf(target, name, after, print)) {
        await output.write(line)
        if (Object.values(total.counts).reduce((sum, count) => sum + count) % REPORT_EVERY === 0) {
          await print(`written so far: ${written(total)}`)
        }
      }
    }
    await output.write(total.lastLine)
    await output.sync()
    await rename(partial, file)
    await print(`${file}: ${written(total)}`)
  } finally {
    await output.close()
  }
}

async function* linesOf(
  target: AdminTarget,
  name: StoreName,
  after: string | undefined,
  print: PrintLine,
): AsyncGenerator<ExportLine> {
  const options = after === undefined ? {} : { after }
  if (name === 'activations') {
    for await (const { cursor, activation } of (await target.activations()).scan(options)) {
      if (activation) yield { store: name, cursor, record: activationJson(activation) }
      else await print(`activations: the record at ${JSON.stringify(cursor)} cannot be read and is left out`)
    }
    return
  }
  const store = await (name === 'subjects' ? target.subjects() : target.entities())
  let unreadable: string[] = []
  for await (const stored of store.scan({ ...options, unreadable: (id) => unreadable.push(id) })) {
    for (const id of unreadable) await print(`${name}: ${id} cannot be read and is left out`)
    unreadable = []
    const line = await readableLine(store, name, stored)
    if (line === 'unreadable') await print(`${name}: an attachment of ${stored.id} cannot be read; both are left out`)
    else if (line) yield line
  }
  for (const id of unreadable) await print(`${name}: ${id} cannot be read and is left out`)
}

async function readableLine(
  store: DocumentStore,
  name: 'subjects' | 'entities',
  stored: StoredDocument,
): Promise<ExportLine | 'unreadable' | undefined> {
  try {
    return await documentLine(store, name, stored)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return 'unreadable'
    throw error
  }
}

/** Undefined when the document went meanwhile. */
async function documentLine(
  store: DocumentStore,
  name: 'subjects' | 'entities',
  stored: StoredDocument,
): Promise<ExportLine | undefined> {
  for (let current: StoredDocument | undefined = stored; current;) {
    const { id, revision, document }: StoredDocument = current
    const attachments: ExportedAttachment[] = []
    for (const { name: attachment, contentType } of await store.attachments(id)) {
      const bytes = await store.readAttachment(id, attachment)
      if (bytes) attachments.push({ name: attachment, contentType, data: Buffer.from(bytes).toString('base64') })
    }
    const line: ExportLine = { store: name, id, document, attachments }
    if (attachments.length === 0) return line
    // Attachments and document must be of one revision.
    current = await store.get(id)
    if (current?.revision === revision) return line
  }
  return undefined
}

/** The file that is being written, and the sums of what it holds. */
class Output {
  readonly total: RunningTotal
  readonly #file: FileHandle

  constructor(file: FileHandle, total: RunningTotal) {
    this.#file = file
    this.total = total
  }

  async write(content: ExportLine): Promise<void> {
    const line = encodeLine(content)
    await this.#file.write(`${line}\n`)
    this.total.add(content, decodeSum(line))
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

async function openOutput(partial: string, progress: Progress | undefined): Promise<Output> {
  try {
    const file = await open(partial, progress ? 'r+' : 'wx', 0o600)
    if (progress) {
      await file.truncate(progress.bytes)
      await file.close()
      return new Output(await open(partial, 'a', 0o600), progress.total)
    }
    const output = new Output(file, new RunningTotal())
    await output.write({ stemcell: 'export', format: FORMAT })
    return output
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    throw new AdministrationError('invalid', `${partial} cannot be written (${code})`)
  }
}

/** The lines of an interrupted export up to the first that is not good; undefined when there is none. */
async function readProgress(partial: string): Promise<Progress | undefined> {
  let progress: Progress | undefined
  let number = 0
  for await (const text of createInterface({ input: createReadStream(partial), crlfDelay: Infinity })) {
    number++
    let line: ReturnType<typeof decodeLine>
    try {
      line = decodeLine(text, number)
    } catch (error) {
      if (error instanceof AdministrationError) break
      throw error
    }
    const { content, sum } = line
    if ('end' in content) break
    if (number === 1 && !('stemcell' in content)) break
    progress ??= { total: new RunningTotal(), bytes: 0, store: 'subjects', after: undefined }
    progress.total.add(content, sum)
    progress.bytes += Buffer.byteLength(text) + 1
    if ('store' in content) {
      progress.store = content.store
      progress.after = 'cursor' in content ? content.cursor : content.id
    }
  }
  if (!progress) throw new AdministrationError('invalid', `${partial} is no export: remove it, or name another file`)
  return progress
}

function decodeSum(line: string): string {
  return line.slice(-66, -2)
}

function written({ counts }: RunningTotal): string {
  return `${counts.subjects} subjects and limits, ${counts.entities} entities, ${counts.activations} activation records`
}
