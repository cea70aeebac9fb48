/** The pieces that CBOR is written with: heads, byte strings, text. Offsets in, offsets out. */
import { copyBytes, writeUint32, writeUint64 } from './bytes.ts'
import { writeText } from './utf8.ts'

/** Bytes of the shortest head for an argument. */
export const headSize = (argument: number): number =>
  argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x1_0000 ? 3 : argument < 0x1_0000_0000 ? 5 : 9

/** `major` is the major type in the upper three bits: 0x00, 0x20 … 0xe0. */
export const writeHead = (target: Uint8Array, at: number, major: number, argument: number): number => {
  if (argument < 24) {
    target[at] = major | argument
    return at + 1
  }
  if (argument < 0x100) {
    target[at] = major | 24
    target[at + 1] = argument
    return at + 2
  }
  if (argument < 0x1_0000) {
    target[at] = major | 25
    target[at + 1] = argument >>> 8
    target[at + 2] = argument
    return at + 3
  }
  if (argument < 0x1_0000_0000) {
    target[at] = major | 26
    writeUint32(target, at + 1, argument)
    return at + 5
  }
  target[at] = major | 27
  writeUint64(target, at + 1, argument)
  return at + 9
}

export const writeBytes = (target: Uint8Array, at: number, bytes: Uint8Array): number => {
  const start = writeHead(target, at, 0x40, bytes.length)
  copyBytes(target, start, bytes)
  return start + bytes.length
}

/** `size`: what `textSize` says. */
export const writeTextItem = (target: Uint8Array, at: number, text: string, size: number): number => {
  const start = writeHead(target, at, 0x60, size)
  writeText(target, start, text, size)
  return start + size
}

export const nullItem = 0xf6
