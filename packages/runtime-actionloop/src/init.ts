/** The `value` of `POST /init`, with the whole environment of the program. */
export interface Init {
  readonly name: string
  readonly main: string
  readonly code: string
  readonly binary: boolean
  readonly env: NodeJS.ProcessEnv
}
