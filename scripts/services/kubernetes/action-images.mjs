// The images of actions, made from this machine's own programs, as the node has no registry.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { imageIds, importImages } from './cluster.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

/**
 * Makes the images and brings them to the node, those that it does not have as they are. Equal programs give equal images, so
 * that a second time takes as long as reading them.
 * @param {string} socket of the node's containerd
 * @param {string} folder for what is made on the way
 * @returns {Promise<{ names: string[], isNew: boolean, missing: string[] }>} `missing` says why some could not be made
 */
export async function giveActionImages(socket, folder) {
  bootstrap()
  const { buildImages, imageDefinitions } = await import('../../../packages/images/dist/index.js')
  const missing = []
  const planned = imageDefinitions.flatMap((definition) => {
    try {
      return [{ definition, plan: definition.plan({}) }]
    } catch (error) {
      if (error.code !== 'ERR_CONFIG') throw error
      missing.push(`${definition.name}: ${error.message}`)
      return []
    }
  })
  const scratch = join(folder, 'action-images')
  mkdirSync(scratch, { recursive: true })
  try {
    const file = join(scratch, 'images.tar')
    const images = await buildImages(planned, { to: { file } })
    const names = images.flatMap((image) => image.names)
    const there = imageIds(socket)
    const isNew = images.some((image) => image.names.some((name) => there.get(name) !== image.id))
    if (isNew) importImages(socket, file)
    return { names, isNew, missing }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** A fresh clone has nothing yet that could make images. */
function bootstrap() {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'bootstrap.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error('scripts/bootstrap.mjs failed, without which no images of actions are made')
}
