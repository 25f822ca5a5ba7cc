// What the files in .changeset say, and the version that follows from them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import semver from 'semver'

const STEPS = ['patch', 'minor', 'major']

/** The changesets of a working copy: the step of each, and its sentence. */
export function readChangesets(root) {
  const folder = join(root, '.changeset')
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => {
      const [, head = '', summary = ''] =
        /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(readFileSync(join(folder, name), 'utf8')) ?? []
      const steps = [...head.matchAll(/: *["']?(patch|minor|major)["']? *$/gm)].map(([, step]) => step)
      return { name, steps, summary: summary.trim() }
    })
}

/** The version that all packages get; undefined when no changeset asks for one. */
export function nextVersion(version, changesets) {
  const step = STEPS.findLast((one) => changesets.some(({ steps }) => steps.includes(one)))
  return step && semver.inc(version, step)
}

export function writeChangeset(root, name, packageName, step, summary) {
  writeFileSync(join(root, '.changeset', `${name}.md`), `---\n'${packageName}': ${step}\n---\n\n${summary}\n`)
}
