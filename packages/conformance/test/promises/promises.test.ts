import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as conformance from '../../src/index.ts'
import { contractSentences, type ContractSentence } from './contract-sentences.ts'
import { PROMISES, type ContractPromises, type MemberPromises } from './promises.ts'

const core = resolve(import.meta.dirname, '../../../core/src')
const page = resolve(import.meta.dirname, '../../../../docs/promises.md')

const groups = Object.entries(conformance).filter(([name]) => name.endsWith('Cases') && name !== 'runCases')
const durable = [conformance.durableDocumentStoreCases(undefined), conformance.durableActivationStoreCases(undefined)]
const cases = [
  ...groups.flatMap(([, value]) => (Array.isArray(value) ? (value as readonly { readonly id: string }[]) : [])),
  ...durable.flat(),
].map(({ id }) => id)
/**
 * Whose contracts are no comments of an interface that is implemented: one speaks mostly of what the platform gives to
 * packages, the other is docs/runtime-protocol.md.
 */
const ELSEWHERE = /^(?:system-package|runtime-transport)\./

function membersOf(file: string): Map<string, ContractSentence[]> {
  const members = new Map<string, ContractSentence[]>()
  for (const sentence of contractSentences(resolve(core, file))) {
    members.set(sentence.of, [...(members.get(sentence.of) ?? []), sentence])
  }
  return members
}

function thrownBy(sentences: readonly ContractSentence[]): string[] {
  const throws = sentences.filter(({ text }) => text.startsWith('@throws')).map(({ text }) => text)
  return [...new Set(throws.flatMap((text) => text.match(/(?<=@throws |, )(?:ERR_\w+|TypeError)/g) ?? []))].sort()
}

function casesOf({ cases: listed, throws = {} }: MemberPromises): readonly string[] {
  return [...listed, ...Object.values(throws).filter((shown) => typeof shown === 'string')]
}

describe.each(PROMISES.map((contract) => [contract.title, contract] as const))('%s', (_, contract) => {
  const members = membersOf(contract.file)

  it('has an entry for every member that promises something, and no other', () => {
    expect([...Object.keys(contract.members), ...contract.definitions].sort()).toEqual([...members.keys()].sort())
  })

  it('has looked at every sentence', () => {
    const counted = Object.entries(contract.members).map(([name, { sentences }]) => [name, sentences])
    expect(counted).toEqual(Object.keys(contract.members).map((name) => [name, members.get(name)?.length]))
  })

  it('shows what is thrown, and every promise, by a case or a reason', () => {
    for (const [name, member] of Object.entries(contract.members)) {
      expect([name, ...Object.keys(member.throws ?? {}).sort()]).toEqual([name, ...thrownBy(members.get(name) ?? [])])
      expect(member.cases.length > 0 || member.why !== undefined, `${name} has neither a case nor a reason`).toBe(true)
      for (const id of casesOf(member)) expect(cases, `${name} names a case that is none`).toContain(id)
    }
  })
})

it('every case of a kit shows a promise', () => {
  const shown = new Set(PROMISES.flatMap(({ members }) => Object.values(members).flatMap(casesOf)))
  expect([...new Set(cases)].filter((id) => !shown.has(id) && !ELSEWHERE.test(id)).sort()).toEqual([])
})

it('docs/promises.md is what follows from the contracts and the kits', () => {
  const made = PROMISES.reduce((text, contract) => `${text}\n${tableOf(contract)}`, HEAD)
  if (process.env['STEMCELL_WRITE_PROMISES']) writeFileSync(page, made)
  expect(readFileSync(page, 'utf8')).toBe(made)
})

const HEAD = `# Promises and their cases

What each contract promises, sentence by sentence, and the cases of its conformance kit that fail where the promise is not
kept. Made from the comments of the contracts and from the kits; a test compares them. To write it anew:
\`STEMCELL_WRITE_PROMISES=1 npx vitest run packages/conformance/test/promises\`.

<!-- prettier-ignore-start -->
`

function tableOf({ title, file, members: entries, definitions }: ContractPromises): string {
  const members = membersOf(file)
  const rows = Object.entries(entries).map(([name, entry]) => {
    const promises = (members.get(name) ?? []).map(({ text }) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;'))
    const thrown = Object.entries(entry.throws ?? {}).map(([code, shown]) =>
      typeof shown === 'string' ? `${code}: \`${shown}\`` : `${code}: ${shown.why}`,
    )
    const shown = [...entry.cases.map((id) => `\`${id}\``), ...thrown, ...(entry.why === undefined ? [] : [entry.why])]
    return `| \`${name}\` | ${promises.join('<br>')} | ${shown.join('<br>')} |`
  })
  const last = title === PROMISES.at(-1)?.title
  return [
    `## ${title}`,
    '',
    `[\`${file}\`](../packages/core/src/${file})`,
    '',
    '| Of | Promise | Case |',
    '| --- | --- | --- |',
    ...rows,
    '',
    `Values that are judged with whoever takes or returns them: ${definitions.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    ...(last ? ['<!-- prettier-ignore-end -->', ''] : []),
  ].join('\n')
}
