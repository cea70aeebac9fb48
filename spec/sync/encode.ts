import { decodeBase32 } from '../base32.ts'
import { newBytes, type Allocate } from '../bytes.ts'
import { encodeCbor, type CborValue } from '../cbor.ts'
import type { FeedOrigin } from '../feed.ts'
import { decodeHex } from '../hex.ts'
import { encodeSeal } from '../seal.ts'
import { parseUuid } from '../uuid.ts'
import { frameLimits, frameTypes, type Branch, type FeedState, type Piece, type SyncFrame } from './frames.ts'

/** SYNC-1: one frame. Keeping the limits is the caller's; texts for people are cut to theirs. */
export const encodeFrame = (frame: SyncFrame, allocate: Allocate = newBytes): Uint8Array =>
  encodeCbor([frameTypes[frame.type], ...fieldsOf(frame)], allocate)

const fieldsOf = (frame: SyncFrame): readonly CborValue[] => {
  switch (frame.type) {
    case 'summary':
      return [frame.digest]
    case 'servers':
      return [frame.servers.map(({ server, governance, digest }) => [base32(server), uuid(governance), digest])]
    case 'channels':
      return [base32(frame.server), frame.channels.map(({ channel, digest }) => [uuid(channel), digest])]
    case 'vector':
      return [uuid(frame.channel), frame.ask, frame.more, frame.feeds.map(stateItems)]
    case 'have':
      return [uuid(frame.channel), frame.feeds.map(stateItems)]
    case 'push':
      return pieceItems(frame.piece)
    case 'ack':
      return [base32(frame.feed), frame.seq]
    case 'nack':
      return [base32(frame.feed), frame.head, frame.code, detail(frame.detail)]
    case 'graft':
      return [base32(frame.server), frame.eager]
    case 'fork':
      return [...originItems(frame.origin), frame.from, frame.branches.map(branchItems), frame.certificates]
    case 'want':
      return [frame.id, base32(frame.feed), frame.from, frame.to, frame.down]
    case 'range':
      return [frame.id, ...pieceItems(frame.piece)]
    case 'end':
      return [frame.id, frame.code ?? null, detail(frame.detail)]
    case 'cancel':
      return [frame.id]
    case 'whisper':
      return [frame.kind, frame.key, frame.payload]
  }
}

const stateItems = ({ origin, floor, head, headHash, headId }: FeedState): CborValue => [
  base32(origin.node),
  hex(origin.epoch),
  floor,
  head,
  headHash,
  uuid(headId),
]

const pieceItems = ({ origin, from, events, seal, redactedBy, certificates }: Piece): CborValue[] => [
  ...originItems(origin),
  from,
  events,
  seal === undefined ? null : encodeSeal(seal),
  [...redactedBy].map(([id, by]) => [uuid(id), uuid(by)]),
  certificates,
]

const originItems = ({ node, channel, epoch }: FeedOrigin): CborValue[] => [base32(node), uuid(channel), hex(epoch)]

const branchItems = ({ headers, seal }: Branch): CborValue => [headers, encodeSeal(seal)]

const detail = (text: string): string => text.toWellFormed().slice(0, frameLimits.detailCharsMax).toWellFormed()

/** Ids are branded, so they are well formed. */
const base32 = (id: string): Uint8Array => decodeBase32(id) ?? newBytes(0)
const uuid = (id: string): Uint8Array => parseUuid(id) ?? newBytes(0)
const hex = (text: string): Uint8Array => decodeHex(text) ?? newBytes(0)
