import { AdministrationError, tokens, type Platform } from '@stemcell/core'
import type { AdminTarget } from './admin-target.ts'

/** Changes made through a running platform are seen by it at once. */
export function platformTarget(platform: Platform): AdminTarget {
  return {
    administration: async () => platform.subjects,
    subjects: async () => platform.use(tokens.SUBJECT_STORE),
    entities: async () => platform.use(tokens.ENTITY_STORE),
    activations: async () => platform.use(tokens.ACTIVATION_STORE),
    subjectsChanged: (changed) => platform.controller.subjectChanged(changed),
    repairEmbedded: async () => {
      throw new AdministrationError('invalid', 'a server uses the database: stop it, and ask again')
    },
    invoker: async () => platform.invoker,
  }
}
