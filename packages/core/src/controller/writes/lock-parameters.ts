import type { ParameterCipher } from '../../model/parameter-cipher.ts'
import type { Parameters } from '../../model/parameters.ts'
import { Refusal } from '../refusals/refusal.ts'

/**
 * Parameters as they are stored. A value that comes encrypted must be one that the entity has already: whoever could
 * bring a ciphertext read elsewhere, in a published package say, would have the platform decrypt it for his own action.
 * @throws Refusal parameter-not-its-own
 */
export function lockParameters(
  cipher: ParameterCipher | undefined,
  parameters: Parameters,
  previous: Parameters = [],
): Parameters {
  if (!cipher) return parameters
  const locked = previous.filter(({ encryption }) => encryption !== undefined)
  for (const { key, value, encryption } of parameters) {
    if (encryption === undefined) continue
    const isOwn = locked.some((own) => own.value === value && own.encryption === encryption)
    if (!isOwn) throw new Refusal('parameter-not-its-own', { key })
  }
  return cipher.lock(parameters)
}
