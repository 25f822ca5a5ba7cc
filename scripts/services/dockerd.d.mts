/** An engine that `startDockerd` started. */
export interface Dockerd {
  readonly pid: number
  readonly startTime?: string
  readonly socket: string
}

export function startDockerd(folder: string, more?: readonly string[]): Promise<Dockerd>
export function stopDockerd(state: Dockerd): Promise<void>
export function answers(socketPath: string): Promise<boolean>
export function removeDockerd(folder: string): void
