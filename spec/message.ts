/** What people say (spec/event.md): the body of a `msg` event, the `send` command that asks for one, the JSON that tells of it. */
import { z } from 'zod'
import { newBytes, type Allocate } from './bytes.ts'
import { CborReader } from './cbor-reader.ts'
import { readMentions } from './annotations.ts'
import { readSignature, signatureField, signatureValue, type AuthorSignature } from './author.ts'
import { headSize, nullItem, writeTextItem } from './cbor-writer.ts'
import { encodeCbor, type CborValue } from './cbor.ts'
import { HearthError } from './errors.ts'
import { isEventId, readEventId, writeEventId } from './event-id.ts'
import { isAddress } from './governance/names.ts'
import { isChannelId, isMemberId, isServerId } from './identifiers.ts'
import type { ChannelId, EventId, MemberId, ServerId } from './ids.ts'
import { limits } from './limits.ts'
import type { Mention } from './mentions.ts'
import { checkText, textFault } from './text.ts'
import { textSize } from './utf8.ts'
import { formatUuid, parseUuid } from './uuid.ts'

/** MSG-1 */
export interface Message {
  /** The sender's own id: a retry with the same one is the same message (MSG-3). */
  readonly clientMessageId: string | undefined
  readonly text: string
  readonly replyTo: EventId | undefined
  /** First event of the thread that it belongs to. */
  readonly thread: EventId | undefined
  /** MSGS-4; absent when there is none. */
  readonly mentions?: readonly Mention[]
  /** MSGS-15: what it quotes, as its author's node says. */
  readonly forwarded?: Origin
  /** SIGN-2: of the author, by one of their devices. */
  readonly signature?: AuthorSignature
}

/** MSGS-15 */
export interface Origin {
  readonly channel: ChannelId
  readonly event: EventId
  /** Address of the author. */
  readonly author: string
}

/**
 * MSG-1: CBOR [clientMessageId, text, replyTo, thread, attachments], then, if there is one of them, mentions and origin,
 * then the signature; null for what is absent, attachments empty for now.
 */
export const encodeMessage = (message: Message, allocate: Allocate = newBytes): Uint8Array => {
  const { clientMessageId, text, replyTo, thread, mentions, forwarded, signature } = message
  if ((mentions === undefined || mentions.length === 0) && forwarded === undefined && signature === undefined)
    return encodePlain(message, allocate)
  const fields = [clientMessageId ?? null, text, idBytes(replyTo), idBytes(thread), [], mentions ?? []]
  if (signature === undefined) return encodeCbor([...fields, originValue(forwarded)], allocate)
  return encodeCbor([...fields, originValue(forwarded), signatureValue(signature)], allocate)
}

/** Five fields: nearly every message, so written by hand. */
const encodePlain = ({ clientMessageId, text, replyTo, thread }: Message, allocate: Allocate): Uint8Array => {
  const idSize = clientMessageId === undefined ? 0 : sizeOf(clientMessageId)
  const size = sizeOf(text)
  const bytes = allocate(
    2 + itemSize(clientMessageId, idSize) + itemSize(text, size) + idSpace(replyTo) + idSpace(thread),
  )
  bytes[0] = arrayOf5
  let at = 1
  if (clientMessageId === undefined) bytes[at++] = nullItem
  else at = writeTextItem(bytes, at, clientMessageId, idSize)
  at = writeId(bytes, writeId(bytes, writeTextItem(bytes, at, text, size), replyTo), thread)
  bytes[at] = emptyArray
  return bytes
}

const sizeOf = (text: string): number => {
  const size = textSize(text)
  if (size < 0) throw invalid('its text holds a lone surrogate')
  return size
}

const itemSize = (text: string | undefined, size: number): number => (text === undefined ? 1 : headSize(size) + size)

const idSpace = (id: EventId | undefined): number => (id === undefined ? 1 : 17)

