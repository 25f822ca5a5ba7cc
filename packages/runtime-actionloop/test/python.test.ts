import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildZip, type ZipFile } from '../../runtime-nodejs/test/build-zip.ts'
import { readFrames, textOf, TOKEN } from '../../runtime-nodejs/test/read-frames.ts'
import {
  type Answer,
  type RuntimeProcess,
  realPython,
  SENTINEL,
  startLoop,
  stopped,
  temporaryFolder,
} from './loop-runtime.ts'
import { onPath, testWith } from '../../../test/test-with.ts'

const python = (title: string, body: (runtime: RuntimeProcess) => Promise<void>): void =>
  testWith('python3', title, async () => body(await startLoop('python')))

function initZip(
  runtime: RuntimeProcess,
  files: readonly ZipFile[],
  rest: Record<string, unknown> = {},
): Promise<Answer> {
  return runtime.init(buildZip(files).toString('base64'), { binary: true, ...rest })
}

describe('Python source', () => {
  python('is run by its main', async (runtime) => {
    expect(await runtime.init('def main(args):\n    return {"hello": args["name"]}')).toMatchObject({ status: 200 })
    expect(await runtime.run({ name: 'Wörld ☃ 🚀 \n' })).toMatchObject({ json: { hello: 'Wörld ☃ 🚀 \n' } })
    expect(await runtime.run({ name: '日本' })).toMatchObject({ text: '{"hello": "日本"}' })
  })

  python('may have unicode in it and another name for main', async (runtime) => {
    await runtime.init('# ☃\ndef größe(args):\n    return ["ключ 値 🧬", args]', { main: 'größe' })
    expect((await runtime.run({})).json).toEqual(['ключ 値 🧬', {}])
  })

  python('returns what JSON can hold', async (runtime) => {
    await runtime.init(
      'CASES = {"none": lambda: None, "list": lambda: [1], "text": lambda: "x", "nan": lambda: {"a": float("nan")},\n' +
        '  "set": lambda: {"a": {1}}, "half": lambda: {"a": "\\ud800"}, "big": lambda: {"a": 12345678901234567890}}\n' +
        'def main(args):\n    return CASES[args["pick"]]()',
    )
    const answer = async (pick: string): Promise<unknown> => {
      const { status, text } = await runtime.run({ pick })
      return [status, text]
    }
    expect(await answer('none')).toEqual([200, 'null'])
    expect(await answer('list')).toEqual([200, '[1]'])
    expect(await answer('text')).toEqual([502, '{"error":"The action did not return a dictionary or array."}'])
    expect(await answer('nan')).toEqual([200, expect.stringContaining('"error"')])
    expect(await answer('set')).toEqual([200, '{"error": "Object of type set is not JSON serializable"}'])
    expect(await answer('half')).toEqual([200, '{"a": "\\ud800"}'])
    expect(await answer('big')).toEqual([200, '{"a": 12345678901234567890}'])
  })

  python('says in the log what it returned where that was no dictionary', async (runtime) => {
    await runtime.init('def main(args):\n    return args["value"]')
    for (const value of [null, 7, 'x']) await runtime.run({ value })
    const { stderr } = await stopped(runtime)
    const text = 'The action did not return a dictionary or array: it returned '
    expect(stderr).toBe(['null', '7', '"x"'].map((shown) => `${text}${shown}\n${SENTINEL}`).join(''))
  })

  python('whose result is too deep for JSON gets no answer of its own, and goes on', async (runtime) => {
    const code = 'def main(args):\n    a = []\n    for _ in range(9000):\n        a = [a]\n    return a if args else {}'
    await runtime.init(code)
    expect(await runtime.run({ deep: 1 })).toMatchObject({ status: 502 })
    expect(await runtime.run({})).toMatchObject({ status: 200, text: '{}' })
    const { stderr } = await stopped(runtime)
    expect(stderr).toContain('it returned "a result that is nested too deep"')
    expect(stderr).toContain('RecursionError')
  })

  python('that raises is an application error, with its traceback in the log', async (runtime) => {
    await runtime.init('def main(args):\n    raise ValueError("not today")')
    expect(await runtime.run({})).toMatchObject({ status: 200, json: { error: 'not today' } })
    expect(await runtime.run({})).toMatchObject({ status: 200 })
    const { stderr } = await stopped(runtime)
    expect(stderr).toMatch(/^Traceback[^]*__main__.py", line 2, in main\n[^]*ValueError: not today\nXXX_THE_END/)
  })

  python('that exits ends the action', async (runtime) => {
    await runtime.init('import sys\ndef main(args):\n    print("bye")\n    sys.exit(3)')
    expect(await runtime.run({})).toMatchObject({ status: 400, json: { error: 'command exited' } })
    expect((await stopped(runtime)).stdout).toBe(`bye\n${SENTINEL}`)
  })

  python('takes and gives megabytes', async (runtime) => {
    await runtime.init('def main(args):\n    return {"text": args["text"]}')
    const text = '0123456789ü'.repeat(200_000)
    const { json } = await runtime.run({ text })
    expect((json as { text: string }).text === text).toBe(true)
  })

  python('prints into its own log, whole and before the answer', async (runtime) => {
    await runtime.init(
      'import os, subprocess, sys\nprint("loading")\ndef main(args):\n    print("out", args["n"])\n' +
        '    sys.stdout.write("half")\n    sys.stderr.write("err")\n    subprocess.run(["echo", " child"])\n    return {}',
    )
    await runtime.run({ n: 1 })
    await runtime.run({ n: 2 })
    const { stdout, stderr } = await stopped(runtime)
    expect(stdout.split('\n').filter((line) => /^(loading|out \d|XXX.*)$/.test(line))).toEqual([
      'loading',
      'out 1',
      SENTINEL.trim(),
      'out 2',
      SENTINEL.trim(),
    ])
    expect(stdout.match(/half/g)).toHaveLength(2)
    expect(stdout.match(/ child/g)).toHaveLength(2)
    expect(stderr).toBe(`err\n${SENTINEL}`.repeat(2))
  })

  python('reads nothing that is not meant for it', async (runtime) => {
    await runtime.init(
      'import os, sys\ndef main(args):\n    try:\n        os.write(3, b"{}\\n")\n        three = True\n' +
        '    except OSError:\n        three = False\n    return {"input": sys.stdin.read(), "three": three}',
    )
    expect(await runtime.run({})).toMatchObject({ status: 200, json: { input: '', three: false } })
  })

  python('has the metadata of its call in the environment, and no API key of another', async (runtime) => {
    await runtime.init(
      'import os\ndef main(args):\n    return {k: v for k, v in os.environ.items() if k.startswith("__OW_") or k == "P"}',
      { env: { P: 'a=b\nc', __OW_NAMESPACE: 'init' } },
    )
    const first = await runtime.run({}, { namespace: 'run', api_key: 'k', activation_id: 'a=1', odd: { a: 1 } })
    expect(first.json).toEqual({
      P: 'a=b\nc',
      __OW_NAMESPACE: 'run',
      __OW_API_KEY: 'k',
      __OW_ACTIVATION_ID: 'a=1',
    })
    const second = await runtime.run({}, {})
    expect(second.json).toEqual({ P: 'a=b\nc', __OW_NAMESPACE: 'init' })
  })
})

describe('Python that cannot be loaded', () => {
  const failing = (title: string, code: string, reason: RegExp): void =>
    python(title, async (runtime) => {
      const answer = await runtime.init(code)
      expect(answer).toMatchObject({ status: 502, json: { error: expect.stringMatching(reason) } })
      expect(await runtime.init('def main(args):\n    return {}')).toMatchObject({ status: 200 })
      expect((await stopped(runtime)).stderr).toContain('Traceback')
    })
  failing('for its syntax', 'def main(args:\n  return {}', /^The action did not initialize properly. SyntaxError/)
  failing('for what it raises', 'raise ValueError("no")', /initialize properly. ValueError: no$/)
  failing('as it exits', 'import sys\nsys.exit("leaving")', /initialize properly. SystemExit: leaving$/)
  failing('for want of main', 'def other(args):\n  return {}', /The action has no function 'main'.$/)
  failing('as main is no function', 'main = 7', /The action has no function 'main'.$/)
  failing('for want of a module', 'import no_such_module', /ModuleNotFoundError: No module named 'no_such_module'$/)

  python('as it ends outright', async (runtime) => {
    const answer = await runtime.init('import os\nos._exit(9)')
    expect(answer).toMatchObject({ json: { error: 'Command exited abruptly during initialization.' } })
  })

  test('as the host has no Python', async () => {
    const runtime = await startLoop('python', { STEMCELL_PYTHON: 'python-of-nowhere' })
    const error = /^cannot start action: this host has no Python: 'python-of-nowhere' was not found/
    const answer = await runtime.init('def main(args):\n    return {}')
    expect(answer).toMatchObject({ status: 502, json: { error: expect.stringMatching(error) } })
  })
})

describe('a Python archive', () => {
  const MAIN =
    'from helper.words import greet\ndef main(args):\n    return {"hi": greet(args), "data": open("data.txt").read()}'
  const FILES: readonly ZipFile[] = [
    { name: '__main__.py', data: MAIN },
    { name: 'helper/__init__.py' },
    { name: 'helper/words.py', data: 'def greet(args):\n    return "hello " + args["name"]' },
    { name: 'data.txt', data: 'data' },
  ]

  python('brings its packages and files', async (runtime) => {
    expect(await initZip(runtime, FILES)).toMatchObject({ status: 200 })
    expect(await runtime.run({ name: 'you' })).toMatchObject({ json: { hi: 'hello you', data: 'data' } })
  })

  python('needs __main__.py', async (runtime) => {
    const error = 'Zip file does not include main__'
    expect(await initZip(runtime, FILES.slice(1))).toMatchObject({ status: 502, json: { error } })
  })

  const USES = { name: '__main__.py', data: 'import dep\ndef main(args):\n    return {"dep": dep.NAME}' }

  for (const name of ['exec', 'main__.py']) {
    python(`may hold its code in the file ${name}`, async (runtime) => {
      const files = [
        { name, data: 'import helper\ndef main(args):\n    return {"n": helper.N}' },
        { name: 'helper.py', data: 'N = 5' },
      ]
      expect(await initZip(runtime, files)).toMatchObject({ status: 200 })
      expect(await runtime.run({})).toMatchObject({ json: { n: 5 } })
    })
  }

  python('takes __main__.py before the others', async (runtime) => {
    const names = ['exec', 'main__.py', '__main__.py']
    await initZip(
      runtime,
      names.map((name) => ({ name, data: `def main(args):\n    return {"from": "${name}"}` })),
    )
    expect(await runtime.run({})).toMatchObject({ json: { from: '__main__.py' } })
  })

  testWith('python3', 'may bring a fresh virtualenv with its links to the machine it was made on', async () => {
    const folder = temporaryFolder()
    execFileSync(realPython(), ['-m', 'venv', '--without-pip', 'virtualenv'], { cwd: folder })
    const [library = ''] = readdirSync(path.join(folder, 'virtualenv/lib'))
    writeFileSync(path.join(folder, 'virtualenv/lib', library, 'site-packages/dep.py'), 'NAME = "fresh"')
    writeFileSync(path.join(folder, '__main__.py'), USES.data)
    const archives = [execFileSync('tar', ['-czf', '-', '-C', folder, '.'])]
    if (onPath('zip')) {
      execFileSync('zip', ['-qry', 'all.zip', '__main__.py', 'virtualenv'], { cwd: folder })
      archives.push(readFileSync(path.join(folder, 'all.zip')))
    }
    for (const archive of archives) {
      const runtime = await startLoop('python')
      expect(await runtime.init(archive.toString('base64'), { binary: true })).toMatchObject({ status: 200 })
      expect((await runtime.run({})).text).toContain('fresh')
    }
  })

  python('may bring a virtualenv', async (runtime) => {
    const packages = 'virtualenv/lib/python3.99/site-packages'
    await initZip(runtime, [USES, { name: `${packages}/dep.py`, data: 'NAME = "from venv"' }])
    expect(await runtime.run({})).toMatchObject({ json: { dep: 'from venv' } })
  })

  python('may bring a virtualenv that activates itself', async (runtime) => {
    const activate = 'import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "own"))'
    await initZip(runtime, [
      USES,
      { name: 'virtualenv/bin/activate_this.py', data: activate },
      { name: 'virtualenv/own/dep.py', data: 'NAME = "activated"' },
    ])
    expect(await runtime.run({})).toMatchObject({ json: { dep: 'activated' } })
  })

  python('with a virtualenv that is none says so', async (runtime) => {
    const answer = await initZip(runtime, [USES, { name: 'virtualenv/readme', data: 'x' }])
    const error = "Invalid virtualenv. Zip file does not include 'activate_this.py'."
    expect(answer).toMatchObject({ status: 502, json: { error: expect.stringContaining(error) } })
  })

  python('with requirements.txt alone says what to do instead', async (runtime) => {
    const answer = await initZip(runtime, [USES, { name: 'requirements.txt', data: 'dep==1.0' }])
    const error = "No module named 'dep' (requirements.txt is not installed when an action starts"
    expect(answer).toMatchObject({ status: 502, json: { error: expect.stringContaining(error) } })
  })
})

testWith('python3', 'lines of Python carry their activation', async () => {
  const runtime = await startLoop('python', {
    STEMCELL_LOGS: 'attributed',
    STEMCELL_LOG_TOKEN: TOKEN,
    STEMCELL_LOG_END: 'printed',
  })
  await runtime.init('print("loaded")\ndef main(args):\n    if args: print(args)\n    return {}', {
    env: { __OW_ACTIVATION_ID: 'a' },
  })
  await Promise.all(['a', 'b'].map((id) => runtime.run({ id }, { activation_id: id })))
  expect((await runtime.run({}, { activation_id: 'c' })).headers['x-stemcell-log']).toBe('none')
  const frames = readFrames(Buffer.from((await stopped(runtime)).stdout))
  expect(textOf(frames, 'a')).toEqual(['loaded', "{'id': 'a'}"])
  expect(textOf(frames, 'b')).toEqual(["{'id': 'b'}"])
  expect([frames.ends, frames.unframed]).toEqual([['a', 'b'], ''])
})
