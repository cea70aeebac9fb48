/** Frames on a byte stream (LINK-5): u32 big-endian length, then that many bytes. */
import { limits } from '../../spec/limits.ts'
import { HearthError } from '../../spec/errors.ts'

/** All frames in one piece. Throws FRAME_INVALID for one that is empty or over `limits.frameBytesMax`. */
export const encodeFrames = (frames: readonly Uint8Array[]): Uint8Array => {
  let length = 0
  for (const frame of frames) length += headBytes + checkLength(frame.length)
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const frame of frames) {
    bytes.writeUInt32BE(frame.length, at)
    bytes.set(frame, at + headBytes)
    at += headBytes + frame.length
  }
  return bytes
}

/** What it costs to hold a frame: its bytes and the object around them. */
export const frameCost = (frame: Uint8Array): number => frame.length + objectBytes

export interface FrameDecoder {
  /** The frames that `chunk` completes, as views. Throws FRAME_INVALID as soon as a length is read that no frame has. */
  push(chunk: Uint8Array): Uint8Array[]
  /** True inside a frame: a stream that ends here was cut. */
  isPartial(): boolean
}

/** Copies a byte at most twice, however the stream was cut into chunks. */
export const createFrameDecoder = (): FrameDecoder => {
  let parts: Uint8Array[] = []
  let held = 0
  /** Below this there is nothing to do but wait. */
  let wanted = headBytes
  return {
    push(chunk) {
      parts.push(chunk)
      held += chunk.length
      if (held < wanted) return []
      const bytes = asBuffer(parts.length === 1 ? chunk : Buffer.concat(parts, held))
      const frames: Uint8Array[] = []
      let at = 0
      wanted = headBytes
      while (held - at >= headBytes) {
        const end = at + headBytes + checkLength(bytes.readUInt32BE(at))
        if (end > held) {
          wanted = end - at
          break
        }
        frames.push(bytes.subarray(at + headBytes, end))
        at = end
      }
      parts = at < held ? [bytes.subarray(at)] : []
      held -= at
      return frames
    },
    isPartial: () => held > 0,
  }
}

const headBytes = 4
const objectBytes = 128

const checkLength = (length: number): number => {
  if (length > 0 && length <= limits.frameBytesMax) return length
  throw new HearthError('FRAME_INVALID', `a frame of ${length} bytes; it has 1 to ${limits.frameBytesMax}`)
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
