import type { StoredAction } from '../../model/action.ts'
import { isActionDocument, readAction } from '../../model/action-codec.ts'
import type { StoredDocument } from '../../store/document-store.ts'
import { isPackageDocument, readPackageContent, type PackageContent } from './package-content.ts'

/** A document of the entity store, understood on first use and then kept. Nobody may change it. */
export class Entity {
  readonly stored: StoredDocument
  #action: StoredAction | undefined
  #package: PackageContent | undefined

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
  get package(): PackageContent | undefined {
    const { document } = this.stored
    if (this.#package === undefined && isPackageDocument(document)) this.#package = readPackageContent(document)
    return this.#package
  }
}
