import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { ActionSettings } from './action-settings.ts'
import type { Fault } from './fault.ts'
import {
  buildJavaScript,
  buildTypeScript,
  compileInto,
  javaScriptMistakes,
  NO_PREFIX,
  type Built,
  type Prefix,
} from './javascript.ts'
import type { CodeExec } from './model.ts'
import { installRequirements, pythonMistakes, shellMistakes } from './python.ts'
import { entriesOf, zipOf, type Entries } from './zip.ts'

/** The longest code that a server takes, in bytes. */
const MAX_CODE = 48 * 1024 * 1024
const NATIVE_IMAGE = 'openwhisk/dockerskeleton'

type Language = 'javascript' | 'typescript' | 'python' | 'native'

const LANGUAGES: Readonly<Record<string, Language>> = {
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.py': 'python',
  '.sh': 'native',
}

/** By the endings of other languages that OpenWhisk has; what they need is sent as it is. */
const PLAIN_KINDS: Readonly<Record<string, string>> = {
  '.php': 'php:default',
  '.rb': 'ruby:default',
  '.go': 'go:default',
  '.rs': 'rust:default',
  '.swift': 'swift:default',
  '.jar': 'java:default',
}

/** In the order in which they are looked for. */
const ENTRIES: readonly (readonly [file: string, language: Language])[] = [
  ['index.ts', 'typescript'],
  ['index.mts', 'typescript'],
  ['package.json', 'javascript'],
  ['index.js', 'javascript'],
  ['index.mjs', 'javascript'],
  ['index.cjs', 'javascript'],
  ['__main__.py', 'python'],
  ['exec', 'native'],
]

export interface CodeOptions {
  /** Absolute. */
  readonly source: string
  /** As users are told. */
  readonly shown: string
  readonly settings: ActionSettings
  /** Where packages of Python are kept once they are installed. */
  readonly cache: string
  readonly prefix?: Prefix
}

/** Whether a file of this name can be an action. */
export function isActionFile(name: string): boolean {
  const ending = extname(name)
  return !/\.d\.[cm]?ts$/.test(name) && (ending in LANGUAGES || ending in PLAIN_KINDS)
}

/** The file of a folder that its action begins with; the settings of the action stand in its head. */
export function entryOf(folder: string): string | undefined {
  const found = ENTRIES.find(([name]) => existsSync(join(folder, name)))?.[0]
  return found === 'package.json'
    ? (ENTRIES.find(([n]) => n.startsWith('index.') && existsSync(join(folder, n)))?.[0] ?? found)
    : found
}

/** What a file or folder is as an action, or what is wrong with it. */
export async function actionCode(options: CodeOptions): Promise<CodeExec | Fault[]> {
  const { source, shown } = options
  const made = statSync(source).isDirectory() ? await folderCode(options) : await fileCode(options)
  if (Array.isArray(made)) return made
  const { length } = made.code ?? ''
  if (length > MAX_CODE) {
    const message = `its code is ${megabytes(length)} long, and a server takes ${megabytes(MAX_CODE)}`
    return [{ file: shown, message, fix: 'leave out what it does not need' }]
  }
  return made
}

async function fileCode(options: CodeOptions): Promise<CodeExec | Fault[]> {
  const { source, shown, settings, prefix = NO_PREFIX } = options
  const ending = extname(source)
  const language = LANGUAGES[ending]
  if (ending === '.jar' || ending === '.zip') {
    return execOf(settings, PLAIN_KINDS[ending] ?? 'nodejs:default', {
      code: readFileSync(source).toString('base64'),
      binary: true,
    })
  }
  const text = readFileSync(source, 'utf8')
  // Or it is being written.
  if (text.trim() === '') return [{ file: shown, message: 'this file is empty', fix: 'write a function main into it' }]
  switch (language) {
    case undefined:
      break
    case 'javascript':
      return withExec(settings, 'nodejs:default', await buildJavaScript(text, source, shown, prefix))
    case 'typescript':
      return withExec(settings, 'nodejs:default', await buildTypeScript(source, shown, settings.main ?? 'main', prefix))
    case 'python': {
      const faults = pythonMistakes(text, shown)
      return faults.length > 0 ? faults : execOf(settings, 'python:default', { code: text, binary: false })
    }
    case 'native': {
      const faults = shellMistakes(text, shown)
      const code = text.startsWith('#!') ? text : `#!/bin/sh\n${text}`
      return faults.length > 0 ? faults : execOf({ native: true, ...settings }, '', { code, binary: false })
    }
  }
  return execOf(settings, PLAIN_KINDS[ending] ?? '', { code: text, binary: false })
}

async function folderCode(options: CodeOptions): Promise<CodeExec | Fault[]> {
  const { source, shown, settings, cache, prefix = NO_PREFIX } = options
  const found = ENTRIES.find(([name]) => existsSync(join(source, name)))
  if (!found) {
    const known = ENTRIES.map(([name]) => name).join(', ')
    return [{ file: shown, message: 'this folder has no file that an action begins with', fix: `one of ${known}` }]
  }
  const [name, language] = found
  const entries = entriesOf(source)
  const faults = await folderMistakes(entries, shown)
  if (faults.length > 0) return faults
  switch (language) {
    case 'typescript': {
      const entry = { file: join(source, name), shown: `${shown}/${name}`, main: settings.main ?? 'main' }
      const wrong = await compileInto(entries, entry, prefix)
      return wrong.length > 0 ? wrong : zipped(settings, 'nodejs:default', entries)
    }
    case 'javascript':
      return zipped(settings, 'nodejs:default', entries)
    case 'python': {
      if (entries.has('requirements.txt')) {
        const wrong = installRequirements(entries, source, shown, cache)
        if (wrong.length > 0) return wrong
      }
      return zipped(settings, 'python:default', entries)
    }
    case 'native':
      return zipped({ native: true, ...settings }, '', entries)
  }
}

/** Of the files that are the user's own. */
async function folderMistakes(entries: Entries, shown: string): Promise<Fault[]> {
  const faults: Fault[] = []
  const decoder = new TextDecoder()
  for (const [path, { content }] of entries) {
    if (/(?:^|\/)(?:node_modules|virtualenv)\//.test(path)) continue
    const file = `${shown}/${path}`
    if (/\.[cm]?js$/.test(path)) {
      faults.push(...(await javaScriptMistakes(decoder.decode(content), file)))
    } else if (path.endsWith('.py')) faults.push(...pythonMistakes(decoder.decode(content), file))
  }
  return faults
}

function zipped(settings: ActionSettings, kind: string, entries: Entries): CodeExec {
  return execOf(settings, kind, { code: zipOf(entries), binary: true })
}

function withExec(settings: ActionSettings, kind: string, built: Built | Fault[]): CodeExec | Fault[] {
  return Array.isArray(built) ? built : execOf(settings, kind, built)
}

function execOf({ kind, docker, native, main }: ActionSettings, usual: string, { code }: Built): CodeExec {
  const image = docker ?? (native === true ? NATIVE_IMAGE : undefined)
  const named = main === undefined ? {} : { main }
  if (image !== undefined) return { kind: 'blackbox', image, code, ...named }
  return { kind: kind ?? usual, code, ...named }
}

export function megabytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
