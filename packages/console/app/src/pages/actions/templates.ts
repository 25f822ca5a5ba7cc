import type { Language } from '../../parts/editor.tsx'

export interface Template {
  readonly id: string
  readonly label: string
  readonly kind: string
  readonly code: string
  readonly annotations?: readonly { readonly key: string; readonly value: unknown }[]
}

export const TEMPLATES: readonly Template[] = [
  {
    id: 'hello',
    label: 'Hello (JavaScript)',
    kind: 'nodejs:default',
    code: `function main({ name = 'world' }) {
  console.log('greeting', name)
  return { greeting: \`Hello, \${name}\` }
}
`,
  },
  {
    id: 'async',
    label: 'Asynchronous (JavaScript)',
    kind: 'nodejs:default',
    code: `async function main({ delayMs = 100 }) {
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  return { waited: delayMs }
}
`,
  },
  {
    id: 'web',
    label: 'Web page (JavaScript)',
    kind: 'nodejs:default',
    annotations: [{ key: 'web-export', value: true }],
    code: `function main({ name = 'world' }) {
  return {
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: \`<!doctype html><title>Hello</title><h1>Hello, \${escape(name)}</h1>\`,
  }
}

function escape(text) {
  return String(text).replace(/[&<>"]/g, (c) => \`&#\${c.codePointAt(0)};\`)
}
`,
  },
  {
    id: 'python',
    label: 'Hello (Python)',
    kind: 'python:3',
    code: `def main(args):
    name = args.get("name", "world")
    print("greeting", name)
    return {"greeting": f"Hello, {name}"}
`,
  },
]

export function languageOf(kind: string | undefined): Language {
  if (kind?.startsWith('nodejs')) return 'javascript'
  if (kind?.startsWith('python')) return 'python'
  return 'text'
}
