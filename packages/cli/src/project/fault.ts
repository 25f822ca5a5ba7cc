/** One thing that is wrong with a project, and where. */
export interface Fault {
  /** As the user would name it, relative to the working directory where that is shorter. */
  readonly file?: string
  /** From 1. */
  readonly line?: number
  /** From 1. */
  readonly column?: number
  readonly message: string
  /** What to do. */
  readonly fix?: string
}

/** A project that cannot be deployed as it is. Nothing was sent. */
export class ProjectError extends Error {
  override readonly name = 'ProjectError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(faults.map(faultText).join('\n'))
    this.faults = faults
  }
}

/** `file:line:column: message`, and on a second line what to do. */
export function faultText({ file, line, column, message, fix }: Fault): string {
  const place = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':')
  return `${place === '' ? '' : `${place}: `}${message}${fix === undefined ? '' : `\n    ${fix}`}`
}
