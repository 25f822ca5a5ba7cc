/** Actions with series of their own, each for each caller; those beyond are counted together. */
export const MAX_ACTIONS = 1000
/** What did not run for so long, or is gone, has no series any more, ms. */
export const FORGET_MS = 3_600_000
/** In the place of names, for those beyond {@link MAX_ACTIONS}, and of status codes that HTTP does not have. */
export const OTHER = 'other'
