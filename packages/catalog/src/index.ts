export { combinators } from './combinators/combinators.ts'
export { samples } from './samples/samples.ts'
export { utils } from './utils/utils.ts'
