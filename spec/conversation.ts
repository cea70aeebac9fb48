/**
 * Direct messages and group direct messages (spec/friends.md): ids, and the events that say who takes part. Those stand
 * in a control channel beside the conversation, so that they are read without reading what people said.
 */
import { decodeBase32, encodeBase32 } from './base32.ts'
import { compareBytes } from './bytes.ts'
import { CborReader } from './cbor-reader.ts'
import { encodeCbor, type CborValue } from './cbor.ts'
import type { Sha256 } from './crypto.ts'
import { HearthError } from './errors.ts'
import { isName } from './governance/names.ts'
import { hashedChannelId, isUserName } from './identifiers.ts'
import type { ChannelId, FeedId, ServerId, UserName } from './ids.ts'
import { limits } from './limits.ts'
import { isPerson, type Person } from './person.ts'

/** FRIEND-24: what a conversation is called between nodes, where a server has its id: all of the hash that its own id begins. */
export const pairPlace = (hash: Sha256, one: Person, other: Person): ServerId =>
  encodeBase32(hash(encodeCbor(['hearth.dm', ...[one, other].sort()]))) as ServerId
export const groupPlace = (hash: Sha256, owner: Person, random: Uint8Array): ServerId =>
  encodeBase32(hash(encodeCbor(['hearth.group', owner, random]))) as ServerId
export const conversationAt = (place: ServerId): ChannelId =>
  hashedChannelId(decodeBase32(place)?.subarray(0, 16) ?? new Uint8Array(16))

/** FRIEND-12: the same for both, whoever comes first. */
export const pairId = (hash: Sha256, one: Person, other: Person): ChannelId =>
  conversationAt(pairPlace(hash, one, other))

/** FRIEND-13: only its owner can have made it. */
export const groupId = (hash: Sha256, owner: Person, random: Uint8Array): ChannelId =>
  conversationAt(groupPlace(hash, owner, random))

/** FRIEND-14: DMs are known by the version of their id. */
export const isConversationId = (channel: string): boolean => channel[versionAt] === '8'
export const controlChannelOf = (conversation: ChannelId): ChannelId => withVersion(conversation, '4')
/** Undefined: no control channel. */
export const conversationOf = (control: ChannelId): ChannelId | undefined =>
  control[versionAt] === '4' ? withVersion(control, '8') : undefined

/** FRIEND-15: `[one, other, user]`: one's own side of a DM, and the grant under which one writes there. */
export interface OpenAct {
  readonly type: 'dm.open'
  /** Ascending. */
  readonly pair: readonly [Person, Person]
  readonly user: UserName
}

/** FRIEND-16: `[random, owner, name, [person …]]`: a group with its first people; the owner's grant. */
export interface CreateAct {
  readonly type: 'dm.create'
  readonly random: Uint8Array
  readonly owner: Person
  /** May be empty. */
  readonly name: string
  /** Ascending, without the owner. */
  readonly people: readonly Person[]
}

/** FRIEND-17: `[person]`. */
export interface AddAct {
  readonly type: 'dm.add'
  readonly person: Person
}

/** FRIEND-18: `[user]`, under the event that added them: who writes under this member id. */
export interface JoinAct {
  readonly type: 'dm.join'
  readonly user: UserName
}

/** FRIEND-19: `[person, [[feed, last valid seq] …]]`, feeds ascending: by the owner, or by oneself to leave. */
export interface RemoveAct {
  readonly type: 'dm.remove'
  readonly person: Person
  readonly cuts: ReadonlyMap<FeedId, number>
}

/** FRIEND-20: `[name]`. */
export interface RenameAct {
  readonly type: 'dm.rename'
  readonly name: string
}

export type ConversationAct = OpenAct | CreateAct | AddAct | JoinAct | RemoveAct | RenameAct

export const writeConversationAct = (act: ConversationAct): Uint8Array => encodeCbor(shapeOf(act))

