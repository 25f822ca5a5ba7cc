export function stop(state: { readonly pid: number; readonly startTime: string | undefined }): Promise<void>
export function freePort(): Promise<number>
