import { describe, expect, it } from 'vitest'
import { fullImageName, parseImageName } from '@stemcell/core/container-engine'

const DIGEST = `sha256:${'0a'.repeat(32)}`

describe('names of images', () => {
  it.each([
    ['hello', 'docker.io', 'latest', 'docker.io/library/hello:latest'],
    ['hello:1', 'docker.io', '1', 'docker.io/library/hello:1'],
    ['openwhisk/action-nodejs-v20:nightly', 'docker.io', 'nightly', 'docker.io/openwhisk/action-nodejs-v20:nightly'],
    ['docker.io/bob/hello', 'docker.io', 'latest', 'docker.io/bob/hello:latest'],
    ['localhost/a/b', 'localhost', 'latest', 'localhost/a/b:latest'],
    ['ghcr.io/bob/hello:2.0', 'ghcr.io', '2.0', 'ghcr.io/bob/hello:2.0'],
    ['127.0.0.1:5000/hello', '127.0.0.1:5000', 'latest', '127.0.0.1:5000/hello:latest'],
    [`ghcr.io/a@${DIGEST}`, 'ghcr.io', DIGEST, `ghcr.io/a@${DIGEST}`],
  ])('%s is of %s, tagged %s', (name, registry, tag, full) => {
    expect(parseImageName(name)).toEqual({ registry, tag })
    expect(fullImageName(name)).toBe(full)
  })

  it.each([
    '',
    'Not an image',
    'a/B',
    'a:',
    'a/:b',
    '../a',
    'a//b',
    'a:b:c',
    '-a',
    'a'.repeat(300),
    '/hello',
    'hello?x=1',
    'hello/../../info',
    'a#b',
    'b@sha256:12',
  ])('refuses %j', (name) => expect(parseImageName(name)).toBeUndefined())
})
