/** What one node tells another about the presence of one of its people (SYNC-18): the payload of a WHISPER. */
import { decodeCbor, encodeCbor, type CborValue } from './cbor.ts'
import { HearthError } from './errors.ts'
import { isText } from './governance/names.ts'
import { isUserName } from './identifiers.ts'
import type { UserName } from './ids.ts'
import { limits } from './limits.ts'
import { seenStatuses, type SeenStatus } from './presence.ts'

export const presenceKind = 'presence'

export interface PresenceWhisper {
  /** A user of the node that says it. */
  readonly user: UserName
  readonly status: SeenStatus
  /** Unix ms. */
  readonly since: number | undefined
  readonly text: string | undefined
  /** Unix ms. */
  readonly until: number | undefined
  /** `2026-11-21` */
  readonly lastSeen: string | undefined
  /** Those of the node that is told whom the user counts as friends; undefined: too many to say, its own side decides. */
  readonly friends: readonly UserName[] | undefined
  /** Those of the node that is told who are to see them as offline. */
  readonly hiddenFrom: readonly UserName[]
  /** Changes with the profile; undefined: there is none. */
  readonly profile: Uint8Array | undefined
}

/** Longest: 4,028 bytes, with all names of the longest kind. */
export const encodePresence = (whisper: PresenceWhisper): Uint8Array => {
  const { user, status, since, text, until, lastSeen, friends, hiddenFrom, profile } = whisper
  return encodeCbor([
    user,
    seenStatuses.indexOf(status),
    since ?? null,
    text ?? null,
    until ?? null,
    lastSeen ?? null,
    friends ?? null,
    hiddenFrom,
    profile ?? null,
  ])
}

/** Undefined: malformed. Items after the known ones are passed over. */
export const decodePresence = (payload: Uint8Array): PresenceWhisper | undefined => {
  const value = readValue(payload)
  if (!Array.isArray(value)) return undefined
  const [user, status, since, text, until, lastSeen, friends, hiddenFrom, profile] = value as readonly CborValue[]
  const seen = typeof status === 'number' ? seenStatuses[status] : undefined
  const friendNames = friends === null ? undefined : namesOf(friends)
  const hiddenNames = namesOf(hiddenFrom)
  const isWhole =
    isUserName(user) &&
    seen !== undefined &&
    isTime(since) &&
    (text === null || (typeof text === 'string' && isText(text, limits.statusTextCharsMax))) &&
    isTime(until) &&
    (lastSeen === null || (typeof lastSeen === 'string' && dayPattern.test(lastSeen))) &&
    (friends === null || friendNames !== undefined) &&
    hiddenNames !== undefined &&
    (friendNames?.length ?? 0) + hiddenNames.length <= limits.presenceNamesMax &&
    (profile === null || (profile instanceof Uint8Array && profile.length === profileTagBytes))
  if (!isWhole) return undefined
  return {
    user,
    status: seen,
    since: since ?? undefined,
    text: text ?? undefined,
    until: until ?? undefined,
    lastSeen: lastSeen ?? undefined,
    friends: friendNames,
    hiddenFrom: hiddenNames,
    profile: profile ?? undefined,
  }
}

const readValue = (payload: Uint8Array): CborValue | undefined => {
  try {
    return decodeCbor(payload, { bytesMax: payloadBytesMax, depthMax: 3 })
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

/** Each once, ascending. */
const namesOf = (value: CborValue | undefined): UserName[] | undefined => {
  if (!Array.isArray(value)) return undefined
  const names = value as readonly CborValue[]
  const isAscending = names.every((name, i) => isUserName(name) && (i === 0 || (names[i - 1] as string) < name))
  return isAscending ? (names as UserName[]) : undefined
}

const isTime = (value: CborValue | undefined): value is number | null =>
  value === null || (typeof value === 'number' && value >= 0)

export const profileTagBytes = 8
const payloadBytesMax = 4_096
const dayPattern = /^\d{4}-\d{2}-\d{2}$/
