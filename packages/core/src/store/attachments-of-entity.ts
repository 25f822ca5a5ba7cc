import { PlatformError } from '../errors.ts'
import { isActionDocument, readAction } from '../model/action-codec.ts'
import { isSequence } from '../model/exec.ts'
import type { JsonObject } from '../model/json.ts'
import { isPackageDocument, readPackage } from '../model/package-codec.ts'
import { isRuleDocument, readRule } from '../model/rule-codec.ts'
import { isTriggerDocument, readTrigger } from '../model/trigger-codec.ts'

/** Whether it says that it is an action, a package, a rule or a trigger. */
export function isEntityDocument(document: JsonObject): boolean {
  return [isActionDocument, isPackageDocument, isRuleDocument, isTriggerDocument].some((isOne) => isOne(document))
}

/**
 * Reads the document of an entity of any kind, and names the attachments that it refers to.
 * @throws ERR_CORRUPT it is no entity, or the platform could not read it.
 */
export function attachmentsOfEntity(document: JsonObject): readonly string[] {
  if (isActionDocument(document)) {
    const { exec } = readAction(document)
    return !isSequence(exec) && exec.code && 'attachment' in exec.code ? [exec.code.attachment] : []
  }
  if (isPackageDocument(document)) readPackage(document)
  else if (isRuleDocument(document)) readRule(document)
  else if (isTriggerDocument(document)) readTrigger(document)
  else throw new PlatformError('ERR_CORRUPT', 'the document is no entity')
  return []
}
