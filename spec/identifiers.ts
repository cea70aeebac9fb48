/** Parsers of the identifiers of `ids.ts` (spec/identifiers.md): text from outside becomes a brand here and nowhere else. */
import { decodeBase32Into } from './base32.ts'
import type { ChannelId, DeviceId, FeedId, Handle, MemberId, NodeId, ServerId, UserName } from './ids.ts'
import { formatUuid } from './uuid.ts'

/** ID-1 */
export const isNodeId = (text: unknown): text is NodeId => isBase32Of(32, text)
/** ID-2 */
export const isServerId = (text: unknown): text is ServerId => isBase32Of(32, text)
/** ID-3: UUID of version 7 (a create event), 4 (random), 5 (settings of the channel with version 7) or 8 (a hash). */
export const isChannelId = (text: unknown): text is ChannelId => typeof text === 'string' && channelPattern.test(text)
/** ID-5 */
export const isFeedId = (text: unknown): text is FeedId => isBase32Of(16, text)
/** ID-6 */
export const isMemberId = (text: unknown): text is MemberId => isBase32Of(16, text)
/** ID-7 */
export const isUserName = (text: unknown): text is UserName => isName(text)
/** ID-8 */
export const isHandle = (text: unknown): text is Handle => isName(text)
/** ID-9 */
export const isDeviceId = (text: unknown): text is DeviceId =>
  typeof text === 'string' && devicePattern.test(text) && !reserved.has(text)

export const parseNodeId = (text: unknown): NodeId | undefined => (isNodeId(text) ? text : undefined)
export const parseServerId = (text: unknown): ServerId | undefined => (isServerId(text) ? text : undefined)
export const parseChannelId = (text: unknown): ChannelId | undefined => (isChannelId(text) ? text : undefined)
export const parseFeedId = (text: unknown): FeedId | undefined => (isFeedId(text) ? text : undefined)
export const parseMemberId = (text: unknown): MemberId | undefined => (isMemberId(text) ? text : undefined)
export const parseUserName = (text: unknown): UserName | undefined => (isUserName(text) ? text : undefined)
export const parseHandle = (text: unknown): Handle | undefined => (isHandle(text) ? text : undefined)
export const parseDeviceId = (text: unknown): DeviceId | undefined => (isDeviceId(text) ? text : undefined)

/** ID-6: the member that stands for the node itself. */
export const nodeMember: MemberId = 'a'.repeat(26) as MemberId

/** ID-3: a channel id of 16 random bytes (UUID version 4). */
export const randomChannelId = (random16: Uint8Array): ChannelId => stampUuid(random16, 4)

/** ID-3: a channel id of the first 16 bytes of a hash (UUID version 8): DMs. */
export const hashedChannelId = (hash: Uint8Array): ChannelId => stampUuid(hash.subarray(0, 16), 8)

const namePattern = /^[a-z0-9][a-z0-9._-]{0,31}$/
const devicePattern = /^[A-Za-z0-9._-]{1,64}$/
const channelPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[4578][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** ID-10: what every JavaScript object answers to, and the two names of folders. */
const reserved: ReadonlySet<string> = new Set([
  '.',
  '..',
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'prototype',
  'toLocaleString',
  'toString',
  'valueOf',
])

const isName = (text: unknown): boolean => typeof text === 'string' && namePattern.test(text) && !reserved.has(text)

const isBase32Of = (bytes: 16 | 32, text: unknown): boolean =>
  typeof text === 'string' &&
  text.length === (bytes === 16 ? 26 : 52) &&
  decodeBase32Into(new Uint8Array(bytes), 0, text)

const stampUuid = (bytes: Uint8Array, version: number): ChannelId => {
  const stamped = Uint8Array.from(bytes.subarray(0, 16))
  stamped[6] = ((stamped[6] ?? 0) & 0x0f) | (version << 4)
  stamped[8] = ((stamped[8] ?? 0) & 0x3f) | 0x80
  return formatUuid(stamped) as ChannelId
}