const writeId = (bytes: Uint8Array, at: number, id: EventId | undefined): number => {
  if (id === undefined) {
    bytes[at] = nullItem
    return at + 1
  }
  bytes[at] = bytes16
  writeEventId(bytes, at + 1, id)
  return at + 17
}

const arrayOf5 = 0x85
const emptyArray = 0x80
const bytes16 = 0x50

/** Throws EVENT_INVALID, also for a text that `checkText` refuses (MSG-2). */
export const decodeMessage = (body: Uint8Array): Message => {
  const reader = new CborReader(body)
  const fields = reader.array()
  if (fields !== 5 && fields !== 7 && fields !== 8) throw invalid('it has not five, seven or eight fields')
  const clientMessageId = reader.skipNull() ? undefined : reader.text()
  const text = reader.text()
  const replyTo = readId(reader)
  const thread = readId(reader)
  if (reader.array() !== 0) throw invalid('attachments are not known yet')
  const more = fields === 5 ? undefined : readMore(reader, fields === 8)
  reader.end()
  if (clientMessageId !== undefined && !isClientMessageId(clientMessageId)) throw invalid('its client id is malformed')
  const fault = checkText(text)
  if (fault !== undefined) throw invalid(`its text is refused: ${fault}`)
  return { clientMessageId, text, replyTo, thread, ...more }
}

const readMore = (reader: CborReader, isSigned: boolean): Pick<Message, 'mentions' | 'forwarded' | 'signature'> => {
  const mentions = readMentions(reader)
  const forwarded = readOrigin(reader)
  if (mentions.length === 0 && forwarded === undefined && !isSigned) throw invalid('two fields too many')
  return {
    ...(mentions.length > 0 && { mentions }),
    ...(forwarded !== undefined && { forwarded }),
    ...(isSigned && { signature: readSignature(reader) }),
  }
}

const originValue = (origin: Origin | undefined): CborValue =>
  origin === undefined ? null : [parseUuid(origin.channel) ?? null, idBytes(origin.event), origin.author]

const readOrigin = (reader: CborReader): Origin | undefined => {
  if (reader.skipNull()) return undefined
  if (reader.array() !== 3) throw invalid('an origin has not three fields')
  const channel = formatUuid(reader.bytesOf(16))
  const event = readEventId(reader.bytesOf(16))
  const author = reader.text()
  if (!isChannelId(channel) || event === undefined || !isAddress(author)) throw invalid('its origin is malformed')
  return { channel, event, author }
}

/** MSG-3: 1 to 64 visible ASCII characters. */
export const isClientMessageId = (text: unknown): text is string =>
  typeof text === 'string' && clientIdPattern.test(text)

const clientIdPattern = /^[\x21-\x7e]{1,64}$/

export const eventIdField = z.custom<EventId>(isEventId, 'is not an event id')
export const channelIdField = z.custom<ChannelId>(isChannelId, 'is not a channel id')

/** Checked by TEXT-1 to TEXT-3, each with an error of its own; schemas that are made of this one say how long it may be. */
export const chatText = z.string().meta({ minLength: 1, maxLength: limits.textCharsMax })

/** MSG-4: the JSON of `c/{channel}/send`. Strict: an unknown field is refused. */
export const sendCommand = z.strictObject({
  body: chatText,
  id: z.custom<string>(isClientMessageId, 'has 1 to 64 visible ASCII characters').optional(),
  replyTo: eventIdField.optional(),
  thread: eventIdField.optional(),
  signature: signatureField.optional(),
  attachments: z.array(z.never('is not offered yet')).optional(),
})

/**
 * The message that a decoded `send` command asks for. Throws UNKNOWN_FIELD, BAD_REQUEST, or what `checkText` finds;
 * the message names the field.
 */
