import type { Logger } from '../log.ts'

/** Takes what a plug-in did that its contract does not allow. */
export type OnFault = (err: unknown) => void

/** Logs the first fault of a plug-in, with its name: it may have one with every request. */
export function firstFault(logger: Logger, plugIn: string): OnFault {
  let told = false
  return (err) => {
    if (told) return
    told = true
    logger.error({ plugIn, err }, 'a plug-in breaks its contract, logged once; fix or remove it')
  }
}

/** Waits for the failure of what a plug-in returned where nothing is waited for: nobody else would. */
export function watchPromise(returned: unknown, onFault: OnFault): void {
  if (typeof returned !== 'object' || returned === null || !('then' in returned)) return
  Promise.resolve(returned).catch(onFault)
}
