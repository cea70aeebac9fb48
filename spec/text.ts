/** Chat texts (TEXT-1 to TEXT-3). */
import { HearthError, type ErrorCode } from './errors.ts'
import { limits } from './limits.ts'
import { readText } from './utf8.ts'

/** What is wrong with a chat text; undefined: nothing. A text of white space and invisible characters only is empty. */
export const checkText = (text: string): ErrorCode | undefined => {
  if (!text.isWellFormed()) return 'NOT_UTF8'
  if (!visible.test(text)) return 'TEXT_EMPTY'
  return isLonger(text, limits.textCharsMax) ? 'TEXT_TOO_LONG' : undefined
}

/** The text of a `say` packet. Throws PACKET_TOO_LARGE, NOT_UTF8, TEXT_EMPTY or TEXT_TOO_LONG. */
export const decodeText = (bytes: Uint8Array): string => {
  if (bytes.length > limits.packetBytesMax) throw new HearthError('PACKET_TOO_LARGE')
  const text = readText(bytes)
  if (text === undefined) throw new HearthError('NOT_UTF8')
  const code = checkText(text)
  if (code !== undefined) throw new HearthError(code, textFault(code))
  return text
}

/** The sentence that goes with a code of `checkText`. */
export const textFault = (code: ErrorCode): string | undefined =>
  code === 'TEXT_TOO_LONG' ? `the text is longer than ${limits.textCharsMax} characters` : undefined

/** Counts code points, and only where the UTF-16 length leaves a doubt. */
const isLonger = (text: string, charsMax: number): boolean => {
  if (text.length <= charsMax) return false
  if (text.length > 2 * charsMax) return true
  let chars = 0
  for (const _ of text) chars++
  return chars > charsMax
}

/** At least one character that is neither a space, nor a control, nor a format character. */
const visible = /[^\p{White_Space}\p{Cc}\p{Cf}]/u
