/** What the bodies of several kinds of governance events have in common. */
import { decodeBase32, encodeBase32 } from '../base32.ts'
import { compareBytes } from '../bytes.ts'
import { CborReader } from '../cbor-reader.ts'
import type { CborValue } from '../cbor.ts'
import { HearthError } from '../errors.ts'
import { readEventId } from '../event-id.ts'
import type { ChannelId, EventId, FeedId, MemberId, NodeId } from '../ids.ts'
import { parseUuid } from '../uuid.ts'
import { authorKey, splitAuthor, type AuthorKey } from './names.ts'

export const open = (body: Uint8Array, fields: number): CborReader => {
  const reader = new CborReader(body)
  if (reader.array() !== fields) throw refused()
  return reader
}

export const checked = <T extends string>(text: string, accept: (text: string) => text is T): T => {
  if (!accept(text)) throw refused()
  return text
}

export const readAuthor = (reader: CborReader): AuthorKey =>
  authorKey(encodeBase32(reader.bytesOf(32)) as NodeId, readMember(reader))

export const readMember = (reader: CborReader): MemberId => encodeBase32(reader.bytesOf(16)) as MemberId

/** `[[node, member] …]` */
export const readAuthors = (reader: CborReader, min: number, max: number): AuthorKey[] => {
  const count = reader.array()
  if (count < min || count > max) throw refused()
  return Array.from({ length: count }, () => {
    if (reader.array() !== 2) throw refused()
    return readAuthor(reader)
  })
}

export const readId = (reader: CborReader): EventId => {
  const id = readEventId(reader.bytesOf(16))
  if (id === undefined) throw refused()
  return id
}

/** `[[feed, last valid seq] …]`, feeds ascending by bytes, each once (GOV-4). */
export const readCuts = (reader: CborReader): ReadonlyMap<FeedId, number> => {
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
  return cuts
}

export const cutsShape = (cuts: ReadonlyMap<FeedId, number>): CborValue => {
  const pairs = [...cuts].map(([feed, seq]) => [idBytes(feed), seq] as const)
  return pairs.sort(([a], [b]) => compareBytes(a, b))
}

export const authorBytes = (author: AuthorKey): readonly [Uint8Array, Uint8Array] => {
  const { node, member } = splitAuthor(author)
  return [idBytes(node), idBytes(member)]
}

export const idBytes = (id: NodeId | MemberId | FeedId): Uint8Array => decodeBase32(id) ?? unreachable(id)
export const uuidBytes = (id: EventId | ChannelId): Uint8Array => parseUuid(id) ?? unreachable(id)

const unreachable = (id: string): never => {
  throw new HearthError('INTERNAL', `not an id: ${id}`)
}

export const refused = (): HearthError => new HearthError('EVENT_INVALID')
