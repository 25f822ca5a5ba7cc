// The pages of the site: docs/ as it is, and a page for each package made of its README. Links between them stay inside the
// site, others lead to the repository.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

const ADAPTERS = /^spi-/

/** Files of the repository that are pages, and where each is on the site. */
export function pageMap(root) {
  const docs = ['docs', 'docs/guides'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => [`${folder}/${name}`, `${folder}/${name}`.replace(/^docs\//, '')]),
  )
  const packages = readdirSync(join(root, 'packages')).map((name) => [
    `packages/${name}/README.md`,
    `${ADAPTERS.test(name) ? 'adapters' : 'packages'}/${name}.md`,
  ])
  const others = [
    ['CHANGELOG.md', 'changelog.md'],
    ['SECURITY.md', 'security.md'],
    ['CONTRIBUTING.md', 'contributing.md'],
  ]
  return new Map([...docs, ...packages, ...others])
}

/** Writes them below `to`; returns how many. */
export function gatherPages(root, to) {
  const { homepage } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const pages = pageMap(root)
  for (const [source, page] of pages) {
    const file = join(to, page)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, linked(readFileSync(join(root, source), 'utf8'), source, page, pages, homepage))
  }
  return pages.size
}

function linked(markdown, source, page, pages, homepage) {
  return markdown
    .split(/^(```+[\s\S]*?^```+)$/m)
    .map((part, index) => (index % 2 === 1 ? part : withLinks(part, source, page, pages, homepage)))
    .join('')
}

function withLinks(text, source, page, pages, homepage) {
  return text.replaceAll(/\]\((?![a-z][a-z+.-]*:|#)([^)\s]+)\)/gi, (_, target) => {
    const [path, anchor] = target.split('#')
    const file = posix.normalize(posix.join(posix.dirname(source), path)).replace(/\/$/, '')
    const found = pages.get(file) ?? pages.get(`${file}/README.md`)
    const end = anchor === undefined ? '' : `#${anchor}`
    if (found !== undefined) {
      const there = posix.relative(posix.dirname(page), found)
      return `](${there.startsWith('.') ? there : `./${there}`}${end})`
    }
    const kind = /\.\w+$/.test(posix.basename(file)) ? 'blob' : 'tree'
    return `](${homepage}/${kind}/main/${file}${end})`
  })
}
