import { readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildZip, type ZipFile } from '../../runtime-nodejs/test/build-zip.ts'
import { buildTarGz } from '../../runtime-nodejs/test/build-tar-gz.ts'
import { type Answer, type RuntimeProcess, shellLoop, startLoop } from './loop-runtime.ts'

const SCRIPT = shellLoop(`printf '%s\\n' "{\\"data\\":\\"$(cat data/text)\\",\\"cwd\\":\\"$PWD\\"}" >&3`)
const FILES: readonly ZipFile[] = [
  { name: 'exec', data: SCRIPT, mode: 0o100755 },
  { name: 'data/', mode: 0o40755 },
  { name: 'data/text', data: 'from the archive' },
]

function initZip(runtime: RuntimeProcess, archive: Buffer, rest: Record<string, unknown> = {}): Promise<Answer> {
  return runtime.init(archive.toString('base64'), { binary: true, ...rest })
}

describe('an archive', () => {
  test('is unpacked into a folder of its own, where its file exec is started', async () => {
    const runtime = await startLoop('actionloop')
    expect(await initZip(runtime, buildZip(FILES))).toMatchObject({ status: 200 })
    const { data, cwd } = (await runtime.run({})).json as { data: string; cwd: string }
    expect(data).toBe('from the archive')
    expect(cwd.startsWith(runtime.folder)).toBe(true)
    runtime.child.kill('SIGTERM')
    await runtime.exited()
    expect(readdirSync(runtime.folder)).toEqual([])
  })

  test('may be a tar.gz', async () => {
    const runtime = await startLoop('actionloop')
    const archive = buildTarGz([
      { name: 'exec', data: SCRIPT },
      { name: 'data/text', data: 'from the tape' },
    ])
    expect(await initZip(runtime, archive)).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ json: { data: 'from the tape' } })
  })

  test('may carry no permissions, and the program under the name of main', async () => {
    const runtime = await startLoop('actionloop')
    const archive = buildZip([{ name: 'other', data: SCRIPT, mode: 0 }, ...FILES.slice(1)])
    expect(await initZip(runtime, archive, { main: 'other' })).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ status: 200 })
  })

  test('keeps the permissions of its other files', async () => {
    const runtime = await startLoop('actionloop')
    const mode = shellLoop(`echo "{\\"x\\":\\"$(./tool)\\", \\"y\\":\\"$(test -x plain || echo no)\\"}" >&3`)
    const archive = buildZip([
      { name: 'exec', data: mode, mode: 0o100755 },
      { name: 'tool', data: '#!/bin/sh\necho tool', mode: 0o100755 },
      { name: 'plain', data: '', mode: 0o100644 },
    ])
    await initZip(runtime, archive)
    expect(await runtime.run({})).toMatchObject({ json: { x: 'tool', y: 'no' } })
  })

  test.each<[string, readonly ZipFile[], RegExp]>([
    ['a path that leads out', [{ name: '../../evil', data: 'x' }], /leads out of the archive/],
    ['an absolute path', [{ name: '/tmp/evil', data: 'x' }], /not a relative path/],
    [
      'a file below a link',
      [
        { name: 'l', data: '/tmp', mode: 0o120777 },
        { name: 'l/evil', data: 'x' },
      ],
      /'l' is a file or link where the archive has a folder/,
    ],
    ['more than it says', [{ name: 'exec', data: 'x'.repeat(5_000_000), claimedSize: 10 }], /uncompressing/],
    ['half a gigabyte', [{ name: 'exec', data: 'x', claimedSize: 600 * 1024 * 1024 }], /unpacks to more than/],
    ['no program', [{ name: 'data', data: 'x' }], /^cannot start action: the archive has no file 'exec'/],
  ])('with %s is refused, nothing is left, and init may be tried again', async (_what, files, reason) => {
    const runtime = await startLoop('actionloop')
    const answer = await initZip(runtime, buildZip(files))
    expect(answer).toMatchObject({ status: 502, json: { error: expect.stringMatching(reason) } })
    expect(readdirSync(runtime.folder).filter((name) => name.startsWith('action-'))).toEqual([])
    expect(await initZip(runtime, buildZip(FILES))).toMatchObject({ status: 200 })
  })

  test('may have as its program a link to one of this machine, whose permissions stay as they are', async () => {
    const runtime = await startLoop('actionloop')
    const program = path.join(runtime.folder, 'program')
    writeFileSync(program, SCRIPT, { mode: 0o055 })
    const answer = await initZip(
      runtime,
      buildZip([{ name: 'exec', data: program, mode: 0o120777 }, ...FILES.slice(1)]),
    )
    expect(statSync(program).mode & 0o777).toBe(0o055)
    expect(answer.status).toBe(process.getuid?.() === 0 ? 200 : 502)
  })

  test('that main names outside of itself is not looked for there', async () => {
    const runtime = await startLoop('actionloop')
    const answer = await initZip(runtime, buildZip(FILES.slice(1)), { main: '../../../../bin/sh' })
    expect(answer).toMatchObject({ status: 502, json: { error: expect.stringContaining("no file 'exec'") } })
  })
})

test.each([
  ['neither program nor archive', Buffer.from('hello world!'), /neither a program nor a script/],
  ['a program for another machine', Buffer.from(`\x7fELF${'\0'.repeat(60)}`, 'latin1'), /program for another kind of/],
  ['a program for another system', Buffer.from('cffaedfe0700000100000000', 'hex'), /program for another kind of/],
  ['nothing at all', Buffer.alloc(0), /Missing main\/no code/],
])('binary code that is %s says so', async (_what, code, reason) => {
  const runtime = await startLoop('actionloop')
  expect((await initZip(runtime, code)).json).toEqual({ error: expect.stringMatching(reason) })
})
