/**
 * What members sign with the keys of their devices (spec/authors.md), so that not even their own node puts words in their
 * mouth. Pure: whoever has a key signs, whoever has `node:crypto` or `tweetnacl` verifies.
 */
import { z } from 'zod'
import { decodeBase32, encodeBase32 } from './base32.ts'
import { concatBytes } from './bytes.ts'
import type { CborReader } from './cbor-reader.ts'
import { encodeCbor, type CborValue } from './cbor.ts'
import type { Sign, Verify } from './crypto.ts'
import { isStrictPublicKey, isStrictSignature } from './ed25519.ts'
import { HearthError } from './errors.ts'
import type { ChannelId, EventId, NodeId, UserName } from './ids.ts'
import { textBytes } from './utf8.ts'
import { parseUuid } from './uuid.ts'

/** Who signs: a user of a node. */
export interface Signer {
  readonly node: NodeId
  readonly user: UserName
}

/** SIGN-1: a message as it was first said, or an edit of one. */
export type Words =
  | {
      readonly kind: 'message'
      readonly channel: ChannelId
      readonly clientMessageId: string
      readonly text: string
      readonly replyTo: EventId | undefined
      readonly thread: EventId | undefined
    }
  | { readonly kind: 'edit'; readonly channel: ChannelId; readonly target: EventId; readonly text: string }

/** SIGN-2: the device's public key (32 bytes) and its signature (64), in base32. */
export interface AuthorSignature {
  readonly key: string
  readonly value: string
}

export const keyField = z
  .string()
  .regex(/^[a-z2-7]{52}$/)
  .refine((text) => decodeBase32(text) !== undefined, 'is not 32 bytes in base32')
export const signatureValueField = z
  .string()
  .regex(/^[a-z2-7]{103}$/)
  .refine((text) => decodeBase32(text) !== undefined, 'is not 64 bytes in base32')

/** SIGN-2, in JSON. */
export const signatureField = z.strictObject({ key: keyField, value: signatureValueField })

/** SIGN-1: what a signature of words covers. */
export const wordsSigned = ({ node, user }: Signer, words: Words): Uint8Array =>
  concatBytes(wordsDomain, encodeCbor([bytesOf(node), user, ...fieldsOf(words)]))

const fieldsOf = (words: Words): CborValue[] => {
  const channel = idBytes(words.channel)
  if (words.kind === 'edit') return [channel, idBytes(words.target), words.text]
  const { clientMessageId, text, replyTo, thread } = words
  return [
    channel,
    clientMessageId,
    text,
    replyTo === undefined ? null : idBytes(replyTo),
    thread === undefined ? null : idBytes(thread),
  ]
}

/** SIGN-4: what an older device of a person signs about the key of a newer one. */
export const vouchSigned = ({ node, user }: Signer, key: string): Uint8Array =>
  concatBytes(vouchDomain, encodeCbor([bytesOf(node), user, bytesOf(key)]))

export const signWords = (signer: Signer, words: Words, key: Uint8Array, sign: Sign): AuthorSignature => ({
  key: encodeBase32(key),
  value: encodeBase32(sign(wordsSigned(signer, words))),
})

/** As strict as SEAL-7 to SEAL-10 are: keys and signatures that verifiers disagree about never hold. */
export const holds = (signature: AuthorSignature, signed: Uint8Array, verify: Verify): boolean => {
  const parts = partsOf(signature)
  return parts !== undefined && verify(parts.key, signed, parts.value)
}

/** Undefined: no strict key, or no strict signature. */
export const partsOf = ({ key, value }: AuthorSignature): { key: Uint8Array; value: Uint8Array } | undefined => {
  const keyBytes = decodeBase32(key)
  const valueBytes = decodeBase32(value)
  if (keyBytes === undefined || valueBytes === undefined) return undefined
  return isStrictPublicKey(keyBytes) && isStrictSignature(valueBytes) ? { key: keyBytes, value: valueBytes } : undefined
}

/** SIGN-2: `[key, signature]` of an event. */
export const signatureValue = ({ key, value }: AuthorSignature): CborValue => [bytesOf(key), bytesOf(value)]

/** Throws EVENT_INVALID. Says nothing about whether it holds. */
export const readSignature = (reader: CborReader): AuthorSignature => {
  if (reader.array() !== 2) throw new HearthError('EVENT_INVALID', 'a signature has two parts')
  return { key: encodeBase32(reader.bytesOf(32)), value: encodeBase32(reader.bytesOf(64)) }
}

/** SIGN-5: a key that a member has or had. */
export const authorKeyField = z.object({
  key: keyField,
  /** Unix ms by the clock of the member's node. */
  since: z.int().nonnegative(),
  /** Revoked or replaced then: it signs nothing later. */
  until: z.int().nonnegative().optional(),
  /** SIGN-4: an older key of the same person stands for it. */
  vouch: z.object({ by: keyField, value: signatureValueField }).optional(),
})
export type AuthorDeviceKey = z.output<typeof authorKeyField>

const bytesOf = (text: string): Uint8Array => decodeBase32(text) ?? malformed(text)
const idBytes = (id: ChannelId | EventId): Uint8Array => parseUuid(id) ?? malformed(id)
const malformed = (text: string): never => {
  throw new HearthError('BAD_REQUEST', `${text} is neither an id nor a key`)
}

const wordsDomain = textBytes('hearth-words-1\0')
const vouchDomain = textBytes('hearth-device-1\0')
