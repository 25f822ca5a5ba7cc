import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { isPlatformError } from '@stemcell/core'
import { buildImage, buildImages, RootFs, type ImageDefinition } from '@stemcell/images'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-images-'))
afterAll(() => rmSync(folder, { recursive: true }))

const small: ImageDefinition = {
  name: 'action-small',
  summary: 'for this test',
  plan: () => ({
    tag: '1',
    layers: [new RootFs().addText('/etc/b', 'two').addText('/etc/a', 'one'), new RootFs().addFolder('/tmp', 0o1777)],
    config: {
      entrypoint: ['/run'],
      environment: { A: 'b' },
      workingFolder: '/tmp',
      user: '65532:65532',
      labels: { l: '1' },
    },
  }),
}

function tar(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('tar', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

describe('an image archive', () => {
  it('has the same bytes every time', async () => {
    const files = [join(folder, 'first.tar'), join(folder, 'second.tar')] as const
    for (const file of files) await buildImage(small, { to: { file } })
    expect(readFileSync(files[0]).equals(readFileSync(files[1]))).toBe(true)
  })

  it('is described as an engine expects it', async () => {
    const file = join(folder, 'described.tar')
    const { id, names } = await buildImage(small, { to: { file }, tags: ['2'], prefix: 'mine' })
    expect(names).toEqual(['mine/action-small:1', 'mine/action-small:2'])
    const [manifest] = JSON.parse(tar('xOf', file, 'manifest.json')) as [
      { readonly Config: string; readonly RepoTags: string[]; readonly Layers: string[] },
    ]
    expect(manifest.RepoTags).toEqual(names)
    const config = tar('xOf', file, manifest.Config)
    expect(id).toBe(`sha256:${createHash('sha256').update(config).digest('hex')}`)
    const parsed = JSON.parse(config) as { config: object; rootfs: { diff_ids: string[] } }
    expect(parsed.config).toMatchObject({
      User: '65532:65532',
      WorkingDir: '/tmp',
      Env: ['A=b'],
      Entrypoint: ['/run'],
      Labels: { l: '1' },
    })
    for (const [index, layer] of manifest.Layers.entries()) {
      const out = join(folder, `layer-${index}.tar`)
      spawnSync('sh', ['-c', `tar xOf "${file}" "${layer}" > "${out}"`])
      const digest = createHash('sha256').update(readFileSync(out)).digest('hex')
      expect(parsed.rootfs.diff_ids[index]).toBe(`sha256:${digest}`)
    }
    expect(tar('tf', join(folder, 'layer-0.tar')).split('\n')).toEqual(['etc/', 'etc/a', 'etc/b', ''])
    expect(tar('tvf', join(folder, 'layer-1.tar'))).toMatch(/^drwxrwxrwt 0\/0 .* tmp\/$/m)
  })
})

describe('an archive of several images', () => {
  it('has the layers that they share once', async () => {
    const file = join(folder, 'several.tar')
    const plan = small.plan({})
    const more = { ...plan, layers: [...plan.layers, new RootFs().addText('/more', '')] }
    const larger = { ...small, name: 'action-larger' }
    const built = await buildImages(
      [
        { definition: small, plan },
        { definition: larger, plan: more },
      ],
      { to: { file } },
    )
    expect(built.map(({ names }) => names)).toEqual([['stemcell/action-small:1'], ['stemcell/action-larger:1']])
    const manifests = JSON.parse(tar('xOf', file, 'manifest.json')) as { readonly Layers: string[] }[]
    expect(manifests.map(({ Layers }) => Layers.length)).toEqual([2, 3])
    expect(manifests[1]!.Layers.slice(0, 2)).toEqual(manifests[0]!.Layers)
    const stored = tar('tf', file).split('\n')
    expect(stored.filter((name) => name.endsWith('.tar'))).toHaveLength(3)
    // Built alone it is the same image.
    expect((await buildImage(small, { to: { file } })).id).toBe(built[0]!.id)
  })
})

describe('an engine', () => {
  it('that refuses an image is quoted', async () => {
    const socket = join(folder, 'refuses.sock')
    const server = createServer((request, response) => {
      request.resume().once('end', () => response.end('{"error":"no space left on device"}'))
    })
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    try {
      await expect(buildImage(small, { to: { socket } })).rejects.toSatisfy(
        (error) => isPlatformError(error, 'ERR_CONFIG') && error.message.includes('no space left on device'),
      )
    } finally {
      server.close()
    }
  })

  it('that does not answer is named', async () => {
    const socket = join(folder, 'nobody.sock')
    await expect(buildImage(small, { to: { socket } })).rejects.toSatisfy(
      (error) => isPlatformError(error, 'ERR_UNAVAILABLE') && error.message.includes(socket),
    )
  })
})
