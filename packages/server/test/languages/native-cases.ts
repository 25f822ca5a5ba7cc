import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { testWith } from '../../../../test/test-with.ts'
import { invokeOnce } from '../harness/api.ts'
import { zipOf } from '../harness/zip-of.ts'
import { MEGABYTE, native, type Actions } from './actions.ts'

/** What holds for scripts and executables wherever they run. */
export function nativeCases(actions: Actions): void {
  describe('native actions', () => {
    it('are shell scripts', async () => {
      await actions.put(
        'shell',
        native('#!/bin/sh\necho "log of $__OW_ACTION_NAME"\necho trouble > /dev/stderr\necho "$1"\n'),
      )
      const { record } = await invokeOnce(actions.server, 'shell', { name: '世界' })
      expect(record.response.result).toEqual({ name: '世界' })
      expect((await actions.logsOf(record.activationId)).sort()).toEqual([
        'stderr trouble',
        'stdout log of /guest/shell',
      ])
    })

    it('take and give a megabyte', async () => {
      await actions.put('cat', native('#!/bin/sh\ncat\n'))
      expect(((await actions.result('cat', { text: MEGABYTE })) as { text: string }).text === MEGABYTE).toBe(true)
    })

    it('are archives with a file exec', async () => {
      const archive = zipOf({ exec: '#!/bin/sh\ncat data\n', data: '{"from":"the archive"}' })
      await actions.put('archive', native(archive.toString('base64')))
      expect(await actions.result('archive')).toEqual({ from: 'the archive' })
    })

    testWith('gcc', 'are compiled programs', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'native-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      writeFileSync(
        join(folder, 'main.c'),
        '#include <stdio.h>\nint main(int c, char **v) { printf("{\\"c\\":%s}\\n", v[1]); return 0; }\n',
      )
      // By itself, where the compiler can: it need not find the libraries of this machine where it runs.
      const hasStatic = execFileSync('gcc', ['-print-file-name=libc.a'], { encoding: 'utf8' }).startsWith('/')
      execFileSync('gcc', [...(hasStatic ? ['-static'] : []), '-o', 'out', 'main.c'], { cwd: folder })
      await actions.put('compiled', native(readFileSync(join(folder, 'out')).toString('base64')))
      expect(await actions.result('compiled', { a: 'ü' })).toEqual({ c: { a: 'ü' } })
    })

    it('speak the actionloop protocol where they ask for it', async () => {
      const code = '#!/bin/sh\nn=0\nwhile read -r line; do n=$((n + 1)); echo "{\\"n\\":$n}" >&3; done\n'
      await actions.put('loop', native(code, 'openwhisk/actionloop-base'))
      expect([await actions.result('loop'), await actions.result('loop')]).toEqual([{ n: 1 }, { n: 2 }])
    })

    it.each([
      ['no result', '#!/bin/sh\necho hi\n', 'The action did not return a dictionary.'],
      [
        'a result too deep',
        "#!/bin/sh\nhead -c 9000 /dev/zero | tr '\\0' '['; head -c 9000 /dev/zero | tr '\\0' ']'\n",
        'The action produced a response that is nested more than 1000 levels deep.',
      ],
      ['no program', 'echo hi', "cannot start action: 'exec' is neither a program nor a script that starts with #!"],
    ])('with %s are developer errors', async (_what, code, error) => {
      await actions.put('broken', native(code))
      const { record } = await invokeOnce(actions.server, 'broken')
      expect(record.response).toMatchObject({ status: 'action developer error', result: { error } })
    })
  })
}
