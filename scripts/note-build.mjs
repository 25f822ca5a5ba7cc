// Notes beside the compiled code when and from what it was built, for `GET /api/v1`. The same commit gives the same
// note, whenever and wherever it is built; SOURCE_DATE_EPOCH is stronger. Without either there is no note, and the
// server says when its files were written.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

export function noteBuild() {
  const core = join(root, 'packages', 'core')
  const file = join(core, 'dist', 'build.json')
  const note = noteOf(JSON.parse(readFileSync(join(core, 'package.json'), 'utf8')).version)
  if (note === undefined) return rmSync(file, { force: true })
  const text = `${JSON.stringify(note)}\n`
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

function noteOf(version) {
  const [seconds, commit] = lastCommit()
  const epoch = process.env['SOURCE_DATE_EPOCH'] ?? seconds
  if (!/^\d+$/.test(epoch ?? '')) return undefined
  const date = new Date(Number(epoch) * 1000).toISOString().replace('.000Z', 'Z')
  return { date, number: commit === undefined ? version : `${version}+${commit}` }
}

/** Of this repository only, not of one that this folder happens to lie in. */
function lastCommit() {
  if (!existsSync(join(root, '.git'))) return []
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct %H'], { cwd: root, encoding: 'utf8' })
  const [seconds, commit] = status === 0 ? stdout.trim().split(' ') : []
  return [seconds, commit?.slice(0, 12)]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) noteBuild()
