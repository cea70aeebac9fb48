/** What people say about themselves (spec/profiles.md), and what they are called in each server. */
import { z } from 'zod'
import { decodeBase32, encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ServerId, UserName } from '../../spec/ids.ts'
import { profileTagBytes } from '../../spec/presence-whisper.ts'
import { limits } from '../../spec/limits.ts'
import { avatarTypes, readAvatar, type AvatarType, type ProfileJson } from '../../spec/profile.ts'
import type { RateLimiter } from '../accounts/rate-limit.ts'
import type { Servers } from '../servers/servers.ts'
import { createRecords } from '../store/records.ts'
import type { Operation, Store } from '../store/store.ts'

const profileRecord = z.strictObject({
  /** Base32 of 8 random bytes, new with each change: by it another node knows that what it keeps is old (PROF-15). */
  tag: z.string().optional(),
  name: z.string().optional(),
  about: z.string().optional(),
  pronouns: z.string().optional(),
  /** Its bytes are elsewhere, as they are big and seldom wanted. */
  avatar: z.enum(avatarTypes).optional(),
  /** Server → nickname; other servers get `name`. */
  nicknames: z.record(z.string(), z.string()).optional(),
})
type ProfileRecord = z.output<typeof profileRecord>

/** Null takes a part away; what is not named stays. */
export interface ProfileChange {
  readonly name?: string | null | undefined
  readonly about?: string | null | undefined
  readonly pronouns?: string | null | undefined
  readonly avatar?: Uint8Array | null | undefined
  readonly nickname?: { readonly server: ServerId; readonly name: string | null }
}

export interface Profiles {
  /** Of a user of this node. */
  show(user: UserName, server?: ServerId): Promise<ProfileJson>
  /** Changes with the profile; undefined: there is none. */
  tag(user: UserName): Uint8Array | undefined
  /** Resolves when it is on disk, and the servers have the names. BAD_REQUEST, RATE_LIMITED, or what the store throws. */
  set(user: UserName, change: ProfileChange): Promise<void>
  /** Sees to it that the user's servers have the names that were chosen: one may have been joined since. Never rejects. */
  refresh(user: UserName): Promise<void>
}

export interface ProfilesComponents {
  readonly store: Store
  readonly servers: Pick<Servers, 'serversOf' | 'memberOf' | 'setMemberName'>
  readonly rate: RateLimiter
  /** `alice@home.example` */
  readonly addressOf: (user: UserName) => string
  readonly random: (bytes: number) => Uint8Array
  /** Somebody's profile is another one now. */
  readonly changed: (user: UserName) => void
  readonly logger: { error(fields: object, message: string): void }
}

export const openProfiles = async (components: ProfilesComponents): Promise<Profiles> => {
  const { store, servers, rate, addressOf, random, logger } = components
  const records = await createRecords(store, 'profiles', profileRecord)
  const of = (user: UserName): ProfileRecord => records.get(user) ?? {}

  const nameEverywhere = async (user: UserName): Promise<void> => {
    const { name, nicknames } = of(user)
    for (const { id } of servers.serversOf(user)) {
      const wanted = nicknames?.[id] ?? name
      if (servers.memberOf(user, id)?.name === (wanted ?? user)) continue
      await servers.setMemberName(user, id, wanted)
    }
  }

  return {
    tag: (user) => {
      const { tag } = of(user)
      return tag === undefined ? undefined : decodeBase32(tag)
    },
    show: async (user, server) => {
      const { name, about, pronouns, avatar } = of(user)
      const bytes = avatar === undefined ? undefined : await store.get(avatarKey(user))
      return {
        address: addressOf(user),
        name: (server === undefined ? undefined : servers.memberOf(user, server)?.name) ?? name ?? user,
        ...(about !== undefined && { about }),
        ...(pronouns !== undefined && { pronouns }),
        ...(avatar !== undefined && bytes !== undefined && { avatar: avatarJson(avatar, bytes) }),
      }
    },
    set: async (user, change) => {
      const image = change.avatar == null ? change.avatar : typeOf(change.avatar)
      const waitMs = rate.take(user)
      if (waitMs > 0) {
        throw new HearthError('RATE_LIMITED', `you have changed it often; again in ${Math.ceil(waitMs / 1_000)} s`)
      }
      if (change.avatar !== undefined) await store.commit([avatarOperation(user, change.avatar)])
      await records.update(user, (old = {}) => {
        const next = changed(old, change, image)
        return Object.keys(next).length === 0 ? undefined : { ...next, tag: encodeBase32(random(profileTagBytes)) }
      })
      components.changed(user)
      if (change.name !== undefined || change.nickname !== undefined) await nameEverywhere(user)
    },
    refresh: async (user) => {
      if (!records.has(user)) return
      await nameEverywhere(user).catch((error: unknown) =>
        logger.error({ err: error }, 'a name could not be written in a server'),
      )
    },
  }
}

const changed = (old: ProfileRecord, change: ProfileChange, avatar: AvatarType | null | undefined): ProfileRecord => {
  const { name, about, pronouns, nickname } = change
  const nicknames = { ...old.nicknames, ...(nickname && { [nickname.server]: nickname.name }) }
  const kept = Object.entries(nicknames).filter((entry): entry is [string, string] => entry[1] !== null)
  const next = {
    name: name === undefined ? old.name : name,
    about: about === undefined ? old.about : about,
    pronouns: pronouns === undefined ? old.pronouns : pronouns,
    avatar: avatar === undefined ? old.avatar : avatar,
    nicknames: kept.length === 0 ? undefined : Object.fromEntries(kept),
  }
  return Object.fromEntries(
    Object.entries(next).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  )
}

/** PROF-4 */
const typeOf = (bytes: Uint8Array): AvatarType => {
  const image = readAvatar(bytes)
  if (image !== undefined) return image.type
  throw new HearthError(
    'BAD_REQUEST',
    `avatar: is no PNG, JPEG or WebP of at most ${limits.avatarBytesMax} bytes and ${limits.avatarPixelsMax} pixels a side`,
  )
}

const avatarJson = (type: AvatarType, bytes: Uint8Array) => ({ type, data: Buffer.from(bytes).toString('base64') })

const avatarKey = (user: UserName): Buffer => Buffer.from(`r/avatar/${user}`)

const avatarOperation = (user: UserName, bytes: Uint8Array | null): Operation =>
  bytes === null
    ? { type: 'del', key: avatarKey(user) }
    : { type: 'put', key: avatarKey(user), value: Buffer.from(bytes) }
