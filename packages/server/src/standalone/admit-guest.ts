import {
  AdministrationError,
  PlatformError,
  type AuthKey,
  type NamespaceKey,
  type NamespaceLimits,
  type SubjectAdministration,
} from '@stemcell/core'

export const GUEST = 'guest'

/**
 * What the guest may do until an administrator sets something else: on a single machine OpenWhisk's 60 invocations per
 * minute would only be in the way. Every other namespace has the system's limits.
 */
const GUEST_LIMITS: NamespaceLimits = {
  invocationsPerMinute: 6_000_000,
  concurrentInvocations: 1000,
  firesPerMinute: 6_000_000,
}

/**
 * Makes sure that the guest exists, with the key given, else the one it has, else the one kept in the data folder,
 * else a new one; returns it. A key that an administrator issued is therefore not undone by what the folder kept.
 * @throws ERR_CONFIG a key was given, and the guest is blocked.
 */
export async function admitGuest(
  subjects: SubjectAdministration,
  keys: { readonly given: AuthKey | undefined; readonly kept: () => AuthKey | undefined },
): Promise<AuthKey> {
  const current = (await namespacesOfGuest(subjects)).find(({ namespace }) => namespace === GUEST)?.authkey
  const wanted = keys.given ?? current ?? keys.kept() ?? subjects.newKey()
  if (current?.uuid !== wanted.uuid || current.key !== wanted.key) {
    try {
      await subjects.createUser(GUEST, { auth: `${wanted.uuid}:${wanted.key}`, revoke: true })
    } catch (cause) {
      if (!(cause instanceof AdministrationError && cause.reason === 'blocked')) throw cause
      const fix = 'run stemcell admin user unblock guest, or start without a key'
      throw new PlatformError('ERR_CONFIG', `the key of guest cannot be set, it is blocked: ${fix}`, { cause })
    }
  }
  if (!(await subjects.getLimits(GUEST))) await subjects.setLimits(GUEST, GUEST_LIMITS)
  return wanted
}

async function namespacesOfGuest(subjects: SubjectAdministration): Promise<readonly NamespaceKey[]> {
  try {
    return await subjects.namespacesOf(GUEST)
  } catch (error) {
    if (error instanceof AdministrationError && error.reason === 'not-found') return []
    throw error
  }
}
