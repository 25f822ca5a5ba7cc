import { existsSync, readFileSync } from 'node:fs'
import { isMap, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import type { z } from 'zod'
import type { Fault } from './fault.ts'

/** A YAML file whose every value knows its line. */
export class YamlFile {
  readonly shown: string
  readonly #lines = new LineCounter()
  readonly #document: Document

  constructor(text: string, shown: string) {
    this.shown = shown
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true })
  }

  /** Undefined where there is none. */
  static read(file: string, shown: string): YamlFile | undefined {
    return existsSync(file) ? new YamlFile(readFileSync(file, 'utf8'), shown) : undefined
  }

  /** What keeps it from being YAML. */
  faults(): Fault[] {
    return this.#document.errors.map(({ message, pos }) => {
      const { line, col } = this.#lines.linePos(pos[0])
      return { file: this.shown, line, column: col, message: message.split('\n')[0]!, fix: 'correct the YAML' }
    })
  }

  content(): unknown {
    return this.#document.toJS({ maxAliasCount: 1000 }) as unknown
  }

  /** From 1; that of the nearest value around it where there is none. */
  line(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const at = path.slice(0, length)
      const above = length === 1 ? this.#document.contents : (this.#document.getIn(at.slice(0, -1), true) as Node)
      const key = at[length - 1]
      // The key itself: its value may begin on a later line.
      const pair = isMap(above)
        ? above.items.find(
            (item) => String((item.key as { value?: unknown } | null)?.value ?? item.key) === String(key),
          )
        : undefined
      const node = (pair?.key ?? this.#document.getIn(at, true)) as Node | undefined
      if (node?.range) return this.#lines.linePos(node.range[0]).line
    }
    return 1
  }

  fault(path: readonly PropertyKey[], message: string, fix?: string): Fault {
    return { file: this.shown, line: this.line(path), message, ...(fix !== undefined && { fix }) }
  }

  /** What a schema makes of it, or what is wrong with it. */
  read<T>(schema: z.ZodType<T>): T | Fault[] {
    const faults = this.faults()
    if (faults.length > 0) return faults
    const parsed = schema.safeParse(this.content() ?? {})
    return parsed.success ? parsed.data : parsed.error.issues.flatMap((issue) => this.#explain(issue))
  }

  #explain(issue: z.core.$ZodIssue): Fault[] {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => this.fault([...issue.path, key], `there is no setting ${key} here`))
    }
    const where = issue.path.join('.')
    return [this.fault(issue.path, where === '' ? issue.message : `${where}: ${issue.message}`)]
  }
}
