import { execFileSync } from 'node:child_process'
import { chmodSync, utimesSync } from 'node:fs'
import { expect, it } from 'vitest'
import { commentSettings } from '../../src/project/comment-settings.ts'
import { expand } from '../../src/project/environment.ts'
import type { Fault } from '../../src/project/fault.ts'
import { words } from '../../src/project/words.ts'
import { entriesOf, zipOf } from '../../src/project/zip.ts'
import { ProjectFolder } from '../harness/project-folder.ts'

const FILES = { 'a/index.js': 'exports.main = () => ({})', 'a/bin/tool': '#!/bin/sh\n', 'a/data/ß.txt': 'x' }

it('the same files make the same archive, whenever and wherever they were written', () => {
  const first = ProjectFolder.of(FILES)
  const second = ProjectFolder.of(Object.fromEntries(Object.entries(FILES).toReversed()))
  for (const folder of [first, second]) chmodSync(folder.join('a/bin/tool'), 0o755)
  utimesSync(second.join('a/index.js'), 1, 1)
  second.write('a/__pycache__/x.pyc', 'left behind')
  const archive = zipOf(entriesOf(first.join('a')))
  expect(zipOf(entriesOf(second.join('a')))).toBe(archive)
  const program = `
    const { entriesOf, zipOf } = await import(process.argv[1])
    process.stdout.write(zipOf(entriesOf(process.argv[2])))`
  const module = new URL('../../dist/project/zip.js', import.meta.url).href
  const elsewhere = execFileSync(process.execPath, ['--input-type=module', '-e', program, module, first.join('a')], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'Pacific/Auckland' },
  })
  expect(elsewhere).toBe(archive)
  first.remove()
  second.remove()
})

it.each([
  ['a b', ['a', 'b']],
  [`name "two words" 'and $more'`, ['name', 'two words', 'and $more']],
  [String.raw`a\ b "q\"q" 'it''s'`, ['a b', 'q"q', 'its']],
  [`'' x`, ['', 'x']],
  ['', []],
])('%s is taken apart as a shell does', (line, expected) => {
  expect(words(line).map(({ text }) => text)).toEqual(expected)
})

it('variables have other values where the environment has none', () => {
  expect(expand('$A-${B}-${C:-c}-$$A', { A: '1', B: '2' })).toBe('1-2-c-$A')
  expect(() => expand('$GONE', {})).toThrow('the environment has no GONE')
})

it('settings are read from comments at the head only, in the forms of both languages', () => {
  const faults: Fault[] = []
  const text = `#!/usr/bin/env node
//--web raw
//--param url $URL
//--param list '[1, "two"]'
//-a index "1:Home"
//--kind nodejs:20
//-t 1000
// --param not this
'use strict'
//--main run
function run() {}
//--param late 1
`
  expect(commentSettings(text, 'a.js', { URL: 'http://x' }, faults)).toEqual({
    limits: { timeout: 1000 },
    parameters: { url: 'http://x', list: [1, 'two'] },
    annotations: { index: '1:Home' },
    web: 'raw',
    kind: 'nodejs:20',
    main: 'run',
  })
  const python = '#--web true\n#-p a 1\n"""a text"""\n#--web false\n'
  expect(commentSettings(python, 'a.py', {}, faults)).toMatchObject({ web: 'yes', parameters: { a: 1 } })
  expect(faults).toEqual([])
})
