/** Strict UTF-8 (RFC 3629): what is not valid is refused, never replaced; a byte order mark is a character like others. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** The text, or undefined when the bytes are not valid UTF-8. Short ASCII is read without leaving JavaScript. */
export const readText = (bytes: Uint8Array): string | undefined => {
  if (bytes.length > shortBytes) return decode(bytes)
  let text = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte > 0x7f) return decode(bytes)
    text += String.fromCharCode(byte)
  }
  return text
}

/** The text must be well formed, or it is changed: check `isWellFormed` first. */
export const textBytes = (text: string): Uint8Array => encoder.encode(text)

/** Bytes of the text in UTF-8; -1 when it holds a lone surrogate. */
export const textSize = (text: string): number => {
  let size = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) size++
    else {
      size += 2
      if (unit >= 0xd800 && unit <= 0xdfff) {
        const next = text.charCodeAt(i + 1)
        if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return -1
        i++
      }
    }
  }
  return size
}

/** Writes the `size` bytes of a well-formed text. */
export const writeText = (target: Uint8Array, at: number, text: string, size: number): void => {
  if (size > shortBytes || size !== text.length) {
    encoder.encodeInto(text, target.subarray(at, at + size))
    return
  }
  for (let i = 0; i < size; i++) target[at + i] = text.charCodeAt(i)
}

const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const shortBytes = 32
