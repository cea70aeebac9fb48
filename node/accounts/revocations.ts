import type { Logger } from '../../broker/components.ts'
import type { ErrorCode } from '../../spec/errors.ts'
import type { DeviceId, UserName } from '../../spec/ids.ts'
import type { Principal } from '../principal.ts'
import type { Revocation } from './accounts.ts'

/** Tells who holds the live sessions that some of them must end (ACC-40). */
export interface Revocations {
  announce(revocation: Revocation): void
  onRevoked(listener: (revocation: Revocation) => void): () => void
}

export const createRevocations = (logger: Logger): Revocations => {
  const listeners = new Set<(revocation: Revocation) => void>()
  return {
    announce: (revocation) => {
      for (const listener of listeners) {
        try {
          listener(revocation)
        } catch (error) {
          logger.error({ user: revocation.user, error }, 'a listener to revocations failed')
        }
      }
    },
    onRevoked: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export const disabledRevocation = (user: UserName): Revocation =>
  revocation(user, 'ACCOUNT_DISABLED', 'this account is disabled', () => true)

/** ACC-41: people's own sessions; an app token does not depend on the password. */
export const passwordRevocation = (user: UserName, except?: DeviceId): Revocation =>
  revocation(
    user,
    'LOGIN_FAILED',
    'the password was changed, log in again',
    (principal) => principal.scope === undefined && principal.device !== except,
  )

export const deviceRevocation = (user: UserName, device: DeviceId): Revocation => ({
  ...revocation(user, 'DEVICE_REVOKED', 'this device was revoked', (principal) => principal.device === device),
  device,
})

export const tokenRevocation = (user: UserName, token: string, reason: string): Revocation =>
  revocation(user, 'LOGIN_FAILED', reason, (principal) => principal.token === token)

const revocation = (
  user: UserName,
  code: ErrorCode,
  reason: string,
  includes: (principal: Principal) => boolean,
): Revocation => ({
  user,
  device: undefined,
  code,
  reason,
  covers: (principal) => principal.user === user && includes(principal),
})
