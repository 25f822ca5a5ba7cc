import { describe, expect } from 'vitest'
import { testWith } from '../../../../test/test-with.ts'
import { invokeOnce } from '../harness/api.ts'
import { zipOf } from '../harness/zip-of.ts'
import { MEGABYTE, type Actions } from './actions.ts'

/** What holds for Python actions wherever they run. `path`: where the Python is looked for that runs them. */
export function pythonCases(actions: Actions, path?: string): void {
  describe('Python actions', () => {
    const python = (title: string, body: () => Promise<void>): void =>
      testWith('python3', title, body, path === undefined ? {} : { path })

    python('print into their records and answer with unicode', async () => {
      const code = 'def main(args):\n    print("hello ☃", args)\n    return {"greeting": "Grüße, " + args["name"]}'
      await actions.put('greet', { kind: 'python:default', code })
      const { record } = await invokeOnce(actions.server, 'greet', { name: '世界 🧬' })
      expect(record.response.result).toEqual({ greeting: 'Grüße, 世界 🧬' })
      expect(await actions.logsOf(record.activationId)).toEqual(["stdout hello ☃ {'name': '世界 🧬'}"])
    })

    python('bring packages in an archive', async () => {
      const archive = zipOf({
        '__main__.py': 'from words import greet\nimport dep\ndef run(args):\n    return {"a": greet(), "b": dep.NAME}',
        'words/__init__.py': 'def greet():\n    return "hi"',
        'virtualenv/lib/python3/site-packages/dep.py': 'NAME = "dependency"',
      })
      await actions.put('packed', { kind: 'python:3', code: archive.toString('base64'), main: 'run' })
      expect(await actions.result('packed')).toEqual({ a: 'hi', b: 'dependency' })
    })

    python('take and give a megabyte', async () => {
      await actions.put('large', { kind: 'python:3', code: 'def main(args):\n    return args' })
      expect(((await actions.result('large', { text: MEGABYTE })) as { text: string }).text === MEGABYTE).toBe(true)
    })

    python('see who calls them, and their parameters as they were given', async () => {
      const code =
        'import os\ndef main(args):\n    return {"name": os.environ["__OW_ACTION_NAME"], "p": os.environ["P"], "host": "__OW_API_HOST" in os.environ}'
      await actions.put('env', { kind: 'python:3', code }, { parameters: [{ key: 'P', value: 'a=b\nc', init: true }] })
      expect(await actions.result('env')).toEqual({ name: '/guest/env', p: 'a=b\nc', host: true })
    })

    python('that raise are application errors, with the traceback in the log', async () => {
      await actions.put('raise', { kind: 'python:3', code: 'def main(args):\n    raise KeyError("gone")' })
      const { status, record } = await invokeOnce(actions.server, 'raise')
      expect(status).toBe(502)
      expect(record.response).toMatchObject({ status: 'application error', result: { error: "'gone'" } })
      expect((await actions.logsOf(record.activationId)).at(-1)).toBe("stderr KeyError: 'gone'")
    })

    python('that end their process, or take too long, are developer errors', async () => {
      await actions.put('exit', { kind: 'python:3', code: 'import os\ndef main(args):\n    os._exit(1)' })
      expect((await invokeOnce(actions.server, 'exit')).record.response).toMatchObject({
        status: 'action developer error',
        result: { error: 'command exited' },
      })
      const code = 'import time\ndef main(args):\n    time.sleep(600)'
      await actions.put('slow', { kind: 'python:3', code }, { limits: { timeout: 500 } })
      expect(await actions.result('slow')).toMatchObject({
        error: 'The action exceeded its time limits of 500 milliseconds.',
      })
    })

    python('that load for ever end at the time limit of the init', async () => {
      await actions.put('stuck', { kind: 'python:3', code: 'while True: pass' }, { limits: { timeout: 500 } })
      expect(await actions.result('stuck')).toMatchObject({
        error: 'The action exceeded its time limits of 500 milliseconds during initialization.',
      })
    })
  })
}
