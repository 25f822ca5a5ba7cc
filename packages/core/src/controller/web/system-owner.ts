import { ALL_RIGHTS, type Identity } from '../../model/identity.ts'
import { SYSTEM_NAMESPACE } from '../../system-packages/system-package.ts'

/**
 * Who owns the web actions of system packages where no subject has their namespace: somebody without a key. The limits
 * that a call counts against are its caller's; all who call without credentials share those of one namespace.
 */
export function systemOwner(namespace: string, caller: Identity | undefined): Identity | undefined {
  if (namespace !== SYSTEM_NAMESPACE) return undefined
  return {
    subject: SYSTEM_NAMESPACE,
    namespace: { name: SYSTEM_NAMESPACE, uuid: caller?.namespace.uuid ?? SYSTEM_NAMESPACE },
    authkey: { uuid: '', key: '' },
    rights: ALL_RIGHTS,
    limits: caller?.limits ?? {},
  }
}
