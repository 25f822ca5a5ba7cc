// What can be said of each tarball alone: publint, are the types wrong, and what this repository promises of its own.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { importTool } from './tools.mjs'

/** Stemcell is for `import`: how a CommonJS file or an old resolver would see it is no fault. */
const IGNORED_RESOLUTIONS = new Set(['node10', 'node16-cjs'])

export async function checkTarball({ name, manifest, tarball }) {
  const { publint } = await importTool('publint')
  const { formatMessage } = await importTool('publint/utils')
  const { checkPackage, createPackageFromTarballData } = await importTool('@arethetypeswrong/core')
  const data = readFileSync(tarball)
  const { messages, pkg } = await publint({ pack: { tarball: arrayBufferOf(data) }, strict: true })
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
    `${name}: publint`,
  )

  const packed = createPackageFromTarballData(new Uint8Array(data))
  const inside = `/node_modules/${name}/`
  const files = packed.listFiles().map((file) => file.slice(inside.length))
  const text = (file) => packed.readFile(inside + file)
  if (files.some((file) => file.endsWith('.d.ts'))) {
    const analysis = await checkPackage(packed)
    const problems = (analysis.problems ?? []).filter((one) => !IGNORED_RESOLUTIONS.has(one.resolutionKind))
    // An entry that is run and not imported has no types.
    const real = problems.filter((one) => !(one.kind === 'UntypedResolution' && one.entrypoint === './main'))
    assert.deepEqual(real, [], `${name}: are the types wrong?`)
  }

  for (const file of ['LICENSE', 'README.md', 'package.json']) assert.ok(files.includes(file), `${name} has no ${file}`)
  assert.deepEqual(
    files.filter((file) => file.endsWith('.tsbuildinfo') || /^(?!templates\/).*\b(?:test|src)\//.test(file)),
    [],
    `${name}: what is not for users`,
  )
  for (const path of targets(manifest.exports).concat(Object.values(manifest.bin ?? {})))
    assert.ok(files.includes(posix.normalize(path)), `${name} promises ${path} and is packed without it`)
  for (const file of files.filter((one) => one.endsWith('.map'))) {
    const { sources, sourcesContent = [] } = JSON.parse(text(file))
    assert.ok(
      sources.every((_, index) => typeof sourcesContent[index] === 'string'),
      `${name}: ${file} points at sources that are not there`,
    )
  }
  const relativeLinks = text('README.md').match(/\]\((?!#|https?:)[^)]*\)/g) ?? []
  assert.deepEqual(relativeLinks, [], `${name}: links in its README that lead nowhere outside the repository`)
}

function targets(exports) {
  if (typeof exports === 'string') return [exports]
  return Object.values(exports ?? {}).flatMap(targets)
}

const arrayBufferOf = (data) => data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)
