import { expect, it } from 'vitest'
import { run } from '../main.mjs'

it('an API of a document asks for keys, limits its clients, and is exported', async () => {
  expect(await run()).toEqual({
    'without a key': [401, { status: 401, message: 'Error: API key header "X-Api-Key" is required.' }],
    'with a key': [200, { greeting: 'Good morning' }],
    'another language': [200, { greeting: 'Guten Morgen' }],
    'one that the action does not know': [404, { error: 'that language is not spoken here' }],
    'the fourth in an hour': [429, { status: 429, message: 'Error: Rate limit exceeded' }],
    'as OpenAPI 3': '3.0.3',
  })
}, 60_000)
