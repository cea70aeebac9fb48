import { encodeBase32 } from '../base32.ts'
import { CborReader } from '../cbor-reader.ts'
import { HearthError } from '../errors.ts'
import { readEventId } from '../event-id.ts'
import type { FeedOrigin } from '../feed.ts'
import { encodeHex } from '../hex.ts'
import type { ChannelId, EventId, FeedId, NodeId, ServerId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decodeSeal, type Seal } from '../seal.ts'
import { formatUuid, parseUuid } from '../uuid.ts'
import {
  frameLimits,
  frameTypes,
  type Branch,
  type FeedState,
  type Piece,
  type SyncFrame,
  type UnknownFrame,
} from './frames.ts'

/**
 * SYNC-1. Throws FRAME_INVALID: not canonical, a field outside its bounds, too few of them. Events, headers and payloads
 * are views of the frame; everything small is copied, so that it may be kept.
 */
export const decodeFrame = (frame: Uint8Array): SyncFrame | UnknownFrame => {
  try {
    if (frame.length > limits.frameBytesMax) throw invalid(`${frame.length} bytes`)
    const reader = new CborReader(frame)
    const fields = reader.array()
    const decode = decoders.get(reader.uint())
    if (decode === undefined) return { type: 'unknown' }
    if (fields < decode.fields) throw invalid(`${fields} fields`)
    const decoded = decode.read(reader)
    // Fields that a later version appended are passed over.
    if (fields === decode.fields) reader.end()
    return decoded
  } catch (cause) {
    if (cause instanceof HearthError) throw cause.code === 'FRAME_INVALID' ? cause : invalid(cause.message, cause)
    throw cause
  }
}

interface Decode {
  readonly fields: number
  readonly read: (reader: CborReader) => SyncFrame
}

const many = <T>(reader: CborReader, most: number, read: (reader: CborReader) => T): T[] => {
  const length = reader.array()
  if (length > most) throw invalid(`${length} items where ${most} are taken`)
  const items: T[] = []
  for (let i = 0; i < length; i++) items.push(read(reader))
  return items
}

const tuple = (reader: CborReader, length: number): void => {
  if (reader.array() !== length) throw invalid(`not ${length} items`)
}

const copyOf = (reader: CborReader, length: number): Uint8Array => Uint8Array.from(reader.bytesOf(length))
const short = (reader: CborReader, most: number): Uint8Array => {
  const bytes = reader.bytes()
  if (bytes.length > most) throw invalid(`${bytes.length} bytes where ${most} are taken`)
  return Uint8Array.from(bytes)
}
const node = (reader: CborReader): NodeId => encodeBase32(reader.bytesOf(32)) as NodeId
const server = (reader: CborReader): ServerId => encodeBase32(reader.bytesOf(32)) as ServerId
const channel = (reader: CborReader): ChannelId => {
  const id = formatUuid(reader.bytesOf(16))
  if (parseUuid(id) === undefined) throw invalid('a channel id is no UUID')
  return id as ChannelId
}
const feed = (reader: CborReader): FeedId => encodeBase32(reader.bytesOf(16)) as FeedId
const eventId = (reader: CborReader): EventId => {
  const id = readEventId(reader.bytesOf(16))
  if (id === undefined) throw invalid('an event id is no UUIDv7')
  return id
}
const positive = (reader: CborReader): number => {
  const number = reader.uint()
  if (number < 1) throw invalid('a number that is not positive')
  return number
}
const flag = (reader: CborReader): boolean => {
  if (reader.head() !== 7 || (reader.argument !== 20 && reader.argument !== 21)) throw invalid('not a boolean')
  return reader.argument === 21
}
const code = (reader: CborReader): string => {
  const text = reader.text()
  if (!codePattern.test(text)) throw invalid('a code that is none')
  return text
}
const detail = (reader: CborReader): string => {
  const text = reader.text()
  if (text.length > frameLimits.detailCharsMax) throw invalid('a detail that is too long')
  return text.replaceAll(unprintable, ' ')
}
const kind = (reader: CborReader): string => {
  const text = reader.text()
  if (!kindPattern.test(text)) throw invalid('a kind that is none')
  return text
}
const seal = (reader: CborReader): Seal => {
  const { seq, hash, path, signature } = decodeSeal(reader.bytes())
  return {
    seq,
    hash: Uint8Array.from(hash),
    path: path.map((sibling) => Uint8Array.from(sibling)),
    signature: Uint8Array.from(signature),
  }
}

const origin = (reader: CborReader): FeedOrigin => ({
  node: node(reader),
  channel: channel(reader),
  epoch: encodeHex(reader.bytesOf(8)),
})

const states = (reader: CborReader, of: ChannelId): FeedState[] =>
  many(reader, frameLimits.feedsMax, () => {
    tuple(reader, 6)
    const state: FeedState = {
      origin: { node: node(reader), channel: of, epoch: encodeHex(reader.bytesOf(8)) },
      floor: positive(reader),
      head: positive(reader),
      headHash: copyOf(reader, 32),
      headId: eventId(reader),
    }
    if (state.floor > state.head) throw invalid('a floor above its head')
    return state
  })

