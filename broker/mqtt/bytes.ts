import { isUtf8 } from 'node:buffer'
import { PacketError } from './packet-error.ts'

/** Reads the fields of one packet (MQTT 5 §1.5); throws `PacketError` at the first that is malformed. */
export class ByteReader {
  readonly bytes: Buffer
  at: number
  readonly end: number

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  byte(): number {
    return this.bytes[this.advance(1)]!
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.advance(2))
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.advance(4))
  }

  /** Variable byte integer, at most four bytes (MQTT 5 §1.5.5). */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new PacketError(0x81, 'a variable byte integer has more than four bytes')
  }

  text(): string {
    const length = this.uint16()
    const start = this.advance(length)
    return decodeText(this.bytes, start, start + length)
  }

  /** A view, not a copy. */
  binary(): Buffer {
    const length = this.uint16()
    const start = this.advance(length)
    return this.bytes.subarray(start, start + length)
  }

  private advance(count: number): number {
    const start = this.at
    if (start + count > this.end) throw new PacketError(0x81, 'the packet is shorter than its fields')
    this.at = start + count
    return start
  }
}

/** Well-formed UTF-8 without NUL (MQTT 5 §1.5.4, threat 9); throws `PacketError` otherwise. */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  let ascii = true
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 0) throw new PacketError(0x81, 'a text holds NUL')
    if (byte >= 0x80) ascii = false
  }
  if (ascii) return bytes.toString('latin1', start, end)
  if (!isUtf8(bytes.subarray(start, end))) throw new PacketError(0x81, 'a text is not valid UTF-8')
  return bytes.toString('utf8', start, end)
}

/** Collects the fields of one packet. */
export class ByteWriter {
  private bytes: Buffer
  private length = 0

  constructor(capacityBytes = 64) {
    this.bytes = Buffer.allocUnsafe(capacityBytes)
  }

  byte(value: number): this {
    this.room(1)
    this.bytes[this.length++] = value
    return this
  }

  uint16(value: number): this {
    this.room(2)
    this.length = this.bytes.writeUInt16BE(value, this.length)
    return this
  }

  uint32(value: number): this {
    this.room(4)
    this.length = this.bytes.writeUInt32BE(value, this.length)
    return this
  }

  varint(value: number): this {
    this.room(4)
    this.length = writeVarint(this.bytes, this.length, value)
    return this
  }

  text(value: string): this {
    const size = Buffer.byteLength(value)
    this.uint16(size).room(size)
    this.length += this.bytes.write(value, this.length)
    return this
  }

  binary(value: Uint8Array): this {
    return this.uint16(value.length).raw(value)
  }

  raw(value: Uint8Array): this {
    this.room(value.length)
    this.bytes.set(value, this.length)
    this.length += value.length
    return this
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  private room(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}

export function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4
}

/** Returns the offset behind the last byte written. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}
