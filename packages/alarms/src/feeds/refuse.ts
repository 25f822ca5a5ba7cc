import { SystemActionError } from '@stemcell/core'

/** The failure of a feed, in the form that OpenWhisk's feeds have: a caller finds the text in `error.error`. */
export function refuse(statusCode: number, error: string): SystemActionError {
  return new SystemActionError({ error, statusCode })
}
