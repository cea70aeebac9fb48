/** Governance events as data (spec/governance.md GOV-2 … GOV-7): the body of each kind, and its one encoding. */
import { CborReader } from '../cbor-reader.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../cbor.ts'
import { HearthError } from '../errors.ts'
import { isChannelId, isHandle } from '../identifiers.ts'
import type { ChannelId, EventId, FeedId, Handle, MemberId, NodeId } from '../ids.ts'
import { limits } from '../limits.ts'
import { formatUuid } from '../uuid.ts'
import {
  authorBytes,
  checked,
  cutsShape,
  idBytes,
  open,
  readAuthor,
  readAuthors,
  readCuts,
  readId,
  readMember,
  refused,
  uuidBytes,
} from './act-parts.ts'
import { readResolve, resolveShape, type ResolveAct } from './branches.ts'
import { parseRoleId, type RoleId } from './roles.ts'
import { readRegister, type Register } from './registers.ts'
import { authorKey, isAddress, isName, type AuthorKey } from './names.ts'
import { readApprove, readRoot, rootShape, type ApproveAct, type RootAct } from './root-acts.ts'

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

export type Act = Genesis | GrantAct | RevokeAct | SetAct | ChannelAct | ProfileAct | RootAct | ApproveAct | ResolveAct

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
  'root.set',
  'root.approve',
  'feed.resolve',
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
    case 'revoke':
      return [uuidBytes(act.target), revokeReasons.indexOf(act.reason), cutsShape(act.cuts)]
    case 'set':
      return [act.register.key, act.register.value]
    case 'channel.create':
      return act.private ? [kindText] : [kindText, act.handle, act.name]
    case 'root.set':
    case 'root.approve':
      return rootShape(act)
    case 'feed.resolve':
      return resolveShape(act)
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
  const founders = readAuthors(reader, 1, limits.foundersMax)
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
  const target = readId(reader)
  const reason = revokeReasons[reader.uint()]
  if (reason === undefined) throw refused()
  const cuts = readCuts(reader)
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
  'root.set': readRoot,
  'root.approve': readApprove,
  'feed.resolve': readResolve,
}

/** GOV-2: a UUIDv4, so that governance channels are told from others by their id. */
const readGovernanceChannel = (reader: CborReader): ChannelId => {
  const id = formatUuid(reader.bytesOf(16))
  if (!isGovernanceChannel(id)) throw refused()
  return id
}

export const isGovernanceChannel = (channel: string): channel is ChannelId =>
  channel[14] === '4' && isChannelId(channel)

const kindText = 0