/** Undefined: another kind of event, or not the one encoding of an act within its limits. Never throws. */
export const readConversationAct = (type: string, body: Uint8Array): ConversationAct | undefined => {
  const read = Object.hasOwn(readers, type) ? readers[type as ConversationAct['type']] : undefined
  try {
    return read?.(body)
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

/** FRIEND-20: as names elsewhere, or none. */
export const isGroupName = (text: string): text is string => text === '' || isName(text)

const shapeOf = (act: ConversationAct): CborValue => {
  switch (act.type) {
    case 'dm.open':
      return [...act.pair, act.user]
    case 'dm.create':
      return [act.random, act.owner, act.name, act.people]
    case 'dm.add':
      return [act.person]
    case 'dm.join':
      return [act.user]
    case 'dm.remove': {
      const cuts = [...act.cuts].map(([feed, seq]) => [decodeBase32(feed) ?? new Uint8Array(), seq] as const)
      return [act.person, cuts.sort(([a], [b]) => compareBytes(a, b))]
    }
    case 'dm.rename':
      return [act.name]
  }
}

const readOpen = (body: Uint8Array): OpenAct => {
  const reader = open(body, 3)
  const one = checked(reader.text(), isPerson)
  const other = checked(reader.text(), isPerson)
  const user = checked(reader.text(), isUserName)
  reader.end()
  if (one >= other) throw refused()
  return { type: 'dm.open', pair: [one, other], user }
}

const readCreate = (body: Uint8Array): CreateAct => {
  const reader = open(body, 4)
  const random = Uint8Array.from(reader.bytesOf(16))
  const owner = checked(reader.text(), isPerson)
  const name = checked(reader.text(), isGroupName)
  const count = reader.array()
  if (count >= limits.peoplePerGroupMax) throw refused()
  const people: Person[] = []
  for (let i = 0; i < count; i++) {
    const person = checked(reader.text(), isPerson)
    if (person === owner || person <= (people.at(-1) ?? '')) throw refused()
    people.push(person)
  }
  reader.end()
  return { type: 'dm.create', random, owner, name, people }
}

const readAdd = (body: Uint8Array): AddAct => {
  const reader = open(body, 1)
  const person = checked(reader.text(), isPerson)
  reader.end()
  return { type: 'dm.add', person }
}

const readJoin = (body: Uint8Array): JoinAct => {
  const reader = open(body, 1)
  const user = checked(reader.text(), isUserName)
  reader.end()
  return { type: 'dm.join', user }
}

const readRemove = (body: Uint8Array): RemoveAct => {
  const reader = open(body, 2)
  const person = checked(reader.text(), isPerson)
  const count = reader.array()
  if (count > limits.cutsPerRevokeMax) throw refused()
  const cuts = new Map<FeedId, number>()
  let last: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    if (reader.array() !== 2) throw refused()
    const feed = reader.bytesOf(16)
    if (last !== undefined && compareBytes(last, feed) >= 0) throw refused()
    last = feed
    cuts.set(encodeBase32(feed) as FeedId, reader.uint())
  }
  reader.end()
  return { type: 'dm.remove', person, cuts }
}

const readRename = (body: Uint8Array): RenameAct => {
  const reader = open(body, 1)
  const name = checked(reader.text(), isGroupName)
  reader.end()
  return { type: 'dm.rename', name }
}

const readers: Readonly<Record<ConversationAct['type'], (body: Uint8Array) => ConversationAct>> = {
  'dm.open': readOpen,
  'dm.create': readCreate,
  'dm.add': readAdd,
  'dm.join': readJoin,
  'dm.remove': readRemove,
  'dm.rename': readRename,
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

const withVersion = (id: ChannelId, version: '4' | '8'): ChannelId =>
  `${id.slice(0, versionAt)}${version}${id.slice(versionAt + 1)}` as ChannelId

const refused = (): HearthError => new HearthError('EVENT_INVALID')
const versionAt = 14
