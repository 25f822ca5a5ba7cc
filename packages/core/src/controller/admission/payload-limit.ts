import type { Identity } from '../../model/identity.ts'
import type { JsonText } from '../../model/json-text.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import { Refusal } from '../refusals/refusal.ts'
import { maxPayloadBytes } from './effective-limits.ts'

/** For arguments that did not come as the body of a request. @throws Refusal field-too-large */
export function requirePayloadFits({ text }: JsonText, user: Identity, limits: PlatformLimits): void {
  const allowedBytes = maxPayloadBytes(user.limits, limits)
  const bytes = Buffer.byteLength(text)
  if (bytes > allowedBytes) throw new Refusal('field-too-large', { field: 'Request', bytes, allowedBytes })
}