export const parseSend = (command: unknown): Message => {
  const parsed = sendCommand.safeParse(command)
  if (!parsed.success) throw refusal(parsed.error.issues)
  const { body, id, replyTo, thread, signature } = parsed.data
  const fault = checkText(body)
  if (fault !== undefined) throw new HearthError(fault, textFault(fault))
  return { clientMessageId: id, text: body, replyTo, thread, ...(signature !== undefined && { signature }) }
}

/** MSGS-5 */
export const mentionJson = z.union([
  z.object({ member: z.custom<MemberId>(isMemberId, 'is not a member id'), address: z.string(), name: z.string() }),
  z.object({ role: z.string() }),
  z.object({ all: z.enum(['everyone', 'here']) }),
])
export type MentionJson = z.output<typeof mentionJson>

/** MSGS-12 */
export const reactionJson = z.object({
  emoji: z.string().describe('`👍` or `:name:`.'),
  count: z.int().positive(),
  me: z.literal(true).optional().describe('One of them is the reader’s.'),
})

/** MSG-5: an event as clients read it: on `c/{channel}/events` and in the answers of calls. */
export const eventJson = z.object({
  id: eventIdField,
  type: z.string(),
  channel: channelIdField,
  server: z.custom<ServerId>(isServerId, 'is not a server id').optional().describe('Absent in a DM.'),
  position: z.int().positive().describe('Arrival position at the node that answers: the cursor of catch-up.'),
  time: z.int().nonnegative().describe('Unix ms, from the event id.'),
  author: z.object({
    member: z.custom<MemberId>(isMemberId, 'is not a member id'),
    address: z.string().describe('`alice@home.example`; empty once erased.'),
    name: z.string(),
  }),
  body: z
    .unknown()
    .optional()
    .describe('The text of a `msg`; of other types what their chapter says. Absent once redacted.'),
  clientId: z.string().optional().describe('The sender’s own message id: how its client recognises the echo.'),
  replyTo: eventIdField.optional(),
  thread: eventIdField.optional(),
  mentions: z.array(mentionJson).readonly().optional(),
  /** SIGN-2: of the text as it is shown. */
  signature: signatureField.optional(),
  forwarded: z.object({ channel: channelIdField, event: eventIdField, author: z.string() }).optional(),
  target: eventIdField.optional().describe('MSGS-6: of an event about a message, the message.'),
  emoji: z.string().optional(),
  unsupported: z.literal(true).optional().describe('MSGS-16: not known to the node that answers; there is no body.'),
  edited: z.int().nonnegative().optional().describe('MSGS-7: the state of a message. Unix ms of the last edit.'),
  deleted: z.literal(true).optional(),
  pinned: z.literal(true).optional(),
  reactions: z.array(reactionJson).readonly().optional(),
  replies: z
    .object({ count: z.int().positive(), last: z.int().nonnegative() })
    .optional()
    .describe('Of the first event of a thread: how many answers are in it, and Unix ms of the last one.'),
  asOf: z
    .int()
    .nonnegative()
    .optional()
    .describe('Position up to which events about the message are in its state: those that arrive later are not.'),
})

export type EventJson = z.output<typeof eventJson>

const refusal = (issues: readonly z.core.$ZodIssue[]): HearthError => {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys')
  if (unknown !== undefined) return new HearthError('UNKNOWN_FIELD', `not known here: ${unknown.keys.join(', ')}`)
  const issue = issues[0]
  return new HearthError('BAD_REQUEST', issue && `${issue.path.join('.') || 'the command'}: ${issue.message}`)
}

const idBytes = (id: EventId | undefined): Uint8Array | null => (id === undefined ? null : (parseUuid(id) ?? null))

const readId = (reader: CborReader): EventId | undefined => {
  if (reader.skipNull()) return undefined
  const id = readEventId(reader.bytesOf(16))
  if (id === undefined) throw invalid('an event id is no UUIDv7')
  return id
}

const invalid = (what: string): HearthError => new HearthError('EVENT_INVALID', `the message does not decode: ${what}`)
