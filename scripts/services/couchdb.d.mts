export interface StandIn {
  readonly pid: number
  readonly startTime: string | undefined
  /** With the account in it. */
  readonly url: string
}

export function startStandIn(
  folder: string,
  options?: { readonly port?: number; readonly username?: string; readonly password?: string },
): Promise<StandIn>
