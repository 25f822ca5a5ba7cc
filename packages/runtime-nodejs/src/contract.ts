/** Body of `POST /init`. */
export interface InitRequest {
  readonly value: {
    readonly name?: string
    /** Name of the function; for an archive also `file.function`. */
    readonly main: string
    /** Source text, or a base64 zip or tar.gz when `binary`. */
    readonly code: string
    readonly binary?: boolean
    /** Set in `process.env` before any code of the action is loaded. */
    readonly env?: Readonly<Record<string, unknown>>
  }
}

/** Body of `POST /run`. Every string member but `value` becomes `__OW_<UPPER CASE NAME>` in the environment. */
export interface RunRequest {
  readonly value: object
  readonly activation_id?: string
  readonly namespace?: string
  readonly action_name?: string
  readonly action_version?: string
  readonly transaction_id?: string
  /** Milliseconds since the epoch, in decimal. */
  readonly deadline?: string
  readonly api_key?: string
}
