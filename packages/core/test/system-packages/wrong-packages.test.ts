import { expect, it } from 'vitest'
import { assemble } from '../../src/assembly/assemble.ts'
import { memoryContainers } from '../../src/container/memory-containers.ts'

const run = (): object => ({})

it.each([
  ['no package', [{}], 'systemPackages.0: give an adapter'],
  ['not called', [() => ({ name: 'a', core: '*', build: run })], 'systemPackages.0: give an adapter'],
  ['no list', { name: 'a', actions: [] }, 'systemPackages'],
  ['without actions', [{ name: 'a', actions: [] }], "system package 'a' has no actions"],
  ['of a wrong name', [{ name: 'a/b', actions: [{ name: 'c', run }] }], 'the name contains illegal characters'],
  ['twice there', [1, 2].map(() => ({ name: 'a', actions: [{ name: 'c', run }] })), "there are two called 'a'"],
  ['no package once it is built', [{ name: 'x', core: '*', build: () => undefined }], 'systemPackages (x): what its'],
  [
    'built by what fails',
    [{ name: 'x', core: '*', build: () => JSON.parse('{') }],
    'systemPackages (x): its build() failed',
  ],
])('a system package that is %s is refused before anything is opened', async (_what, systemPackages, message) => {
  const outcome = assemble({ containers: memoryContainers(), systemPackages: systemPackages as never })
  await expect(outcome).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining(message) })
})
