import { readFileSync } from 'node:fs'

/** The fenced code blocks of a Markdown file in one language, in order. */
export function codeBlocks(file: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')
  return Array.from(readFileSync(file, 'utf8').matchAll(fence), ([, code = '']) => code)
}
