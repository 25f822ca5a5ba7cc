import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlatformError } from '../../src/errors.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { ParameterCipher, parameterCipher, type CipherName } from '../../src/model/parameter-cipher.ts'
import type { Parameters } from '../../src/model/parameters.ts'
import { SeededRandom } from '../../src/time/seeded-random.ts'

const ALGORITHMS = ['aes-128', 'aes-256'] as const
const KEY_BYTES = { 'aes-128': 16, 'aes-256': 32 } as const
const IV_BYTES = { 'aes-128': 12, 'aes-256': 128 } as const

function key(algorithm: CipherName, seed: number): string {
  return Buffer.from(new SeededRandom(seed).bytes(KEY_BYTES[algorithm])).toString('base64')
}

function cipherOf(current: CipherName, ...seeds: readonly number[]): ParameterCipher {
  const keys = { [current]: seeds.map((seed) => key(current, seed)) }
  return new ParameterCipher({ current, keys }, new SeededRandom(7))
}

/** Made by another implementation of AES/GCM: keys count from 0, vectors by sevens from 1. */
const FIXTURES: Readonly<Record<CipherName, { readonly key: string; readonly value: string }>> = {
  'aes-128': {
    key: 'AAECAwQFBgcICQoLDA0ODw==',
    value: 'AAAADAEIDxYdJCsyOUBHTr9+rdl4NzxxwQMNdv8XMmPujJcqHxZpKO5y6SogDRmLu/3UTxW9Y0Nkl3qEfUY=',
  },
  'aes-256': {
    key: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
    value:
      'AAAAgAEIDxYdJCsyOUBHTlVcY2pxeH+GjZSboqmwt77FzNPa4ejv9v0ECxIZICcuNTxDSlFYX2ZtdHuCiZCXnqWss7rByM/W3eTr8vkABw4VHCMq' +
      'MTg/Rk1UW2JpcHd+hYyTmqGor7a9xMvS2eDn7vX8AwoRGB8mLTQ7QklQV15lbHN62jgkdhMZEeVuRHhS94QLnLlyOAB4N8ssl3JRX4uImSvz5/cH' +
      'b110MGx6G0IkSw==',
  },
}

const values = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)

describe.each(ALGORITHMS)('with %s', (algorithm) => {
  it('every value comes back as it was', () => {
    const cipher = cipherOf(algorithm, 1)
    fc.assert(
      fc.property(values, (value) => {
        const [locked] = cipher.lock([{ key: 'k', value, init: true }])
        if (value === null) expect(locked).toEqual({ key: 'k', value, init: true })
        else {
          expect(locked).toEqual({ key: 'k', value: expect.any(String), init: true, encryption: algorithm })
          expect(cipher.unlock(algorithm, locked!.value)).toEqual(value)
        }
      }),
    )
  })

  it('a value is base64 of vector length, vector, ciphertext and tag', () => {
    const [locked] = cipherOf(algorithm, 1).lock([{ key: 'k', value: { a: 1 } }])
    const bytes = Buffer.from(locked!.value as string, 'base64')
    expect(bytes.readUInt32BE(0)).toBe(IV_BYTES[algorithm])
    expect(bytes.length).toBe(4 + IV_BYTES[algorithm] + '{"a":1}'.length + 16)
    expect(bytes.toString('base64')).toBe(locked!.value)
  })

  it('what another implementation wrote is read', () => {
    const fixture = FIXTURES[algorithm]
    const cipher = new ParameterCipher({ current: 'off', keys: { [algorithm]: [fixture.key] } }, new SeededRandom(1))
    expect(cipher.unlock(algorithm, fixture.value)).toEqual({ token: 'café', n: [1, null] })
  })

  it('equal values become different texts', () => {
    const [a, b] = cipherOf(algorithm, 1).lock([
      { key: 'a', value: 'same' },
      { key: 'b', value: 'same' },
    ])
    expect(a!.value).not.toBe(b!.value)
  })

  it('an encrypted value is not encrypted again', () => {
    const cipher = cipherOf(algorithm, 1)
    const locked = cipher.lock([{ key: 'a', value: 1 }])
    expect(cipher.lock(locked)).toBe(locked)
  })

  it('an older key still decrypts, and renewing brings its values to the first key', () => {
    const old = cipherOf(algorithm, 1).lock([{ key: 'a', value: 'x' }])
    const both = cipherOf(algorithm, 2, 1)
    expect(both.unlock(algorithm, old[0]!.value)).toBe('x')
    const renewed = both.renew(old)
    expect(cipherOf(algorithm, 2).unlock(algorithm, renewed[0]!.value)).toBe('x')
    expect(both.renew(renewed)).toBe(renewed)
  })

  it('a changed or foreign ciphertext is refused, whatever it is', () => {
    const cipher = cipherOf(algorithm, 1)
    const text = cipher.lock([{ key: 'a', value: 'top secret' }])[0]!.value as string
    const flipped = Buffer.from(text, 'base64')
    fc.assert(
      fc.property(fc.nat(flipped.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const copy = Buffer.from(flipped)
        copy[at] = copy[at]! ^ by
        expect(() => cipher.unlock(algorithm, copy.toString('base64'))).toThrow(/no key for/)
      }),
    )
    fc.assert(
      fc.property(values, (value) => {
        expect(() => cipher.unlock(algorithm, value)).toThrow(/no key for/)
      }),
    )
  })
})

