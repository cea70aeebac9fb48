/** Frames of every type, for the codec's tests and its vectors. */
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { FeedOrigin } from '../../../../spec/feed.ts'
import type { ChannelId, EventId, FeedId, NodeId, ServerId } from '../../../../spec/ids.ts'
import type { Seal } from '../../../../spec/seal.ts'
import type { FeedState, Piece, SyncFrame } from '../../../../spec/sync/frames.ts'

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)
const channel = '01a2ffc1-0000-7000-8000-000000000001' as ChannelId
const feed = encodeBase32(filled(16, 3)) as FeedId
const server = encodeBase32(filled(32, 4)) as ServerId
const eventId = (last: number): EventId =>
  `01a31858-8d00-7000-8aaa-0000000000${last.toString(16).padStart(2, '0')}` as EventId
const origin: FeedOrigin = { node: encodeBase32(filled(32, 5)) as NodeId, channel, epoch: '0001020304050607' }
const seal = (seq: number): Seal => ({ seq, hash: filled(32, 6), path: [filled(32, 7)], signature: filled(64, 8) })
const state: FeedState = { origin, floor: 3, head: 9, headHash: filled(32, 9), headId: eventId(1) }
const piece: Piece = {
  origin,
  from: 7,
  events: [filled(5, 10), filled(300, 11)],
  seal: seal(8),
  redactedBy: new Map([[eventId(2), eventId(3)]]),
  certificates: [filled(140, 12)],
}

export const samples: readonly SyncFrame[] = [
  { type: 'summary', digest: filled(32, 1) },
  { type: 'servers', servers: [{ server, governance: channel, digest: filled(32, 2) }] },
  { type: 'channels', server, channels: [{ channel, digest: filled(32, 2) }] },
  { type: 'vector', channel, ask: true, more: false, feeds: [state] },
  { type: 'have', channel, feeds: [state, { ...state, floor: 9 }] },
  { type: 'push', piece },
  { type: 'ack', feed, seq: 70_000 },
  { type: 'nack', feed, head: 0, code: 'CHAIN_BROKEN', detail: 'events 1 to 6 come first' },
  { type: 'graft', server, eager: false },
  {
    type: 'fork',
    origin,
    from: 4,
    branches: [
      { headers: [filled(20, 13)], seal: seal(4) },
      { headers: [filled(20, 14), filled(20, 15)], seal: seal(5) },
    ],
    certificates: [],
  },
  { type: 'want', id: 17, feed, from: 1, to: 65_536, down: true },
  { type: 'range', id: 17, piece: { ...piece, seal: undefined, redactedBy: new Map(), certificates: [] } },
  { type: 'end', id: 17, code: undefined, detail: '' },
  { type: 'end', id: 18, code: 'NOT_FOUND', detail: 'nothing of it is here for you' },
  { type: 'cancel', id: 17 },
  { type: 'whisper', kind: 'typing', key: filled(16, 16), payload: filled(3, 17) },
]
