import { describe, expect, it } from 'vitest'
import { fullImageName, isImageName, isMovingTag, registryOf } from '@stemcell/core/container-engine'

const DIGEST = `sha256:${'0a'.repeat(32)}`

describe('names of images', () => {
  it.each([
    ['hello', 'docker.io', 'docker.io/library/hello:latest', true],
    ['hello:1', 'docker.io', 'docker.io/library/hello:1', false],
    ['bob/hello', 'docker.io', 'docker.io/bob/hello:latest', true],
    ['bob/hello:latest', 'docker.io', 'docker.io/bob/hello:latest', true],
    ['localhost/hello', 'localhost', 'localhost/hello:latest', true],
    ['ghcr.io/bob/hello:2.0', 'ghcr.io', 'ghcr.io/bob/hello:2.0', false],
    ['127.0.0.1:5000/hello', '127.0.0.1:5000', '127.0.0.1:5000/hello:latest', true],
    [`bob/hello@${DIGEST}`, 'docker.io', `docker.io/bob/hello@${DIGEST}`, false],
  ])('%s is of %s', (name, registry, full, moving) => {
    expect(isImageName(name)).toBe(true)
    expect([registryOf(name), fullImageName(name), isMovingTag(name)]).toEqual([registry, full, moving])
  })

  it.each(['', 'Not an image', 'bob/', '/hello', 'hello?x=1', 'hello/../../info', 'a#b', 'hello:', 'b@sha256:12', 'é'])(
    'refuses %j',
    (name) => expect(isImageName(name)).toBe(false),
  )
})
