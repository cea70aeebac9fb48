/** The frames with which the link itself speaks on `ctl` (LINK-7): types 0 to 15; all others are the peers'. */
import { decodeBase32, encodeBase32 } from '../../spec/base32.ts'
import { CborReader } from '../../spec/cbor-reader.ts'
import { encodeCbor } from '../../spec/cbor.ts'
import { HearthError } from '../../spec/errors.ts'
import type { NodeId } from '../../spec/ids.ts'

/** Who a node says it is (LINK-10). Nothing of it is believed but what the certificate proves (TRUST-1). */
export interface Hello {
  readonly nodeId: NodeId
  /** CERT-1 */
  readonly certificate: Uint8Array
  /** Its clock, Unix ms. */
  readonly timeMs: number
  /** 16 random bytes for each start of the process: tells a second connection from one after a crash (LINK-12). */
  readonly session: Uint8Array
  readonly capabilities: readonly string[]
  readonly name: string
  /** The domain that it claims (TRUST-6). */
  readonly domain: string | undefined
  /** Multiaddrs under which it can be dialled. */
  readonly addresses: readonly string[]
}

export type LinkFrame =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'pong'; readonly id: number; readonly timeMs: number }
  | { readonly type: 'bye'; readonly code: string; readonly detail: string }
  /** Of a later version: passed over. */
  | { readonly type: 'unknown' }

/** LINK-7: does the link itself answer this frame? The first byte is an array's head, the second a type below 16. */
export const isLinkFrame = (frame: Uint8Array): boolean => {
  const [head = 0, type = 0xff] = frame
  return head >= 0x80 && head <= 0x97 && type < 16
}

export const encodeHello = (hello: Hello): Uint8Array =>
  encodeCbor([
    types.hello,
    decodeBase32(hello.nodeId) ?? new Uint8Array(),
    hello.certificate,
    hello.timeMs,
    hello.session,
    hello.capabilities,
    hello.name,
    hello.domain ?? null,
    hello.addresses.slice(0, addressesMax),
  ])

export const encodePing = (id: number): Uint8Array => encodeCbor([types.ping, id])
export const encodePong = (id: number, timeMs: number): Uint8Array => encodeCbor([types.pong, id, timeMs])
/** LINK-13: the last frame before we close, so that the other admin reads why. */
export const encodeBye = (code: string, detail: string): Uint8Array =>
  encodeCbor([types.bye, code, detail.toWellFormed().slice(0, detailCharsMax)])

/** Throws FRAME_INVALID: not canonical, a field outside its bounds, or over 16 KiB. */
export const decodeLinkFrame = (frame: Uint8Array): LinkFrame => {
  try {
    if (frame.length > frameBytesMax) throw invalid(`${frame.length} bytes`)
    const reader = new CborReader(frame)
    const fields = reader.array()
    const type = reader.uint()
    const decode = decoders[type]
    if (decode === undefined) return { type: 'unknown' }
    if (fields < decode.fields) throw invalid(`${fields} fields`)
    const decoded = decode.read(reader)
    // Fields that a later version appended are passed over.
    if (fields === decode.fields) reader.end()
    return decoded
  } catch (cause) {
    throw cause instanceof HearthError && cause.code === 'FRAME_INVALID' ? cause : invalid('not canonical', cause)
  }
}

const types = { hello: 1, ping: 2, pong: 3, bye: 4 } as const

const frameBytesMax = 16 * 1024
const certificateBytesMax = 512
const capabilitiesMax = 32
const addressesMax = 16
const addressCharsMax = 512
const detailCharsMax = 500

interface Decode {
  readonly fields: number
  readonly read: (reader: CborReader) => LinkFrame
}

const decoders: Readonly<Record<number, Decode>> = {
  [types.hello]: { fields: 9, read: (reader) => ({ type: 'hello', hello: readHello(reader) }) },
  [types.ping]: { fields: 2, read: (reader) => ({ type: 'ping', id: reader.uint() }) },
  [types.pong]: { fields: 3, read: (reader) => ({ type: 'pong', id: reader.uint(), timeMs: reader.uint() }) },
  [types.bye]: {
    fields: 3,
    read: (reader) => ({
      type: 'bye',
      code: textOf(reader, codePattern),
      detail: reader.text().slice(0, detailCharsMax).replaceAll(unprintable, ' '),
    }),
  },
}

const readHello = (reader: CborReader): Hello => ({
  nodeId: encodeBase32(reader.bytesOf(32)) as NodeId,
  certificate: copyOf(reader.bytes(), certificateBytesMax),
  timeMs: reader.uint(),
  session: copyOf(reader.bytesOf(16), 16),
  capabilities: readMany(reader, capabilitiesMax, capabilityPattern),
  name: textOf(reader, namePattern),
  domain: reader.skipNull() ? undefined : textOf(reader, domainPattern),
  addresses: readMany(reader, addressesMax, addressPattern),
})

const readMany = (reader: CborReader, most: number, pattern: RegExp): string[] => {
  const count = reader.array()
  if (count > most) throw invalid(`${count} items where ${most} are taken`)
  return Array.from({ length: count }, () => textOf(reader, pattern))
}

const textOf = (reader: CborReader, pattern: RegExp): string => {
  const text = reader.text()
  if (!pattern.test(text)) throw invalid('a text that is not allowed there')
  return text
}

/** The frame is a view of a buffer that is not kept. */
const copyOf = (bytes: Uint8Array, most: number): Uint8Array => {
  if (bytes.length > most) throw invalid(`${bytes.length} bytes where ${most} are taken`)
  return Uint8Array.from(bytes)
}

const invalid = (what: string, cause?: unknown): HearthError =>
  new HearthError('FRAME_INVALID', `the peer sent a frame of the link that does not decode: ${what}`, { cause })

/** Names end up on terminals: no control and no format characters. */
const unprintable = /[\p{Cc}\p{Cf}]/gu
const namePattern = /^[^\p{Cc}\p{Cf}]{0,80}$/u
const codePattern = /^[A-Z][A-Z0-9_]{0,31}$/
const capabilityPattern = /^[a-z0-9][a-z0-9.-]{0,31}$/
const addressPattern = new RegExp(`^/[\\x21-\\x7e]{1,${addressCharsMax}}$`)
export const domainPattern: RegExp =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
