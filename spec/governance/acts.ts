/** Governance events as data (spec/governance.md GOV-2 … GOV-7): the body of each kind, and its one encoding. */
import { decodeBase32, encodeBase32 } from '../base32.ts'
import { compareBytes } from '../bytes.ts'
import { CborReader } from '../cbor-reader.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../cbor.ts'
import { HearthError } from '../errors.ts'
import { readEventId } from '../event-id.ts'
import { isChannelId, isHandle } from '../identifiers.ts'
import type { ChannelId, EventId, FeedId, Handle, MemberId, NodeId } from '../ids.ts'
import { limits } from '../limits.ts'
import { formatUuid, parseUuid } from '../uuid.ts'
import { parseRoleId, type RoleId } from './roles.ts'
import { readRegister, type Register } from './registers.ts'
import { authorKey, isAddress, isName, splitAuthor, type AuthorKey } from './names.ts'

export const revokeReasons = ['leave', 'kick', 'ban', 'demote'] as const
export type RevokeReason = (typeof revokeReasons)[number]

/** GOV-2: `[name, handle, governance channel, [[node, member] …], 16 random bytes]`. */
export interface Genesis {
  readonly type: 'server.genesis'
  readonly name: string
  readonly handle: Handle
  readonly governance: ChannelId
  readonly founders: readonly AuthorKey[]
  readonly random: Uint8Array
}

/** GOV-3: `[node, member, rank, [role id …]]`. */
export interface GrantAct {
  readonly type: 'grant'
  readonly to: AuthorKey
  readonly rank: number
  readonly roles: readonly RoleId[]
}

/** GOV-4: `[grant, reason, [[feed, last valid seq] …]]`, feeds ascending; a feed that is not listed: 0. */
export interface RevokeAct {
  readonly type: 'revoke'
  readonly target: EventId
  readonly reason: RevokeReason
  readonly cuts: ReadonlyMap<FeedId, number>
}

/** GOV-5: `[key, value]`. */
export interface SetAct {
  readonly type: 'set'
  readonly register: Register
}

/** GOV-6: `[kind, handle, name]`, of a private channel `[kind]` and no more; kind 0 is text. */
export type ChannelAct = { readonly type: 'channel.create' } & (
  | { readonly private: false; readonly handle: Handle; readonly name: string }
  | { readonly private: true }
)

/** GOV-7: `[member, address]`; the only event that ties a member to a person, so the one to erase. */
export interface ProfileAct {
  readonly type: 'member.profile'
  readonly member: MemberId
  readonly address: string
}

export type Act = Genesis | GrantAct | RevokeAct | SetAct | ChannelAct | ProfileAct

/** An event that governs, decoded. */
export interface GovernanceEvent {
  readonly id: EventId
  readonly node: NodeId
  readonly author: AuthorKey
  readonly feed: FeedId
  readonly seq: number
  readonly auth: EventId | undefined
  readonly act: Act
}

/** The fields of a log entry that governance reads. */
export interface GovernanceSource {
  readonly id: EventId
  readonly node: NodeId
  readonly member: MemberId
  readonly feed: FeedId
  readonly seq: number
  readonly auth: EventId | undefined
  readonly type: string
  readonly body: Uint8Array | undefined
}

/** GOV-1: undefined for another kind of event, for an erased body, and for what does not decode (dropped). */
export const readGovernanceEvent = (source: GovernanceSource): GovernanceEvent | undefined => {
  const { id, node, member, feed, seq, auth, type, body } = source
  if (body === undefined || !isGovernanceType(type)) return undefined
  const act = readAct(type, body)
  if (act === undefined || (act.type === 'server.genesis') !== (auth === undefined)) return undefined
  return { id, node, author: authorKey(node, member), feed, seq, auth, act }
}

export const governanceTypes = [
  'server.genesis',
  'grant',
  'revoke',
  'set',
  'channel.create',
  'member.profile',
] as const satisfies Act['type'][]

export const isGovernanceType = (type: string): type is Act['type'] =>
  (governanceTypes as readonly string[]).includes(type)

