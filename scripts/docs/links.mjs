// Links of Markdown files that lead to no file, or to no heading of a file.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** One line for each. */
export function brokenLinks(root) {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter(
      (file) => file !== '' && existsSync(join(root, file)) && !file.startsWith('packages/create-stemcell/templates/'),
    )
  return files.flatMap((file) =>
    linksOf(readFileSync(join(root, file), 'utf8')).flatMap((link) => {
      const problem = problemOf(root, file, link)
      return problem === undefined ? [] : [`${file}: ${link}: ${problem}`]
    }),
  )
}

/** Targets of links within the repository, code left out. */
export function linksOf(markdown) {
  return [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
}

function problemOf(root, file, link) {
  const [path, anchor] = link.split('#')
  const target = path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path)))
  if (!existsSync(join(root, target))) return 'there is no such file'
  if (anchor === undefined || !target.endsWith('.md')) return undefined
  return anchorsOf(readFileSync(join(root, target), 'utf8')).has(anchor) ? undefined : 'there is no such heading'
}

/** As GitHub and the site make them of headings. */
export function anchorsOf(markdown) {
  const seen = new Map()
  const headings = [...withoutCode(markdown, true).matchAll(/^#{1,6} +(.+)$/gm)].map(([, text]) => {
    const anchor = text
      .trim()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
  return new Set(headings)
}

function withoutCode(markdown, keepInline = false) {
  const text = markdown.replaceAll(/^(```+|~~~+)[\s\S]*?^\1/gm, '')
  return keepInline ? text : text.replaceAll(/`[^`\n]+`/g, '')
}
