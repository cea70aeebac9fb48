/** Reactions and the emoji of a server (MSGS-12, MSGS-13). */
import type { CborValue } from './cbor.ts'
import { limits } from './limits.ts'
import { textSize } from './utf8.ts'

/** MSGS-13: the name of a custom emoji, without its colons. */
export const isEmojiName = (text: unknown): text is string => typeof text === 'string' && namePattern.test(text)

/** MSGS-12: `:name:`, or 1 to 64 bytes that could be one emoji: what every node takes, whatever its version of Unicode. */
export const isReaction = (text: string): boolean =>
  customName(text) !== undefined || (isShort(text) && notText.test(text))

/**
 * MSGS-12: an emoji of the Unicode version of this machine, as it is written in events: `❤` gets the variation selector
 * that makes it one. Undefined: it is none.
 */
export const unicodeEmoji = (text: string): string | undefined => {
  if (!isShort(text)) return undefined
  return [text, `${text}\ufe0f`].find((form) => emoji.test(form))
}

/** Undefined: not `:name:`. */
export const customName = (text: string): string | undefined => {
  const name = text.startsWith(':') && text.endsWith(':') ? text.slice(1, -1) : undefined
  return isEmojiName(name) ? name : undefined
}

export interface EmojiImage {
  readonly mime: (typeof emojiTypes)[number]
  readonly bytes: Uint8Array
}

export const emojiTypes = ['image/png', 'image/gif', 'image/webp'] as const

/** MSGS-13: the value of a register `emoji/{name}`: `[media type, image]`. The image begins as its type does. */
export const readEmojiImage = (value: CborValue | undefined): EmojiImage | undefined => {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [mime, bytes] = value as [CborValue, CborValue]
  const known = emojiTypes.find((type) => type === mime)
  if (known === undefined || !(bytes instanceof Uint8Array)) return undefined
  return bytes.length <= limits.emojiImageBytesMax && beginsAs(known, bytes) ? { mime: known, bytes } : undefined
}

const beginsAs = (mime: EmojiImage['mime'], bytes: Uint8Array): boolean => {
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to))
  switch (mime) {
    case 'image/png':
      return text(0, 8) === '\u0089PNG\r\n\u001a\n'
    case 'image/gif':
      return /^GIF8[79]a$/.test(text(0, 6))
    case 'image/webp':
      return text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP'
  }
}

const isShort = (text: string): boolean => text.length <= limits.emojiBytesMax && textSize(text) <= limits.emojiBytesMax

const namePattern = /^[a-z0-9_]{2,32}$/
const emoji = /^\p{RGI_Emoji}$/v
/** No letter, no space, no control character; digits, `#` and `*` only as parts of keycaps. */
const notText = /^(?:[0-9#*]\ufe0f?\u20e3|(?:\p{S}|\p{M}|\p{Cn}|\u200d|[\u{e0020}-\u{e007f}])+)$/u
