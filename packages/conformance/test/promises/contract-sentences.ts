import { readFileSync } from 'node:fs'

/** A sentence of the doc comments of a contract: what it promises, or what it throws. */
export interface ContractSentence {
  /** Of what it speaks: `Queue.publish`. */
  readonly of: string
  readonly text: string
}

const OWNER = /^export (?:interface|type|const|function|class) (\w+)/
const MEMBER = /^ {2}(?:readonly )?(\w+)\??[:(<]/

/** Every sentence of the doc comments in a contract, in order. */
export function contractSentences(file: string): readonly ContractSentence[] {
  const found: ContractSentence[] = []
  let comment: string[] | undefined
  let pending: readonly string[] = []
  let owner = ''
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const text = line.trim()
    if (comment === undefined && text.startsWith('/**')) comment = []
    if (comment !== undefined) {
      comment.push(
        text
          .replace(/^\/\*\*/, '')
          .replace(/\*\/$/, '')
          .replace(/^\*(?: |$)/, '')
          .trim(),
      )
      if (text.endsWith('*/')) {
        pending = sentencesOf(comment)
        comment = undefined
      }
      continue
    }
    const top = OWNER.exec(line)?.[1]
    const member = MEMBER.exec(line)?.[1]
    if (top !== undefined) owner = top
    if (top === undefined && member === undefined) continue
    found.push(...pending.map((sentence) => ({ of: top ?? `${owner}.${member}`, text: sentence })))
    pending = []
  }
  return found
}

/** A `@throws`, a paragraph or a row begins anew; within, a full stop before a capital letter does. */
function sentencesOf(lines: readonly string[]): readonly string[] {
  const blocks: string[] = []
  for (const line of lines) {
    const begins = line === '' || line.startsWith('@') || blocks.length === 0
    if (begins) blocks.push(line)
    else blocks[blocks.length - 1] += ` ${line}`
  }
  return blocks
    .flatMap((block) => block.trim().split(/(?<=[.;:])\s+(?=@throws)|(?<=[.!?])\s+(?=[A-Z`@])/))
    .map((sentence) => sentence.replaceAll(/\s+/g, ' ').trim())
    .filter((sentence) => sentence !== '')
}
