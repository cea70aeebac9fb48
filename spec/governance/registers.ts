/** Settings: last-writer-wins registers (GOV-5, GOV-24): their keys, their values, and what it takes to set them. */
import type { CborValue } from '../cbor.ts'
import { isEmojiName, readEmojiImage } from '../emoji.ts'
import { isChannelId, isHandle } from '../identifiers.ts'
import type { ChannelId } from '../ids.ts'
import { limits } from '../limits.ts'
import { toBits, type Permission, type PermissionBits } from '../permissions.ts'
import { isAddress, isAuthorKey, isName, isText, type AuthorKey } from './names.ts'
import { parseRoleId, roleRank, type RoleId } from './roles.ts'

export interface Register {
  readonly key: string
  readonly value: CborValue
  readonly needs: Permission
  /** The author's rank must be above (a lower number than) this one. */
  readonly below: number | undefined
  /** The role that a `role/…` register defines. */
  readonly role: RoleId | undefined
  /** What it hands out; the author must hold all of that (GOV-22). */
  readonly gives: PermissionBits
  /** The channel that a `channel/…` register is about. */
  readonly channel: ChannelId | undefined
  /** It does not change: the first that was said counts. */
  readonly once: boolean
  /** The one author who may set it. */
  readonly by: AuthorKey | undefined
}

export type ChannelField = 'handle' | 'name' | 'topic' | 'category' | 'archived' | 'private' | 'retention'

export const keys = {
  serverName: 'server/name',
  role: (role: RoleId): string => `role/${role}`,
  channel: (channel: ChannelId, field: ChannelField): string => `channel/${channel}/${field}`,
  /** Who is let into a private channel. */
  entry: (channel: ChannelId, who: AuthorKey | RoleId): string => `channel/${channel}/entry/${who}`,
  override: (channel: ChannelId, role: RoleId): string => `channel/${channel}/override/${role}`,
  timeout: (author: AuthorKey): string => `timeout/${author}`,
  ban: (address: string): string => `ban/${address}`,
  emoji: (name: string): string => `emoji/${name}`,
  /** What a member is called in the server. */
  memberName: (author: AuthorKey): string => `name/${author}`,
} as const

/** GOV-24: undefined for a key that is not known here, or a value that is not of its kind. */
export const readRegister = (key: unknown, value: CborValue | undefined): Register | undefined => {
  if (typeof key !== 'string' || value === undefined) return undefined
  const slash = key.indexOf('/')
  const rest = key.slice(slash + 1)
  switch (key.slice(0, slash)) {
    case 'server':
      return rest === 'name' && isNameValue(value) ? plain(key, value, 'manageServer') : undefined
    case 'role':
      return isRoleValue(value) ? ofRole(key, value, rest, itemOf(value, 1)) : undefined
    case 'channel':
      return readChannelRegister(key, rest, value)
    case 'emoji':
      return isEmojiName(rest) && (value === null || readEmojiImage(value) !== undefined)
        ? plain(key, value, 'manageServer')
        : undefined
    case 'name':
      return isAuthorKey(rest) && (value === null || isNameValue(value))
        ? { ...plain(key, value, 'read'), by: rest }
        : undefined
    case 'timeout':
      return isAuthorKey(rest) && typeof value === 'number' && value >= 0 ? plain(key, value, 'kick') : undefined
    case 'ban':
      return isAddress(rest) && (value === null || isTextValue(value, limits.reasonCharsMax))
        ? plain(key, value, 'ban')
        : undefined
    default:
      return undefined
  }
}

const readChannelRegister = (key: string, rest: string, value: CborValue): Register | undefined => {
  const channel = rest.slice(0, 36)
  const field = rest.slice(37)
  if (rest[36] !== '/' || !isChannelId(channel)) return undefined
  const register = readChannelField(key, field, value)
  return register === undefined ? undefined : { ...register, channel, once: field === 'handle' }
}

const readChannelField = (key: string, field: string, value: CborValue): Register | undefined => {
  if (field.startsWith('override/')) {
    return isOverrideValue(value) ? ofRole(key, value, field.slice(9), itemOf(value, 0)) : undefined
  }
  if (field.startsWith('entry/')) {
    const who = field.slice(6)
    const known = isAuthorKey(who) || parseRoleId(who) !== undefined
    return known && typeof value === 'boolean' ? plain(key, value, 'manageChannel') : undefined
  }
  // FEED-8: what is dropped stays so, whoever changes it back.
  if (field === 'retention') return isDays(value) ? plain(key, value, 'manageServer') : undefined
  const accept = channelFields.get(field)
  return accept?.(value) ? plain(key, value, 'manageChannel') : undefined
}

const plain = (key: string, value: CborValue, needs: Permission): Register => ({
  key,
  value,
  needs,
  below: undefined,
  role: undefined,
  gives: 0,
  channel: undefined,
  once: false,
  by: undefined,
})

/** GOV-22: a role is touched from above only. */
const ofRole = (key: string, value: CborValue, id: string, gives: unknown): Register | undefined => {
  const role = parseRoleId(id)
  if (role === undefined) return undefined
  const defines = key.startsWith('role/') ? role : undefined
  const handedOut = toBits(Array.isArray(gives) ? (gives as string[]) : [])
  return {
    key,
    value,
    needs: 'manageRoles',
    below: roleRank(role),
    role: defines,
    gives: handedOut,
    channel: undefined,
    once: false,
    by: undefined,
  }
}

/** `[name, [permission …]]`; null: deleted. */
const isRoleValue = (value: CborValue): boolean =>
  value === null ||
  (Array.isArray(value) && value.length === 2 && isNameValue(value[0] as CborValue) && isTextList(value[1]))

/** `[[allowed permission …], [denied permission …]]`. */
const isOverrideValue = (value: CborValue): boolean =>
  Array.isArray(value) && value.length === 2 && isTextList(value[0]) && isTextList(value[1])

const itemOf = (value: CborValue, at: number): unknown => (Array.isArray(value) ? value[at] : undefined)

const isTextList = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= 64 && value.every((item) => typeof item === 'string' && item.length <= 32)

const isNameValue = (value: CborValue): boolean => typeof value === 'string' && isName(value)
const isTextValue = (value: CborValue, charsMax: number): boolean =>
  typeof value === 'string' && isText(value, charsMax)
const isDays = (value: CborValue): boolean =>
  value === null || (typeof value === 'number' && value >= 1 && value <= limits.retentionDaysMax)
const isFlag = (value: CborValue): boolean => typeof value === 'boolean'

const channelFields: ReadonlyMap<string, (value: CborValue) => boolean> = new Map([
  ['handle', isHandle],
  ['name', isNameValue],
  ['topic', (value) => isTextValue(value, limits.topicCharsMax)],
  ['category', (value) => isTextValue(value, limits.nameCharsMax)],
  ['archived', isFlag],
  ['private', isFlag],
])
