import { PacketError } from './packet-error.ts'
import type { PacketSpan } from './packets.ts'

/** Returns false to stop: the rest is kept until `resume`. */
export type PacketSink = (packet: PacketSpan) => boolean

const firstRestBytes = 512

/**
 * Cuts a stream into packets. Whole packets are passed on where they lie; only one that is cut by
 * the end of a chunk is copied, and memory for it grows with what has arrived (threat 10).
 */
export class PacketScanner {
  /** Larger packets are refused as soon as their length is known. */
  bytesMax: number
  private rest: Buffer | undefined
  private restLength = 0
  private kept: Buffer | undefined

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Throws `PacketError` for a length that is malformed or too large. */
  feed(chunk: Buffer, sink: PacketSink): void {
    if (this.kept !== undefined) {
      this.kept = Buffer.concat([this.kept, chunk])
      return
    }
    let at = this.rest === undefined ? 0 : this.complete(chunk, sink)
    while (at < chunk.length) {
      if (this.kept !== undefined) return
      const size = this.packetSize(chunk, at, chunk.length)
      if (size === 0 || at + size > chunk.length) {
        this.restLength = 0
        this.keepRest(chunk, at, chunk.length)
        return
      }
      this.pass(chunk, at, size, sink)
      at += size
    }
  }

  /** Goes on after a sink that returned false. */
  resume(sink: PacketSink): void {
    const kept = this.kept
    this.kept = undefined
    if (kept !== undefined && kept.length > 0) this.feed(kept, sink)
  }

  /** Bytes that wait for `resume`. */
  get keptBytes(): number {
    return this.kept?.length ?? 0
  }

  /** Fills up the packet that an earlier chunk began; returns where the chunk goes on. */
  private complete(chunk: Buffer, sink: PacketSink): number {
    let at = 0
    for (;;) {
      const size = this.packetSize(this.rest!, 0, this.restLength)
      const wanted = size === 0 ? this.restLength + 1 : size
      const end = Math.min(chunk.length, at + wanted - this.restLength)
      this.keepRest(chunk, at, end)
      at = end
      if (size > 0 && this.restLength === size) {
        const packet = this.rest!
        this.rest = undefined
        this.restLength = 0
        this.pass(packet, 0, size, sink)
        if (this.kept !== undefined) this.kept = chunk.subarray(at)
        return at
      }
      if (at === chunk.length && this.packetSize(this.rest!, 0, this.restLength) !== this.restLength) return at
    }
  }

  private pass(bytes: Buffer, at: number, size: number, sink: PacketSink): void {
    let bodyAt = at + 1
    while (bytes[bodyAt]! >= 0x80) bodyAt++
    const end = at + size
    if (!sink({ bytes, start: at, head: bytes[at]!, at: bodyAt + 1, end })) this.kept = bytes.subarray(end)
  }

  /** Whole size of the packet at `at`; 0 when its length is not yet complete. */
  private packetSize(bytes: Buffer, at: number, end: number): number {
    let length = 0
    for (let n = 0; n < 4; n++) {
      const next = at + 1 + n
      if (next >= end) return 0
      const byte = bytes[next]!
      length |= (byte & 0x7f) << (7 * n)
      if (byte >= 0x80) continue
      const size = 2 + n + length
      if (size > this.bytesMax) throw new PacketError(0x95, `a packet of ${size} bytes is larger than ${this.bytesMax}`)
      return size
    }
    throw new PacketError(0x81, 'the remaining length has more than four bytes')
  }

  private keepRest(chunk: Buffer, start: number, end: number): void {
    const needed = this.restLength + end - start
    if (this.rest === undefined || this.rest.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.max(firstRestBytes, needed, this.restLength * 2))
      this.rest?.copy(larger, 0, 0, this.restLength)
      this.rest = larger
    }
    chunk.copy(this.rest, this.restLength, start, end)
    this.restLength = needed
  }
}
