import type { StoredAction } from '../../model/action.ts'
import { isActionDocument, readAction } from '../../model/action-codec.ts'
import type { Package } from '../../model/package.ts'
import { isPackageDocument, readPackage } from '../../model/package-codec.ts'
import type { Rule } from '../../model/rule.ts'
import { isRuleDocument, readRule } from '../../model/rule-codec.ts'
import type { Trigger } from '../../model/trigger.ts'
import { isTriggerDocument, readTrigger } from '../../model/trigger-codec.ts'
import type { StoredDocument } from '../../store/document-store.ts'

/** A document of the entity store, understood on first use and then kept. Nobody may change it. */
export class Entity {
  readonly stored: StoredDocument
  #action: StoredAction | undefined
  #package: Package | undefined
  #trigger: Trigger | undefined
  #rule: Rule | undefined

  constructor(stored: StoredDocument) {
    this.stored = stored
  }

  /** Undefined when the document is of another type. @throws ERR_CORRUPT */
  get action(): StoredAction | undefined {
    const { document, revision } = this.stored
    if (this.#action === undefined && isActionDocument(document))
      this.#action = { action: readAction(document), revision }
    return this.#action
  }

  /** Undefined when the document is of another type. @throws ERR_CORRUPT */
  get package(): Package | undefined {
    const { document } = this.stored
    if (this.#package === undefined && isPackageDocument(document)) this.#package = readPackage(document)
    return this.#package
  }

  /** Undefined when the document is of another type. @throws ERR_CORRUPT */
  get trigger(): Trigger | undefined {
    const { document } = this.stored
    if (this.#trigger === undefined && isTriggerDocument(document)) this.#trigger = readTrigger(document)
    return this.#trigger
  }

  /** Undefined when the document is of another type. @throws ERR_CORRUPT */
  get rule(): Rule | undefined {
    const { document } = this.stored
    if (this.#rule === undefined && isRuleDocument(document)) this.#rule = readRule(document)
    return this.#rule
  }
}
