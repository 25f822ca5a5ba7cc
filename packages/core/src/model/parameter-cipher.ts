import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { PlatformError } from '../errors.ts'
import type { Random } from '../time/random.ts'
import type { JsonValue } from './json.ts'
import { stringifyJson } from './json-number.ts'
import { parseJson } from './parse-json.ts'
import type { Parameter, Parameters } from './parameters.ts'

/** An algorithm that encrypts default parameters: AES-GCM with keys of 128 or 256 bits. */
export type CipherName = 'aes-128' | 'aes-256'

/** How default parameters of actions and packages are stored; OpenWhisk's `whisk.parameter-storage`. */
export interface ParameterEncryption {
  /** What values are encrypted with when they are written; `off` and `noop` store them as they are. */
  readonly current: 'off' | 'noop' | CipherName
  /** Base64 of 16 or 32 bytes. The first of an algorithm encrypts; each may decrypt what was written before. */
  readonly keys?: { readonly [name in CipherName]?: readonly string[] | undefined }
}

/** Bytes that key and initialisation vector of an algorithm have in OpenWhisk. */
const SIZES: Readonly<Record<CipherName, { readonly key: number; readonly iv: number }>> = {
  'aes-128': { key: 16, iv: 12 },
  'aes-256': { key: 32, iv: 128 },
}
const HEAD_BYTES = 4
const TAG_BYTES = 16
const MAX_IV_BYTES = 128

/**
 * Encrypts parameter values as OpenWhisk stores them: base64 of the length of the initialisation vector (4 bytes, big
 * endian), the vector, and the AES/GCM ciphertext of the value's compact JSON with its tag of 16 bytes.
 */
export class ParameterCipher {
  readonly #keys: ReadonlyMap<string, readonly KeyObject[]>
  readonly #current: { readonly name: CipherName; readonly key: KeyObject } | undefined
  readonly #random: Random

  /** @throws ERR_CONFIG a key is malformed, or there is none for `current`. */
  constructor({ current, keys = {} }: ParameterEncryption, random: Random) {
    this.#random = random
    this.#keys = new Map([
      ['aes-128', readKeys('aes-128', keys['aes-128'])],
      ['aes-256', readKeys('aes-256', keys['aes-256'])],
    ])
    if (current === 'off' || current === 'noop') return
    const key = this.#keys.get(current)?.[0]
    if (!key) {
      throw new PlatformError(
        'ERR_CONFIG',
        `parameterEncryption: current is ${current}, keys.${current} is empty; ${newKey(current)}`,
      )
    }
    this.#current = { name: current, key }
  }

  /** Encrypts what is not encrypted. A value of null has nothing to hide and stays: it marks an open parameter. */
  lock(parameters: Parameters): Parameters {
    if (!this.#current || parameters.every(isSettled)) return parameters
    return parameters.map((parameter) => (isSettled(parameter) ? parameter : this.#locked(parameter)))
  }

  /** @throws ERR_CORRUPT the algorithm is unknown, or no key decrypts the value. */
  unlock(algorithm: string, value: JsonValue): JsonValue {
    if (algorithm === 'noop') return value
    for (const key of this.#keys.get(algorithm) ?? []) {
      const text = decrypted(key, algorithm, value)
      if (text !== undefined) return parseJson(text)
    }
    throw new PlatformError(
      'ERR_CORRUPT',
      `no key for ${algorithm} decrypts a parameter: configure the key that it was written with`,
    )
  }

  /**
   * What `lock` would make of the plain values, without touching those that the current key has encrypted already: the
   * same list when there is nothing to do.
   * @throws ERR_CORRUPT no key decrypts a value.
   */
  renew(parameters: Parameters): Parameters {
    const renewed = this.lock(
      parameters.map((parameter) => (this.#isCurrent(parameter) ? parameter : this.#opened(parameter))),
    )
    return renewed.every((parameter, index) => parameter === parameters[index]) ? parameters : renewed
  }

  #isCurrent({ encryption, value }: Parameter): boolean {
    if (encryption === undefined) return true
    return encryption === this.#current?.name && decrypted(this.#current.key, encryption, value) !== undefined
  }

  #opened({ encryption, ...plain }: Parameter): Parameter {
    return encryption === undefined ? plain : { ...plain, value: this.unlock(encryption, plain.value) }
  }

  #locked(parameter: Parameter): Parameter {
    const { name, key } = this.#current!
    const iv = this.#random.bytes(SIZES[name].iv)
    const cipher = createCipheriv(`${name}-gcm`, key, iv)
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt32BE(iv.length)
    const parts = [head, iv, cipher.update(stringifyJson(parameter.value), 'utf8'), cipher.final(), cipher.getAuthTag()]
    return { ...parameter, value: Buffer.concat(parts).toString('base64'), encryption: name }
  }
}

/** Undefined when values are neither encrypted nor could be decrypted. @throws ERR_CONFIG */
export function parameterCipher(
  encryption: ParameterEncryption | undefined,
  random: Random,
): ParameterCipher | undefined {
  if (!encryption) return undefined
  const cipher = new ParameterCipher(encryption, random)
  const hasKey = Object.values(encryption.keys ?? {}).some((keys) => keys !== undefined && keys.length > 0)
  return hasKey ? cipher : undefined
}

function isSettled({ encryption, value }: Parameter): boolean {
  return encryption !== undefined || value === null
}

function readKeys(name: CipherName, keys: readonly string[] = []): KeyObject[] {
  return keys.map((text, index) => {
    const bytes = Buffer.from(text, 'base64')
    if (bytes.length !== SIZES[name].key || bytes.toString('base64') !== text.trim()) {
      throw new PlatformError('ERR_CONFIG', `parameterEncryption: keys.${name}[${index}] is not a key; ${newKey(name)}`)
    }
    return createSecretKey(bytes)
  })
}

function newKey(name: CipherName): string {
  const { key } = SIZES[name]
  return `give ${key} random bytes in base64, as from: openssl rand -base64 ${key}`
}

/** Undefined when it is not what this key encrypted. */
function decrypted(key: KeyObject, algorithm: string, value: JsonValue): string | undefined {
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length < HEAD_BYTES) return undefined
  const ivBytes = bytes.readUInt32BE(0)
  const end = bytes.length - TAG_BYTES
  if (ivBytes === 0 || ivBytes > MAX_IV_BYTES || HEAD_BYTES + ivBytes > end) return undefined
  const iv = bytes.subarray(HEAD_BYTES, HEAD_BYTES + ivBytes)
  const name = algorithm === 'aes-128' ? 'aes-128-gcm' : 'aes-256-gcm'
  const decipher = createDecipheriv(name, key, iv, { authTagLength: TAG_BYTES }).setAuthTag(bytes.subarray(end))
  const text = decipher.update(bytes.subarray(HEAD_BYTES + ivBytes, end), undefined, 'utf8')
  try {
    return text + decipher.final('utf8')
  } catch {
    // The tag does not fit: another key, or not a ciphertext at all.
    return undefined
  }
}