const certificates = (reader: CborReader): Uint8Array[] =>
  many(reader, frameLimits.certificatesMax, () => short(reader, frameLimits.certificateBytesMax))

const piece = (reader: CborReader): Piece => {
  const read = {
    origin: origin(reader),
    from: positive(reader),
    events: many(reader, frameLimits.eventsMax, () => reader.bytes()),
    seal: reader.skipNull() ? undefined : seal(reader),
    redactedBy: new Map(
      many(reader, frameLimits.eventsMax, (): [EventId, EventId] => {
        tuple(reader, 2)
        return [eventId(reader), eventId(reader)]
      }),
    ),
    certificates: certificates(reader),
  }
  const last = read.from + read.events.length - 1
  if (read.events.length === 0 || !Number.isSafeInteger(last)) throw invalid('a piece without events')
  if (read.seal !== undefined && read.seal.seq !== last) throw invalid('a seal of another event than the last')
  return read
}

const branch = (reader: CborReader): Branch => {
  tuple(reader, 2)
  return { headers: many(reader, frameLimits.headersMax, () => reader.bytes()), seal: seal(reader) }
}

const branches = (reader: CborReader): readonly [Branch, Branch] => {
  tuple(reader, 2)
  return [branch(reader), branch(reader)]
}

const readers: { readonly [T in SyncFrame['type']]: Decode } = {
  summary: { fields: 2, read: (reader) => ({ type: 'summary', digest: copyOf(reader, 32) }) },
  servers: {
    fields: 2,
    read: (reader) => ({
      type: 'servers',
      servers: many(reader, frameLimits.serversMax, () => {
        tuple(reader, 3)
        return { server: server(reader), governance: channel(reader), digest: copyOf(reader, 32) }
      }),
    }),
  },
  channels: {
    fields: 3,
    read: (reader) => ({
      type: 'channels',
      server: server(reader),
      channels: many(reader, frameLimits.channelsMax, () => {
        tuple(reader, 2)
        return { channel: channel(reader), digest: copyOf(reader, 32) }
      }),
    }),
  },
  vector: {
    fields: 5,
    read: (reader) => {
      const of = channel(reader)
      return { type: 'vector', channel: of, ask: flag(reader), more: flag(reader), feeds: states(reader, of) }
    },
  },
  have: {
    fields: 3,
    read: (reader) => {
      const of = channel(reader)
      return { type: 'have', channel: of, feeds: states(reader, of) }
    },
  },
  push: {
    fields: 9,
    read: (reader) => {
      const pushed = piece(reader)
      if (pushed.seal === undefined) throw invalid('a push without a seal')
      return { type: 'push', piece: pushed }
    },
  },
  ack: { fields: 3, read: (reader) => ({ type: 'ack', feed: feed(reader), seq: positive(reader) }) },
  nack: {
    fields: 5,
    read: (reader) => ({
      type: 'nack',
      feed: feed(reader),
      head: reader.uint(),
      code: code(reader),
      detail: detail(reader),
    }),
  },
  graft: { fields: 3, read: (reader) => ({ type: 'graft', server: server(reader), eager: flag(reader) }) },
  fork: {
    fields: 7,
    read: (reader) => ({
      type: 'fork',
      origin: origin(reader),
      from: positive(reader),
      branches: branches(reader),
      certificates: certificates(reader),
    }),
  },
  want: {
    fields: 6,
    read: (reader) => {
      const want = {
        type: 'want' as const,
        id: reader.uint(),
        feed: feed(reader),
        from: positive(reader),
        to: positive(reader),
        down: flag(reader),
      }
      if (want.from > want.to || want.to - want.from >= frameLimits.rangeMax) throw invalid('a range that is none')
      return want
    },
  },
  range: { fields: 10, read: (reader) => ({ type: 'range', id: reader.uint(), piece: piece(reader) }) },
  end: {
    fields: 4,
    read: (reader) => ({
      type: 'end',
      id: reader.uint(),
      code: reader.skipNull() ? undefined : code(reader),
      detail: detail(reader),
    }),
  },
  cancel: { fields: 2, read: (reader) => ({ type: 'cancel', id: reader.uint() }) },
  whisper: {
    fields: 4,
    read: (reader) => {
      const read = { type: 'whisper' as const, kind: kind(reader), key: short(reader, frameLimits.whisperKeyBytesMax) }
      const payload = reader.bytes()
      if (payload.length > frameLimits.whisperBytesMax) throw invalid('a whisper that is too long')
      return { ...read, payload }
    },
  },
}

const codePattern = /^[A-Z][A-Z0-9_]{0,31}$/
const kindPattern = /^[a-z][a-z0-9.-]{0,31}$/
/** Details end up on terminals. */
const unprintable = /[\p{Cc}\p{Cf}]/gu

const invalid = (what: string, cause?: unknown): HearthError =>
  new HearthError('FRAME_INVALID', `a frame of sync does not decode: ${what}`, { cause })

const decoders: ReadonlyMap<number, Decode> = new Map(
  (Object.keys(readers) as SyncFrame['type'][]).map((type) => [frameTypes[type], readers[type]]),
)
