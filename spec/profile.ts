/** What people say about themselves (spec/profiles.md). */
import { z } from 'zod'
import { isName, isText } from './governance/names.ts'
import { limits } from './limits.ts'

export const avatarTypes = ['image/png', 'image/jpeg', 'image/webp'] as const
export type AvatarType = (typeof avatarTypes)[number]

export interface ImageSize {
  readonly type: AvatarType
  readonly width: number
  readonly height: number
}

/**
 * PROF-4: what an image is by its own bytes, not by what is said of it; undefined: none of the three, or cut short. SVG, which
 * can hold scripts, is none.
 */
export const readImage = (bytes: Uint8Array): ImageSize | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return readPng(bytes, view) ?? readJpeg(bytes, view) ?? readWebp(bytes, view)
}

/** PROF-4: as an avatar; undefined: not taken. */
export const readAvatar = (bytes: Uint8Array): ImageSize | undefined => {
  const image = bytes.length <= limits.avatarBytesMax ? readImage(bytes) : undefined
  if (image === undefined) return undefined
  const { width, height } = image
  return Math.min(width, height) >= 1 && Math.max(width, height) <= limits.avatarPixelsMax ? image : undefined
}

const readPng = (bytes: Uint8Array, view: DataView): ImageSize | undefined => {
  if (bytes.length < 45 || latin(bytes, 0, 8) !== '\u0089PNG\r\n\u001a\n' || latin(bytes, 12, 16) !== 'IHDR') {
    return undefined
  }
  if (latin(bytes, bytes.length - 8, bytes.length - 4) !== 'IEND') return undefined
  return { type: 'image/png', width: view.getUint32(16), height: view.getUint32(20) }
}

/** Walks the segments up to the frame header. */
const readJpeg = (bytes: Uint8Array, view: DataView): ImageSize | undefined => {
  const { length } = bytes
  if (length < 4 || view.getUint16(0) !== 0xffd8 || view.getUint16(length - 2) !== 0xffd9) return undefined
  for (let at = 2; at + 9 <= length; at += 2 + view.getUint16(at + 2)) {
    if (bytes[at] !== 0xff || view.getUint16(at + 2) < 2) return undefined
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { type: 'image/jpeg', height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
  }
  return undefined
}

const readWebp = (bytes: Uint8Array, view: DataView): ImageSize | undefined => {
  if (bytes.length < 30 || latin(bytes, 0, 4) !== 'RIFF' || latin(bytes, 8, 12) !== 'WEBP') return undefined
  if (view.getUint32(4, true) + 8 > bytes.length) return undefined
  const type = 'image/webp'
  switch (latin(bytes, 12, 16)) {
    case 'VP8 ':
      return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    case 'VP8L': {
      const bits = view.getUint32(21, true)
      return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X':
      return { type, width: uint24(bytes, 24) + 1, height: uint24(bytes, 27) + 1 }
    default:
      return undefined
  }
}

const latin = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to))
const uint24 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)

/** PROF-2: so many code points, no control characters but the line feed, not blank at its ends. */
export const isAbout = (text: string): boolean =>
  text.trim() === text && isText(text.replaceAll('\n', ' ').trim(), limits.aboutCharsMax)

export const displayName = z
  .string()
  .refine(isName, 'has 1 to 80 characters, none of them a control character')
  .meta({ minLength: 1, maxLength: limits.nameCharsMax })
export const aboutText = z
  .string()
  .refine(isAbout, 'is too long, blank at an end, or has control characters')
  .meta({ maxLength: limits.aboutCharsMax })
export const pronounsText = z
  .string()
  .refine((text) => isText(text, limits.pronounsCharsMax), 'is too long, blank at an end, or has control characters')
  .meta({ maxLength: limits.pronounsCharsMax })

export const avatarField = z.object({ type: z.enum(avatarTypes), data: z.base64() })

/** PROF-1: what is not said is absent. */
export const profileJson = z.object({
  address: z.string(),
  name: z.string().describe('In the server that was asked about, or everywhere.'),
  about: z.string().optional(),
  pronouns: z.string().optional(),
  avatar: avatarField.optional(),
})
export type ProfileJson = z.output<typeof profileJson>
