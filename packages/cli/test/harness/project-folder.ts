import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const EXAMPLES = join(import.meta.dirname, '../../../../examples/projects')

/** A folder for a test, removed with `remove`. */
export class ProjectFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'stemcell-project-'))

  /** Paths to content. */
  static of(files: Readonly<Record<string, string>>): ProjectFolder {
    const folder = new ProjectFolder()
    for (const [name, content] of Object.entries(files)) folder.write(name, content)
    return folder
  }

  /** A copy of one of the examples, below its name. */
  copyExample(name: string): string {
    cpSync(join(EXAMPLES, name), this.join(name), { recursive: true })
    return this.join(name)
  }

  join(...names: string[]): string {
    return join(this.path, ...names)
  }

  write(name: string, content: string): string {
    mkdirSync(dirname(this.join(name)), { recursive: true })
    writeFileSync(this.join(name), content)
    return this.join(name)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
