import { AdministrationError, parseJson, stringifyJson, type JsonObject } from '@stemcell/core'
import { createHash, type Hash } from 'node:crypto'

/** Changes when older programs would misread a file. */
export const FORMAT = 1

export type StoreName = 'subjects' | 'entities' | 'activations'

/** In the order in which they stand in a file. */
export const STORE_NAMES: readonly StoreName[] = ['subjects', 'entities', 'activations']

export interface ExportedAttachment {
  readonly name: string
  readonly contentType: string
  /** Base64. */
  readonly data: string
}

export type ExportLine =
  | { readonly stemcell: 'export'; readonly format: number }
  | {
      readonly store: 'subjects' | 'entities'
      readonly id: string
      readonly document: JsonObject
      readonly attachments: readonly ExportedAttachment[]
    }
  | { readonly store: 'activations'; readonly cursor: string; readonly record: JsonObject }
  | { readonly end: Readonly<Record<StoreName, number>>; readonly all: string }

const SUM = /,"sum":"([0-9a-f]{64})"\}$/

/** One line, with the SHA-256 of all that stands before `,"sum"` as its last member. */
export function encodeLine(content: ExportLine): string {
  const text = stringifyJson(content).slice(0, -1)
  return `${text},"sum":"${sumOf(text)}"}`
}

/** @throws AdministrationError the line is not what was written. */
export function decodeLine(text: string, number: number): { readonly content: ExportLine; readonly sum: string } {
  const sum = SUM.exec(text)
  if (!sum) throw damaged(number, 'it is not complete')
  if (sumOf(text.slice(0, sum.index)) !== sum[1]) throw damaged(number, 'its checksum does not fit')
  return { content: parseJson(`${text.slice(0, sum.index)}}`) as unknown as ExportLine, sum: sum[1]! }
}

/** What the last line says of all lines before it: the SHA-256 of their sums, and how many there are of each store. */
export class RunningTotal {
  readonly #hash: Hash = createHash('sha256')
  readonly counts: Record<StoreName, number> = { subjects: 0, entities: 0, activations: 0 }

  add(content: ExportLine, sum: string): void {
    this.#hash.update(sum)
    if ('store' in content) this.counts[content.store]++
  }

  get lastLine(): ExportLine {
    return { end: { ...this.counts }, all: this.#hash.copy().digest('hex') }
  }
}

export function damaged(number: number, why: string): AdministrationError {
  return new AdministrationError('invalid', `line ${number} of the file is damaged: ${why}; nothing was stored`)
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
