export interface RunningPodman {
  readonly pid: number
  readonly startTime: string | undefined
  /** Path of the unix socket. */
  readonly socket: string
}
export function startPodman(folder: string, socket?: string): Promise<RunningPodman>
export function removePodman(folder: string, socket: string): void
