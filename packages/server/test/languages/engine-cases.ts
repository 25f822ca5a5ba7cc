import { DEFAULT_MANIFEST } from '@stemcell/core'
import { hasImage } from '@stemcell/images'
import { expect, it } from 'vitest'
import type { Actions } from './actions.ts'

/** What holds for servers whose actions run on an engine. */
export function engineCases(actions: Actions, engine: string, socketPath: string): void {
  it('only kinds whose images are there are offered, and it is said how to get the others', async () => {
    const kinds = await actions.kinds()
    for (const { kind, image } of Object.values(DEFAULT_MANIFEST.runtimes).flat()) {
      const name = `${image.prefix}/${image.name}:${image.tag}`
      const isThere = await hasImage(socketPath, name)
      expect([kind, kinds.includes(kind)]).toEqual([kind, isThere])
      if (!isThere) expect(actions.server.stdout).toContain(name)
    }
    if (!kinds.includes('nodejs:18')) {
      expect(actions.server.stdout).toContain(`stemcell images build --engine ${engine} action-nodejs --tag 18`)
    }
    const versions = kinds.filter((kind) => kind.startsWith('python:3.'))
    expect(versions.length > 0).toBe(kinds.includes('python:3'))
    for (const kind of versions) {
      const code = 'import sys\ndef main(args):\n    return {"kind": "python:%d.%d" % sys.version_info[:2]}'
      await actions.put('version', { kind, code })
      expect(await actions.result('version')).toEqual({ kind })
    }
  })
}
