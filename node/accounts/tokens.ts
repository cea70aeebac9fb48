import type { Clock, Logger } from '../../broker/components.ts'
import { encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import type { DeviceId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { Principal } from '../principal.ts'
import { writeAtomically } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { TokenOptions, TokenView } from './accounts.ts'
import { tokenRevocation } from './revocations.ts'
import type { Revocations } from './revocations.ts'
import { digestOf, hasDigest } from './secrets.ts'
import type { Serial } from './serial.ts'
import type { AccountTables, TokenRecord } from './tables.ts'

/** App tokens: random, kept as a digest, so that a login costs one SHA-256. */
export interface Tokens {
  create(user: UserName, options: TokenOptions): Promise<{ token: TokenView; secret: string }>
  list(user: UserName | undefined): TokenView[]
  count(user: UserName): number
  bound(user: UserName, device: DeviceId): string[]
  /** `user` undefined: anybody's. Throws NOT_FOUND. */
  revoke(user: UserName | undefined, id: string): Promise<void>
  /** Who the token is. Throws LOGIN_FAILED. */
  login(text: string, device: DeviceId): Principal & { readonly token: string }
  /** A login went through. Recorded behind its back, once an hour. */
  used(id: string): void
  isGood(id: string): boolean
  /** Ends the sessions of the tokens that ran out since the last call. */
  expire(): void
}

export const tokenPrefix = 'ht_'
const tokenPattern = /^ht_([a-z2-7]{16})[a-z2-7]{32}$/
const hourMs = 3_600_000
/** Of no token: what an unknown id is compared with. */
const noDigest = digestOf('')

export const createTokens = (components: {
  readonly tables: Pick<AccountTables, 'tokens' | 'tokenUses'>
  readonly store: Store
  readonly inTurn: Serial
  readonly revocations: Revocations
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
  readonly logger: Logger
}): Tokens => {
  const { tables, store, inTurn, revocations, clock, random, logger } = components
  const ofUser = new Map<UserName, Set<string>>()
  const expiring = new Map<string, number>()

  const index = (id: string, { user, expires }: TokenRecord): void => {
    const ids = ofUser.get(user)
    if (ids === undefined) ofUser.set(user, new Set([id]))
    else ids.add(id)
    if (expires !== undefined && expires > clock.now()) expiring.set(id, expires)
  }
  for (const [id, record] of tables.tokens.all()) index(id, record)

  const isExpired = ({ expires }: TokenRecord): boolean => expires !== undefined && expires <= clock.now()

  const remove = async (id: string, { user }: TokenRecord): Promise<void> => {
    await writeAtomically(store, [...tables.tokens.change(id, undefined), ...tables.tokenUses.change(id, undefined)])
    ofUser.get(user)?.delete(id)
    expiring.delete(id)
  }

  const makeRoom = async (user: UserName): Promise<void> => {
    const ids = ofUser.get(user) ?? new Set<string>()
    for (const id of ids) {
      if (ids.size < limits.tokensPerUserMax) return
      const record = tables.tokens.get(id)
      if (record !== undefined && isExpired(record)) await remove(id, record)
    }
    if (ids.size >= limits.tokensPerUserMax) {
      throw new HearthError('QUOTA', `${limits.tokensPerUserMax} tokens at most: revoke one first`)
    }
  }

  const view = (id: string, record: TokenRecord): TokenView => ({
    id,
    user: record.user,
    name: record.name,
    channels: record.channels,
    send: record.send,
    read: record.read,
    device: record.device,
    created: record.created,
    expires: record.expires,
    lastUsed: tables.tokenUses.get(id),
  })

  const idsOf = (user: UserName | undefined): Iterable<string> =>
    user === undefined ? [...tables.tokens.all()].map(([id]) => id) : (ofUser.get(user) ?? [])

  return {
    create: (user, options) =>
      inTurn(async () => {
        checkOptions(options)
        await makeRoom(user)
        const id = encodeBase32(random(10))
        const secret = `${tokenPrefix}${id}${encodeBase32(random(20))}`
        const { name, channels, send, read, device, expiresInMs } = options
        const now = clock.now()
        const record: TokenRecord = {
          user,
          digest: digestOf(secret),
          name,
          ...(channels !== undefined && { channels: [...channels] }),
          send,
          read,
          ...(device !== undefined && { device }),
          created: now,
          ...(expiresInMs !== undefined && { expires: now + expiresInMs }),
        }
        await tables.tokens.put(id, record)
        index(id, record)
        return { token: view(id, record), secret }
      }),
    list: (user) =>
      [...idsOf(user)].flatMap((id) => {
        const record = tables.tokens.get(id)
        return record === undefined ? [] : [view(id, record)]
      }),
    count: (user) => ofUser.get(user)?.size ?? 0,
    bound: (user, device) => [...idsOf(user)].filter((id) => tables.tokens.get(id)?.device === device),
    revoke: (user, id) =>
      inTurn(async () => {
        const record = tables.tokens.get(id)
        if (record === undefined || (user !== undefined && record.user !== user)) {
          throw new HearthError('NOT_FOUND', 'there is no such token')
        }
        await remove(id, record)
        revocations.announce(tokenRevocation(record.user, id, 'the app token was revoked'))
      }),
    login: (text, device) => {
      const id = tokenPattern.exec(text)?.[1]
      const record = id === undefined ? undefined : tables.tokens.get(id)
      const matches = hasDigest(text, record?.digest ?? noDigest)
      if (id === undefined || record === undefined || !matches) throw new HearthError('LOGIN_FAILED')
      if (isExpired(record)) throw new HearthError('LOGIN_FAILED', 'this app token has run out: make a new one')
      if (record.device !== undefined && record.device !== device) {
        throw new HearthError('LOGIN_FAILED', `this app token is for the client id ${record.device} only`)
      }
      const { user, channels, send, read } = record
      return { user, device, scope: { ...(channels && { channels }), send, read }, token: id }
    },
    used: (id) => {
      const now = clock.now()
      if (now - (tables.tokenUses.get(id) ?? 0) < hourMs) return
      tables.tokenUses
        .put(id, now)
        .catch((error: unknown) => logger.warn({ token: id, error }, 'the use of a token could not be recorded'))
    },
    isGood: (id) => {
      const record = tables.tokens.get(id)
      return record !== undefined && !isExpired(record)
    },
    expire: () => {
      for (const [id, expires] of expiring) {
        if (expires > clock.now()) continue
        expiring.delete(id)
        const user = tables.tokens.get(id)?.user
        if (user !== undefined) revocations.announce(tokenRevocation(user, id, 'the app token has run out'))
      }
    },
  }
}

/** ACC-20 */
const checkOptions = ({ name, channels, send, read, expiresInMs }: TokenOptions): void => {
  if (name.length === 0 || Array.from(name).length > limits.nameCharsMax) {
    throw new HearthError('BAD_REQUEST', `a token has a name of 1 to ${limits.nameCharsMax} characters`)
  }
  if (channels !== undefined && (channels.length === 0 || channels.length > limits.channelsPerServerMax)) {
    throw new HearthError('BAD_REQUEST', `a token is for 1 to ${limits.channelsPerServerMax} channels, or for all`)
  }
  if (!send && !read) throw new HearthError('BAD_REQUEST', 'a token that may neither send nor read is good for nothing')
  if (expiresInMs !== undefined && !(Number.isSafeInteger(expiresInMs) && expiresInMs > 0)) {
    throw new HearthError('BAD_REQUEST', 'a token runs out in the future or never')
  }
}
