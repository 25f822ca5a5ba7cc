import { RestPlatform } from '@stemcell/conformance/rest'
import { fuzzApi } from './fuzz-api.ts'

fuzzApi('stores in memory', () => RestPlatform.start())
