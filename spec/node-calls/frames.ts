/** Request and answer of a call between nodes (NCALL-2 to NCALL-4). */
import { decodeCbor, encodeCbor, type CborMap, type CborValue } from '../cbor.ts'
import { errorTable, HearthError, type ErrorCode } from '../errors.ts'
import { limits } from '../limits.ts'

export interface NodeCallRequest {
  readonly method: string
  readonly input: CborMap
}

export type NodeCallAnswer =
  | { readonly ok: true; readonly output: CborMap }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string }

/** Throws PACKET_TOO_LARGE. */
export const encodeRequest = ({ method, input }: NodeCallRequest): Uint8Array =>
  bounded(encodeCbor([1, method, input]), limits.packetBytesMax)

/** Throws FRAME_INVALID. */
export const decodeRequest = (frame: Uint8Array): NodeCallRequest => {
  const [version, method, input, ...more] = itemsOf(frame, limits.packetBytesMax)
  if (version !== 1 || typeof method !== 'string' || !methodPattern.test(method) || !isMap(input) || more.length > 0) {
    throw invalid()
  }
  return { method, input }
}

/** Throws PACKET_TOO_LARGE. */
export const encodeAnswer = (answer: NodeCallAnswer): Uint8Array =>
  bounded(
    encodeCbor(
      answer.ok
        ? [0, answer.output]
        : [1, answer.code, answer.detail.toWellFormed().slice(0, detailCharsMax).toWellFormed()],
    ),
    limits.nodeCallAnswerBytesMax,
  )

/** Throws FRAME_INVALID. */
export const decodeAnswer = (frame: Uint8Array): NodeCallAnswer => {
  const [kind, first, second] = itemsOf(frame, limits.nodeCallAnswerBytesMax)
  if (kind === 0 && isMap(first)) return { ok: true, output: first }
  if (kind !== 1 || typeof first !== 'string' || typeof second !== 'string') throw invalid()
  const detail = second.slice(0, detailCharsMax).replaceAll(unprintable, ' ')
  // NCALL-4
  return isErrorCode(first)
    ? { ok: false, code: first, detail }
    : { ok: false, code: 'PEER_REFUSED', detail: `${first.slice(0, 32).replaceAll(unprintable, ' ')}: ${detail}` }
}

const itemsOf = (frame: Uint8Array, bytesMax: number): readonly CborValue[] => {
  try {
    const value = decodeCbor(frame, { bytesMax })
    if (Array.isArray(value)) return value as readonly CborValue[]
  } catch (cause) {
    throw invalid(cause)
  }
  throw invalid()
}

const bounded = (bytes: Uint8Array, bytesMax: number): Uint8Array => {
  if (bytes.length <= bytesMax) return bytes
  throw new HearthError('PACKET_TOO_LARGE', `${bytes.length} bytes; a call between nodes has at most ${bytesMax}`)
}

const isMap = (value: CborValue | undefined): value is CborMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code)

const invalid = (cause?: unknown): HearthError =>
  new HearthError('FRAME_INVALID', 'a call of the peer does not decode', { cause })

const methodPattern = /^[a-z][a-z0-9]*(?:\.[a-z0-9]+){1,3}$/
const detailCharsMax = 500
const unprintable = /[\p{Cc}\p{Cf}]/gu