/** Undefined: not the one encoding of an act, or out of its limits. Never throws. */
export const readAct = (type: Act['type'], body: Uint8Array): Act | undefined => {
  try {
    return readers[type](body)
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

/** The body of the event. The caller answers for the limits; `readAct` refuses what is out of them. */
export const writeAct = (act: Act): Uint8Array => encodeCbor(shapeOf(act))

const shapeOf = (act: Act): CborValue => {
  switch (act.type) {
    case 'server.genesis':
      return [act.name, act.handle, uuidBytes(act.governance), act.founders.map(authorBytes), act.random]
    case 'grant':
      return [...authorBytes(act.to), act.rank, act.roles]
    case 'revoke': {
      const cuts = [...act.cuts].map(([feed, seq]) => [idBytes(feed), seq] as const)
      cuts.sort(([a], [b]) => compareBytes(a, b))
      return [uuidBytes(act.target), revokeReasons.indexOf(act.reason), cuts]
    }
    case 'set':
      return [act.register.key, act.register.value]
    case 'channel.create':
      return act.private ? [kindText] : [kindText, act.handle, act.name]
    case 'member.profile':
      break
  }
  return [idBytes(act.member), act.address]
}

const readGenesis = (body: Uint8Array): Genesis => {
  const reader = open(body, 5)
  const name = checked(reader.text(), isName)
  const handle = checked(reader.text(), isHandle)
  const governance = readGovernanceChannel(reader)
  const count = reader.array()
  if (count < 1 || count > limits.foundersMax) throw refused()
  const founders = Array.from({ length: count }, () => {
    if (reader.array() !== 2) throw refused()
    return readAuthor(reader)
  })
  const random = reader.bytesOf(16)
  reader.end()
  return { type: 'server.genesis', name, handle, governance, founders, random }
}

const readGrant = (body: Uint8Array): GrantAct => {
  const reader = open(body, 4)
  const to = readAuthor(reader)
  const rank = reader.uint()
  if (rank > limits.rankMax) throw refused()
  const count = reader.array()
  if (count > limits.rolesPerMemberMax) throw refused()
  const roles = Array.from({ length: count }, () => {
    const role = parseRoleId(reader.text())
    if (role === undefined) throw refused()
    return role
  })
  reader.end()
  return { type: 'grant', to, rank, roles }
}

const readRevoke = (body: Uint8Array): RevokeAct => {
  const reader = open(body, 3)
  const target = readEventId(reader.bytesOf(16))
  const reason = revokeReasons[reader.uint()]
  if (target === undefined || reason === undefined) throw refused()
  const cuts = new Map<FeedId, number>()
  const count = reader.array()
  let last: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    if (reader.array() !== 2) throw refused()
    const feed = reader.bytesOf(16)
    if (last !== undefined && compareBytes(last, feed) >= 0) throw refused()
    last = feed
    cuts.set(encodeBase32(feed) as FeedId, reader.uint())
  }
  reader.end()
  return { type: 'revoke', target, reason, cuts }
}

const readSet = (body: Uint8Array): SetAct => {
  const pair = decodeCbor(body, { depthMax: 4 })
  if (!Array.isArray(pair) || pair.length !== 2) throw refused()
  const register = readRegister(pair[0], pair[1])
  if (register === undefined) throw refused()
  return { type: 'set', register }
}

const readChannel = (body: Uint8Array): ChannelAct => {
  const reader = new CborReader(body)
  const fields = reader.array()
  if ((fields !== 1 && fields !== 3) || reader.uint() !== kindText) throw refused()
  const act: ChannelAct =
    fields === 1
      ? { type: 'channel.create', private: true }
      : {
          type: 'channel.create',
          private: false,
          handle: checked(reader.text(), isHandle),
          name: checked(reader.text(), isName),
        }
  reader.end()
  return act
}

const readProfile = (body: Uint8Array): ProfileAct => {
  const reader = open(body, 2)
  const member = readMember(reader)
  const address = checked(reader.text(), isAddress)
  reader.end()
  return { type: 'member.profile', member, address }
}

const readers: Readonly<Record<Act['type'], (body: Uint8Array) => Act>> = {
  'server.genesis': readGenesis,
  grant: readGrant,
  revoke: readRevoke,
  set: readSet,
  'channel.create': readChannel,
  'member.profile': readProfile,
}

const open = (body: Uint8Array, fields: number): CborReader => {
  const reader = new CborReader(body)
  if (reader.array() !== fields) throw refused()
  return reader
}

const checked = <T extends string>(text: string, accept: (text: string) => text is T): T => {
  if (!accept(text)) throw refused()
  return text
}

const readAuthor = (reader: CborReader): AuthorKey =>
  authorKey(encodeBase32(reader.bytesOf(32)) as NodeId, readMember(reader))
const readMember = (reader: CborReader): MemberId => encodeBase32(reader.bytesOf(16)) as MemberId

/** GOV-2: a UUIDv4, so that governance channels are told from others by their id. */
const readGovernanceChannel = (reader: CborReader): ChannelId => {
  const id = formatUuid(reader.bytesOf(16))
  if (!isGovernanceChannel(id)) throw refused()
  return id
}

export const isGovernanceChannel = (channel: string): channel is ChannelId =>
  channel[14] === '4' && isChannelId(channel)

const authorBytes = (author: AuthorKey): readonly [Uint8Array, Uint8Array] => {
  const { node, member } = splitAuthor(author)
  return [idBytes(node), idBytes(member)]
}
const idBytes = (id: NodeId | MemberId | FeedId): Uint8Array => decodeBase32(id) ?? unreachable(id)
const uuidBytes = (id: EventId | ChannelId): Uint8Array => parseUuid(id) ?? unreachable(id)

const unreachable = (id: string): never => {
  throw new HearthError('INTERNAL', `not an id: ${id}`)
}
const refused = (): HearthError => new HearthError('EVENT_INVALID')
const kindText = 0
