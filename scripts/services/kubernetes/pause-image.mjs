// The image of what keeps a pod's namespaces, made from one program, in the form that `docker save` writes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes `FOLDER/image.tar`; returns its path. */
export function writePauseImage(folder, program, name) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'root'), { recursive: true })
  copyFileSync(program, join(folder, 'root', 'pause'))
  tar(join(folder, 'layer.tar'), join(folder, 'root'), ['pause'])
  const layer = createHash('sha256')
    .update(readFileSync(join(folder, 'layer.tar')))
    .digest('hex')
  const architecture = { x64: 'amd64' }[process.arch] ?? process.arch
  const config = { Entrypoint: ['/pause'], User: '65535:65535' }
  const rootfs = { type: 'layers', diff_ids: [`sha256:${layer}`] }
  const json = (file, value) => writeFileSync(join(folder, file), JSON.stringify(value))
  json('config.json', { architecture, os: 'linux', config, rootfs })
  json('manifest.json', [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }])
  tar(join(folder, 'image.tar'), folder, ['manifest.json', 'config.json', 'layer.tar'])
  return join(folder, 'image.tar')
}

function tar(file, folder, names) {
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  const { status, stderr } = spawnSync('tar', ['-cf', file, '-C', folder, ...owner, ...names], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`tar made no ${file}: ${stderr}`)
}
