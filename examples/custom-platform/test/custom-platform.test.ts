import { expect, it } from 'vitest'
import { run } from '../src/main.ts'

it('the example platform runs its action and closes', async () => {
  expect(await run()).toMatchObject({ success: true, result: { greeting: 'Hello, platform builder' } })
})
