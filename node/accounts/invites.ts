import type { Clock, Logger } from '../../broker/components.ts'
import { encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ServerId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { sha256 } from '../crypto.ts'
import { textBytes } from '../../spec/utf8.ts'
import { writeAtomically } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { InviteOptions, InviteView } from './accounts.ts'
import { addressLane } from './address.ts'
import type { Admissions } from './admissions.ts'
import type { Admission } from './components.ts'
import { createFailureLimit } from './failure-limit.ts'
import { digestOf, hasDigest } from './secrets.ts'
import type { Serial } from './serial.ts'
import type { AccountTables, InviteRecord } from './tables.ts'
import { refuseTaken } from './users.ts'

/** Codes that let people in: to the node, to a server of it, or both. */
export interface Invites {
  create(by: UserName | undefined, options: InviteOptions): Promise<{ invite: InviteView; code: string }>
  list(by: UserName | undefined): InviteView[]
  revoke(by: UserName | undefined, id: string): Promise<void>
  /** Would `check` let it pass? Counts nothing. */
  isOpen(code: string, address: string): boolean
  /** Throws INVITE_INVALID, for whatever reason; LOGIN_TOO_OFTEN. A miss counts against the address. */
  check(code: string, address: string): void
  /**
   * Makes the account and counts the use in one batch, then lets the user into the server; EXISTS costs no use.
   * Resolves to the server, if the user got in.
   */
  register(input: {
    readonly code: string
    readonly address: string
    readonly user: UserName
    /** PHC string. */
    readonly password: string
  }): Promise<ServerId | undefined>
  /** Counts a use and lets the user into the server. A member already, or refused by the server: no use is counted. */
  redeem(code: string, address: string, user: UserName): Promise<ServerId>
  /**
   * Counts a use and lets a guest in, somebody without an account here: `isMember` in already, at no use; what `admit`
   * throws costs none either.
   */
  redeemFor<T>(guest: Guest<T>): Promise<T>
  /** Forgets invites that ran out. */
  expire(): void
}

export interface Guest<T> {
  readonly code: string
  /** Whose misses are counted together. */
  readonly address: string
  readonly server: ServerId
  /** What `admit` would return, of somebody who is in. */
  readonly present: () => T | undefined
  readonly admit: (by: { readonly invitedBy: UserName | undefined; readonly role: string | undefined }) => Promise<T>
}

interface Found {
  readonly id: string
  readonly record: InviteRecord
}

export const invitePrefix = 'hi_'

export const createInvites = (components: {
  readonly tables: AccountTables
  readonly store: Store
  readonly inTurn: Serial
  readonly admission: Admission
  readonly admissions: Admissions
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
  readonly logger: Logger
}): Invites => {
  const { tables, store, inTurn, admission, admissions, clock, random, logger } = components
  const misses = createFailureLimit(clock, {
    failuresMax: limits.inviteFailuresPerMinuteMax,
    windowMs: 60_000,
    waitMsMax: 60_000,
  })

  const works = ({ usesLeft, expires }: InviteRecord): boolean => usesLeft > 0 && expires > clock.now()

  const find = (code: string, address: string): Found => {
    const waitMs = misses.waitMs(addressLane(address))
    if (waitMs > 0) {
      throw new HearthError('LOGIN_TOO_OFTEN', `too many attempts, wait ${Math.ceil(waitMs / 1000)} seconds`)
    }
    const found = lookUp(code)
    if (found !== undefined) return found
    misses.failed(addressLane(address))
    throw new HearthError('INVITE_INVALID')
  }

  const lookUp = (code: string): Found | undefined => {
    const id = inviteId(code)
    const record = tables.invites.get(id)
    const matches = hasDigest(code, record?.digest ?? noDigest)
    return record !== undefined && matches && works(record) && mayStillInvite(record) ? { id, record } : undefined
  }

  /** ACC-43: an invite is worth what its maker may do now. */
  const mayStillInvite = ({ createdBy, server, role }: InviteRecord): boolean => {
    if (createdBy === undefined || server === undefined) return true
    if (tables.users.get(createdBy)?.disabled !== false) return false
    try {
      admission.may(createdBy, server, role)
      return true
    } catch {
      return false
    }
  }

  const use = (id: string, record: InviteRecord) =>
    tables.invites.change(id, { ...record, usesLeft: record.usesLeft - 1, used: record.used + 1 })

  const giveBack = (id: string): Promise<void> =>
    inTurn(async () => {
      const record = tables.invites.get(id)
      if (record === undefined) return
      await tables.invites.put(id, { ...record, usesLeft: record.usesLeft + 1, used: record.used - 1 })
    })

  const open = (by: UserName | undefined): [string, InviteRecord][] =>
    [...tables.invites.all()].filter(([, record]) => works(record) && (by === undefined || record.createdBy === by))

  return {
    create: (by, options) =>
      inTurn(async () => {
        const { uses = 1, expiresInMs = limits.inviteExpiryMs, register = true, role } = checkOptions(options)
        if (options.server === undefined && by !== undefined) {
          throw new HearthError('BAD_REQUEST', 'say which server the invite is for')
        }
        const server = options.server === undefined ? undefined : admission.may(by, options.server, role)
        if (by !== undefined && open(by).length >= limits.invitesPerUserMax) {
          throw new HearthError('QUOTA', `${limits.invitesPerUserMax} open invites at most: revoke one first`)
        }
        const code = `${invitePrefix}${encodeBase32(random(16))}`
        const id = inviteId(code)
        const record: InviteRecord = {
          digest: digestOf(code),
          ...(server !== undefined && { server }),
          ...(role !== undefined && { role }),
          register,
          usesLeft: uses,
          used: 0,
          created: clock.now(),
          expires: clock.now() + expiresInMs,
          ...(by !== undefined && { createdBy: by }),
        }
        await tables.invites.put(id, record)
        return { invite: view(id, record), code }
      }),
    list: (by) => open(by).map(([id, record]) => view(id, record)),
    revoke: (by, id) =>
      inTurn(async () => {
        const record = tables.invites.get(id)
        if (record === undefined || (by !== undefined && record.createdBy !== by)) {
          throw new HearthError('NOT_FOUND', 'there is no such invite')
        }
        await tables.invites.delete(id)
      }),
    isOpen: (code, address) => misses.waitMs(addressLane(address)) === 0 && lookUp(code) !== undefined,
    check: (code, address) => void find(code, address),
    register: async ({ code, address, user, password }) => {
      const server = await inTurn(async () => {
        const { id, record } = find(code, address)
        if (!record.register)
          throw new HearthError('INVITE_INVALID', 'this invite is for people who have an account here')
        refuseTaken(tables, user)
        await writeAtomically(store, [
          ...tables.users.change(user, { password, disabled: false, created: clock.now() }),
          ...use(id, record),
          ...admissions.planned(user, record),
        ])
        return record.server
      })
      if (server === undefined) return undefined
      return admissions.finish(user, server).then(() => server, noteNotAdmitted(logger, user))
    },
    redeem: async (code, address, user) => {
      const { id, server } = await inTurn(async () => {
        const { id, record } = find(code, address)
        if (record.server === undefined) throw new HearthError('INVITE_INVALID', 'this invite is for no server')
        if (!admission.isMember(user, record.server)) {
          await writeAtomically(store, [...use(id, record), ...admissions.planned(user, record)])
        }
        return { id, server: record.server }
      })
      try {
        await admissions.finish(user, server)
      } catch (error) {
        if (!admissions.isPlanned(user, server)) await giveBack(id)
        throw error
      }
      return server
    },
    redeemFor: async ({ code, address, server, present, admit }) => {
      const known = present()
      if (known !== undefined) return known
      const { id, record } = await inTurn(async () => {
        const found = find(code, address)
        if (found.record.server !== server) throw new HearthError('INVITE_INVALID')
        await writeAtomically(store, use(found.id, found.record))
        return found
      })
      try {
        return await admit({ invitedBy: record.createdBy, role: record.role })
      } catch (error) {
        await giveBack(id)
        throw error
      }
    },
    expire: () => {
      const old = [...tables.invites.all()].filter(([, { expires }]) => expires <= clock.now())
      // What stays because the disk is full is tried again by the next call.
      if (old.length > 0) tables.invites.putAll(old.map(([id]) => [id, undefined])).catch(() => undefined)
    },
  }
}

/** Names an invite without being it: 80 bits of another hash of the code. */
const inviteId = (code: string): string => encodeBase32(sha256(textBytes(`invite id ${code}`)).subarray(0, 10))

/** Of no invite: what an unknown code is compared with. */
const noDigest = digestOf('')

const view = (id: string, record: InviteRecord): InviteView => ({
  id,
  server: record.server,
  role: record.role,
  register: record.register,
  usesLeft: record.usesLeft,
  used: record.used,
  created: record.created,
  expires: record.expires,
  createdBy: record.createdBy,
})

/** ACC-42 */
const checkOptions = (options: InviteOptions): InviteOptions => {
  const { uses = 1, expiresInMs = 1, role, server } = options
  if (!Number.isSafeInteger(uses) || uses < 1 || uses > limits.inviteUsesMax) {
    throw new HearthError('BAD_REQUEST', `an invite may be used 1 to ${limits.inviteUsesMax} times`)
  }
  if (!Number.isSafeInteger(expiresInMs) || expiresInMs < 1) {
    throw new HearthError('BAD_REQUEST', 'an invite runs out in the future')
  }
  if (role !== undefined && server === undefined) throw new HearthError('BAD_REQUEST', 'a role is one of a server')
  return options
}

/** The account is there, the join is not: the person can use the app, and another invite. */
const noteNotAdmitted =
  (logger: Logger, user: UserName) =>
  (error: unknown): undefined => {
    logger.warn({ user, error }, 'a new user could not be let into the server of the invite')
  }
