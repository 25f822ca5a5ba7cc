import {
  AdministrationError,
  canonicalJson,
  isPlatformError,
  readActivation,
  type ActivationStore,
  type Attachment,
  type DocumentStore,
  type StoredDocument,
} from '@stemcell/core'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { AdminTarget } from '../admin-target.ts'
import type { PrintLine } from '../print-line.ts'
import { damaged, decodeLine, FORMAT, RunningTotal, STORE_NAMES, type ExportLine } from './line-format.ts'

/** Records that are stored at once: stores write those that come together with one request. */
const AT_ONCE = 200
/** Their lines may be long. */
const MOST_AT_ONCE_BYTES = 16 * 1024 ** 2
const REPORT_EVERY = 5000
const MOST_NAMED = 20

type DocumentLine = Extract<ExportLine, { readonly document: unknown }>
type RecordLine = Extract<ExportLine, { readonly record: unknown }>
type Outcome = 'stored' | 'there' | 'different' | 'refused'

/**
 * Stores what a file of `db export` holds. The whole file is checked first: a damaged or incomplete one changes
 * nothing. What is there already with the same content is left; an import that was interrupted is simply run again.
 * @throws AdministrationError the file is damaged, or some of it could not be stored.
 */
export async function importDatabase(
  target: AdminTarget,
  file: string,
  { overwrite }: { readonly overwrite: boolean },
  print: PrintLine,
): Promise<void> {
  await verify(file)
  await print(`${file}: every checksum fits`)
  const tally = new Tally(print)
  const stores: Stores = {
    subjects: await target.subjects(),
    entities: await target.entities(),
    activations: await target.activations(),
  }
  let batch: Promise<void>[] = []
  let bytes = 0
  const settle = async (): Promise<void> => {
    await Promise.all(batch)
    batch = []
    bytes = 0
    await tally.report()
  }
  for await (const { content, length } of readLines(file)) {
    if (!('store' in content)) continue
    batch.push(store(stores, content, overwrite).then((outcome) => tally.add(content, outcome)))
    bytes += length
    if (batch.length >= AT_ONCE || bytes >= MOST_AT_ONCE_BYTES) await settle()
  }
  await settle()
  if (tally.count('subjects', 'stored') > 0) target.subjectsChanged({})
  await tally.finish()
}

/** Reads it to the end. @throws AdministrationError */
async function verify(file: string): Promise<void> {
  const total = new RunningTotal()
  let number = 0
  let ended = false
  for await (const { content, sum } of readLines(file)) {
    number++
    if (ended) throw damaged(number, 'it stands behind the end')
    if (number === 1 && (!('stemcell' in content) || content.format !== FORMAT)) {
      throw new AdministrationError('invalid', `${file} is no export of format ${FORMAT}: nothing was stored`)
    }
    if ('end' in content) {
      if (canonicalJson(content) !== canonicalJson(total.lastLine)) throw damaged(number, 'lines before it are missing')
      ended = true
    } else total.add(content, sum)
  }
  if (!ended)
    throw new AdministrationError('invalid', `${file} has no end: the export was interrupted; nothing was stored`)
}

async function* readLines(file: string): AsyncGenerator<ReturnType<typeof decodeLine> & { readonly length: number }> {
  const input = createReadStream(file)
  const failed = new Promise<never>((_, reject) => {
    input.on('error', (cause: NodeJS.ErrnoException) =>
      reject(new AdministrationError('invalid', `${file} cannot be read (${cause.code ?? cause.message})`)),
    )
  })
  failed.catch(() => undefined)
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]()
  for (let number = 1; ; number++) {
    const next = await Promise.race([lines.next(), failed])
    if (next.done) return
    yield { ...decodeLine(next.value, number), length: next.value.length }
  }
}

interface Stores {
  readonly subjects: DocumentStore
  readonly entities: DocumentStore
  readonly activations: ActivationStore
}

async function store(stores: Stores, line: DocumentLine | RecordLine, overwrite: boolean): Promise<Outcome> {
  try {
    if ('record' in line) {
      const outcome = await stores.activations.put(readActivation(line.record))
      return outcome === 'stored' ? 'stored' : 'there'
    }
    return await storeDocument(stores[line.store], line, overwrite)
  } catch (error) {
    if (isPlatformError(error, 'ERR_TOO_LARGE') || isPlatformError(error, 'ERR_CORRUPT')) return 'refused'
    throw error
  }
}

async function storeDocument(documents: DocumentStore, line: DocumentLine, overwrite: boolean): Promise<Outcome> {
  const { id, document } = line
  const attachments = Object.fromEntries(
    line.attachments.map(({ name, contentType, data }): [string, Attachment] => [
      name,
      { contentType, bytes: Buffer.from(data, 'base64') },
    ]),
  )
  for (;;) {
    const current = await documents.get(id)
    if (current && (await isSame(documents, current, line, attachments))) return 'there'
    if (current && !overwrite) return 'different'
    try {
      await documents.put(id, document, { attachments, ...(current ? { revision: current.revision } : {}) })
      return 'stored'
    } catch (error) {
      // Somebody wrote it meanwhile: it is looked at again.
      if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
    }
  }
}

async function isSame(
  documents: DocumentStore,
  current: StoredDocument,
  { id, document }: DocumentLine,
  attachments: Readonly<Record<string, Attachment>>,
): Promise<boolean> {
  if (canonicalJson(current.document) !== canonicalJson(document)) return false
  const present = await documents.attachments(id)
  if (present.length !== Object.keys(attachments).length) return false
  for (const { name, contentType } of present) {
    const wanted = attachments[name]
    const bytes = wanted && wanted.contentType === contentType ? await documents.readAttachment(id, name) : undefined
    if (!bytes || !Buffer.from(bytes).equals(wanted!.bytes)) return false
  }
  return true
}

/** How many of each store ended how. */
class Tally {
  readonly #print: PrintLine
  readonly #counts = new Map<string, number>()
  readonly #named: string[] = []
  #all = 0
  #reported = 0

  constructor(print: PrintLine) {
    this.#print = print
  }

  add(line: DocumentLine | RecordLine, outcome: Outcome): void {
    this.#all++
    const key = `${line.store} ${outcome}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    if (outcome !== 'different' && outcome !== 'refused') return
    const id = 'id' in line ? line.id : line.cursor
    if (this.#named.length < MOST_NAMED) this.#named.push(`${line.store} ${JSON.stringify(id)}: ${TEXTS[outcome]}`)
  }

  count(name: string, outcome: Outcome): number {
    return this.#counts.get(`${name} ${outcome}`) ?? 0
  }

  async report(): Promise<void> {
    if (this.#all - this.#reported < REPORT_EVERY) return
    this.#reported = this.#all
    await this.#print(`done so far: ${this.#all}`)
  }

  /** @throws AdministrationError not everything is there now. */
  async finish(): Promise<void> {
    for (const line of this.#named) await this.#print(line)
    let failed = 0
    for (const name of STORE_NAMES) {
      failed += this.count(name, 'different') + this.count(name, 'refused')
      await this.#print(`${name}: ${this.count(name, 'stored')} stored, ${this.count(name, 'there')} there already`)
    }
    if (failed > 0) {
      throw new AdministrationError('invalid', `${failed} were not stored; --overwrite replaces those that differ`)
    }
  }
}

const TEXTS = {
  different: 'there with another content',
  refused: 'refused by the store, as too large or malformed',
} as const