describe('a parameter cipher', () => {
  const list: Parameters = [
    { key: 'a', value: 1 },
    { key: 'b', value: null },
  ]

  it.each(['off', 'noop'] as const)('that is %s leaves values as they are and reads what was encrypted', (current) => {
    const cipher = new ParameterCipher({ current, keys: { 'aes-256': [key('aes-256', 1)] } }, new SeededRandom(1))
    expect(cipher.lock(list)).toBe(list)
    expect(cipher.renew(cipherOf('aes-256', 1).lock(list))).toEqual(list)
  })

  it('takes a value marked as noop for what it is', () => {
    expect(cipherOf('aes-128', 1).unlock('noop', { a: 1 })).toEqual({ a: 1 })
    expect(cipherOf('aes-128', 1).renew([{ key: 'a', value: 1, encryption: 'noop' }])[0]?.encryption).toBe('aes-128')
  })

  it('refuses an algorithm that it does not know', () => {
    expect(() => cipherOf('aes-128', 1).unlock('rot13', 'x')).toThrow(/no key for rot13/)
  })

  it('is none where nothing is or was encrypted', () => {
    expect(parameterCipher(undefined, new SeededRandom(1))).toBeUndefined()
    expect(parameterCipher({ current: 'off' }, new SeededRandom(1))).toBeUndefined()
    expect(parameterCipher({ current: 'noop', keys: { 'aes-256': [] } }, new SeededRandom(1))).toBeUndefined()
  })

  it.each([
    [{ current: 'aes-256' }, 'keys.aes-256 is empty'],
    [{ current: 'aes-256', keys: { 'aes-128': [key('aes-128', 1)] } }, 'keys.aes-256 is empty'],
    [{ current: 'off', keys: { 'aes-256': [key('aes-128', 1)] } }, 'keys.aes-256[0] is not a key'],
    [
      { current: 'off', keys: { 'aes-128': [key('aes-128', 1), 'not+base64!hunter2'] } },
      'keys.aes-128[1] is not a key',
    ],
  ] as const)('says what is wrong with %j, and how to make a key, but not the key', (encryption, why) => {
    try {
      parameterCipher(encryption, new SeededRandom(1))
      expect.unreachable()
    } catch (error) {
      expect(isPlatformError(error, 'ERR_CONFIG')).toBe(true)
      const { message } = error as Error
      expect(message).toContain(`parameterEncryption: `)
      expect(message).toContain(why)
      expect(message).toContain('openssl rand -base64')
      expect(message).not.toContain('hunter2')
      expect(message).not.toContain(key('aes-128', 1))
    }
  })
})
