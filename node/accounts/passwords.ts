import type { Clock } from '../../broker/components.ts'
import { HearthError } from '../../spec/errors.ts'
import { limits } from '../../spec/limits.ts'
import { addressLane } from './address.ts'
import type { PasswordHash } from './components.ts'
import { createFailureLimit } from './failure-limit.ts'
import { createFairQueue } from './fair-queue.ts'

/** The only way to a password hash: bounded, fair, and the same work whether the user exists or not. */
export interface Passwords {
  /** A PHC string. Throws BAD_REQUEST for a password that is not taken, LOGIN_TOO_OFTEN when too many wait. */
  hash(password: string, address: string): Promise<string>
  /** Throws LOGIN_TOO_OFTEN. A wrong password counts against (user, address) and against the address. */
  isRight(attempt: Attempt): Promise<boolean>
}

export interface Attempt {
  readonly user: string
  readonly password: string
  readonly address: string
  /** The user logged in from this address before: goes ahead of strangers (ACC-17). */
  readonly known: boolean
  /** The PHC string; undefined: no such user, and the same work is done. Read when the turn comes. */
  readonly stored: () => string | undefined
}

export const createPasswords = async (components: {
  readonly passwordHash: PasswordHash
  readonly clock: Clock
  readonly random: (n: number) => Uint8Array
}): Promise<Passwords> => {
  const { passwordHash, clock, random } = components
  const nobody = await passwordHash.hash(Buffer.from(random(32)).toString('base64'))
  const queue = createFairQueue({
    atATime: limits.passwordHashesAtATime,
    waitingPerLaneMax: limits.passwordsWaitingPerAddressMax,
    waitingMax: limits.passwordsWaitingMax,
  })
  const windowMs = 60_000
  const byPair = createFailureLimit(clock, {
    failuresMax: limits.loginFailuresPerMinuteMax,
    windowMs,
    waitMsMax: limits.loginWaitMsMax,
  })
  const byAddress = createFailureLimit(clock, {
    failuresMax: limits.loginFailuresPerAddressMax,
    windowMs,
    waitMsMax: windowMs,
  })

  return {
    hash: async (password, address) => {
      const checked = checkPassword(password)
      return queue.run(addressLane(address), { first: false }, () => passwordHash.hash(checked))
    },
    isRight: async ({ user, password, address, known, stored }) => {
      const lane = addressLane(address)
      const pair = `${user} ${lane}`
      const refuseIfTooOften = (): void => {
        const waitMs = Math.max(byPair.waitMs(pair), byAddress.waitMs(lane))
        if (waitMs > 0) {
          throw new HearthError('LOGIN_TOO_OFTEN', `too many attempts, wait ${Math.ceil(waitMs / 1000)} seconds`)
        }
      }
      refuseIfTooOften()
      return queue.run(lane, { first: known }, async () => {
        refuseIfTooOften()
        const phc = stored()
        const matches = await passwordHash.verify(phc ?? nobody, password.normalize('NFC'))
        // A password that was changed meanwhile is the wrong one.
        const right = matches && phc !== undefined && stored() === phc
        if (right) byPair.forgive(pair)
        else {
          byPair.failed(pair)
          byAddress.failed(lane)
        }
        return right
      })
    },
  }
}

/** ACC-13. Returns the password as it is hashed: in Unicode's form NFC. Throws BAD_REQUEST. */
export const checkPassword = (password: string): string => {
  const { passwordCharsMin, passwordCharsMax } = limits
  const text = password.normalize('NFC')
  const length = Array.from(text).length
  if (!text.isWellFormed() || length < passwordCharsMin || length > passwordCharsMax) {
    throw new HearthError('BAD_REQUEST', `a password has ${passwordCharsMin} to ${passwordCharsMax} characters`)
  }
  if (/^(?:ht|tk|hi)_/.test(text)) {
    throw new HearthError(
      'BAD_REQUEST',
      'a password may not begin with ht_, tk_ or hi_: these name tokens, tickets and invites',
    )
  }
  return text
}
