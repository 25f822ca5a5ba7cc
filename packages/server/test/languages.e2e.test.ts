import { hostPythons } from '@stemcell/spi-process'
import { expect, it } from 'vitest'
import { ACTION_PATH } from '../../../test/test-with.ts'
import { invokeOnce } from './harness/api.ts'
import { useServer } from './harness/use-server.ts'
import { Actions } from './languages/actions.ts'
import { nativeCases } from './languages/native-cases.ts'
import { nodejsCases } from './languages/nodejs-cases.ts'
import { pythonCases } from './languages/python-cases.ts'

const actions = new Actions(useServer())

nodejsCases(actions)
pythonCases(actions, ACTION_PATH)
nativeCases(actions)

it('an image of the user is refused when it is invoked, and it is said why', async () => {
  await actions.put('image', { kind: 'blackbox', image: 'somebody/image' })
  const { status, record } = await invokeOnce(actions.server, 'image')
  expect(status).toBe(502)
  expect(record.response.status).toBe('action developer error')
  expect(JSON.stringify(record.response.result)).toMatch(
    /processes here, not in images: 'somebody\/image' is not one of/,
  )
})

it('the server lists the kinds that this machine can run', async () => {
  const pythons = hostPythons({ python: 'python3', path: ACTION_PATH })
  const versions = pythons.flatMap(({ version }) => (version === undefined ? [] : [`python:${version}`])).sort()
  const kinds = await actions.kinds()
  expect(kinds).toEqual(['nodejs:18', 'nodejs:20', ...(pythons.length > 0 ? ['python:3'] : []), ...versions])
  for (const kind of versions) {
    const code = 'import sys\ndef main(args):\n    return {"kind": "python:%d.%d" % sys.version_info[:2]}'
    await actions.put('version', { kind, code })
    expect(await actions.result('version')).toEqual({ kind })
  }
})
