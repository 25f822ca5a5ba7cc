import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { buildZip } from '../../runtime-nodejs/test/build-zip.ts'
import { shellLoop, startLoop, stopped, temporaryFolder } from './loop-runtime.ts'

/** A compiler whose work is done by shell code: `$1` is main, `$2` the source folder, `$3` the target. */
function compiler(body: string): Record<string, string> {
  const file = path.join(temporaryFolder(), 'compile')
  writeFileSync(file, `#!/bin/sh\n${body}\n`)
  chmodSync(file, 0o755)
  return { OW_COMPILER: file }
}

const MAKES = `{ echo '#!/bin/sh'; echo 'while read -r line; do'; cat "$2/exec"; echo; echo done; } > "$3/exec"`
const SOURCE = `echo "{\\"a\\":1}" >&3`

test('source goes through the compiler, whose warnings are no failure', async () => {
  const runtime = await startLoop('actionloop', compiler(`echo "warning: $1" >&2; ${MAKES}`))
  expect(await runtime.init(SOURCE)).toMatchObject({ status: 200 })
  expect(await runtime.run({})).toMatchObject({ json: { a: 1 } })
  expect((await stopped(runtime)).stderr).toMatch(/^warning: main\n/)
})

test.each([
  ['what it prints', 'echo "line 3: no such thing"; exit 1', 'line 3: no such thing'],
  ['its exit code', 'exit 4', 'cannot compile (exit 4)'],
  ['that nothing came out', 'true', 'cannot compile'],
])('a compiler that fails is reported by %s', async (_what, body, error) => {
  const runtime = await startLoop('actionloop', compiler(body))
  expect(await runtime.init(SOURCE)).toMatchObject({ status: 502, json: { error } })
})

test('a compiler that does not end is stopped at the deadline of the init', async () => {
  const runtime = await startLoop('actionloop', compiler('exec sleep 600'))
  const env = { __OW_DEADLINE: String(Date.now()) }
  const error = 'The action did not initialize in time.'
  expect(await runtime.init(SOURCE, { env })).toMatchObject({ status: 502, json: { error } })
})

test('a script needs no compiler', async () => {
  const runtime = await startLoop('actionloop', compiler('exit 1'))
  expect(await runtime.init(shellLoop(SOURCE))).toMatchObject({ status: 200 })
  expect(await runtime.run({})).toMatchObject({ json: { a: 1 } })
})

test('a precompiled archive must be for this execution environment', async () => {
  const files = (text: string) => [
    { name: 'exec', data: shellLoop(`echo "{\\"env\\":\\"$__OW_EXECUTION_ENV\\"}" >&3`), mode: 0o100755 },
    { name: 'exec.env', data: text },
  ]
  const runtime = await startLoop('actionloop', { OW_EXECUTION_ENV: 'openwhisk/go-v1' })
  const init = (text: string) => runtime.init(buildZip(files(text)).toString('base64'), { binary: true })
  const error = 'Execution environment version mismatch. See logs for details.'
  expect(await init('openwhisk/other')).toMatchObject({ status: 502, json: { error } })
  expect(await init('openwhisk/go-v1\n')).toMatchObject({ status: 200 })
  expect(await runtime.run({})).toMatchObject({ json: { env: 'openwhisk/go-v1' } })
})

test('a Java archive is kept whole where the image asks for it', async () => {
  const keeps = `cp "$2/exec.jar" "$3/exec.jar"; printf '#!/bin/sh\\nread -r line\\necho "{\\\\"n\\\\":$(wc -c < exec.jar)}" >&3\\n' > "$3/exec"`
  const runtime = await startLoop('actionloop', { ...compiler(keeps), OW_SAVE_JAR: 'exec.jar' })
  const jar = buildZip([{ name: 'META-INF/MANIFEST.MF', data: 'Manifest-Version: 1.0' }])
  expect(await runtime.init(jar.toString('base64'), { binary: true })).toMatchObject({ status: 200 })
  expect(await runtime.run({})).toMatchObject({ json: { n: jar.length } })
})
