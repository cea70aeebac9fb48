/**
 * What is published and what is delivered, topic by topic, with its payload (TOPIC-4, TOPIC-5). `topics.ts` parses names;
 * this is what the generated schemas, the tables of spec/topics.md and the tests go by.
 */
import { z } from 'zod'
import { deviceIdField } from './account.ts'
import { anyCallErrors } from './calls/call.ts'
import { errorTable, type ErrorCode } from './errors.ts'
import { limits } from './limits.ts'
import { channelIdField, eventJson, sendCommand } from './message.ts'
import { anyNotice } from './notices.ts'
import type { Permission } from './permissions.ts'
import { presenceChoice, presenceJson } from './presence.ts'
import type { ChannelStream, CommandKind, UserStream } from './topics.ts'

interface Topic {
  /** `{channel}` a channel id, `{me}` one's own user name; a channel by handles (TOPIC-3) stands for itself. */
  readonly address: string
  readonly summary: string
  readonly contentType: 'application/json' | 'text/plain'
  /** Of JSON the document, of text the text. */
  readonly payload: z.ZodType
  /** Asked in the channel. */
  readonly permission?: Permission
}

export interface PublishSpec extends Topic {
  readonly name: CommandKind | 'call' | 'presence'
  readonly errors: readonly ErrorCode[]
  readonly mayRetain: boolean
}

export interface DeliverySpec extends Topic {
  readonly name: ChannelStream | UserStream
  /** At most; a subscription may ask for less. */
  readonly qos: 0 | 1
  readonly retained: boolean
}

const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]
const errorCode = z.enum(errorCodes)
const saying = ['NOT_FOUND', 'NOT_ALLOWED', 'NOT_FRIEND', 'TIMED_OUT_MEMBER', 'ARCHIVED'] as const
const aText = ['TEXT_EMPTY', 'TEXT_TOO_LONG', 'QUOTA'] as const

/** TOPIC-4. Other topics are TOPIC_INVALID. */
export const publishTopics: readonly PublishSpec[] = [
  {
    name: 'send',
    address: 'c/{channel}/send',
    summary: 'Say something, with an id of one’s own, as an answer or in a thread (MSG-4)',
    contentType: 'application/json',
    payload: sendCommand,
    permission: 'send',
    errors: [...saying, ...aText, ...anyCallErrors],
    mayRetain: false,
  },
  {
    name: 'say',
    address: 'c/{channel}/say',
    summary: 'Say a plain text',
    contentType: 'text/plain',
    payload: z.string().min(1).max(limits.textCharsMax),
    permission: 'send',
    errors: [...saying, ...aText, 'NOT_UTF8', 'RATE_LIMITED', 'DISK_FULL', 'STORE_FAILED'],
    mayRetain: false,
  },
  {
    name: 'typing',
    address: 'c/{channel}/typing',
    summary: 'I am typing',
    contentType: 'text/plain',
    payload: z.string().max(0),
    permission: 'send',
    errors: saying,
    mayRetain: false,
  },
  {
    name: 'call',
    address: 'u/{me}/call/{method}',
    summary: 'Ask for something; each call has a schema of its own',
    contentType: 'application/json',
    payload: z.looseObject({ id: z.string().max(limits.clientMessageIdBytesMax).optional() }),
    errors: ['NOT_ALLOWED', 'TOPIC_INVALID'],
    mayRetain: false,
  },
  {
    name: 'presence',
    address: 'u/{me}/presence',
    summary: 'Choose one’s status and the text beside it (PROF-8)',
    contentType: 'application/json',
    payload: presenceChoice,
    errors: ['NOT_ALLOWED', ...anyCallErrors],
    mayRetain: true,
  },
]

/** ERR-2 */
export const errorNotice = z.object({
  code: errorCode,
  message: z.string().describe('For people; may change.'),
  topic: z.string().describe('Where the refused message was published.'),
  device: deviceIdField.describe('Who published it.'),
})

const replyId = { id: z.string().optional().describe('Of the request, if it had one.') }

/** CALL-2: the reply of any call; what `result` holds, the call says. */
export const replyJson = z.union([
  z.object({ ...replyId, result: z.looseObject({}) }),
  z.object({
    ...replyId,
    error: z.object({ code: errorCode, message: z.string().describe('For people; may change.') }),
  }),
])

export const typingJson = z.object({
  channel: channelIdField,
  address: z.string().describe('Who is typing.'),
  name: z.string(),
})

/** TOPIC-5. Nothing else is delivered. */
export const deliveryTopics: readonly DeliverySpec[] = [
  {
    name: 'events',
    address: 'c/{channel}/events',
    summary: 'What happens in a channel (MSG-5)',
    contentType: 'application/json',
    payload: eventJson,
    permission: 'read',
    qos: 1,
    retained: false,
  },
  {
    name: 'lines',
    address: 'c/{channel}/lines',
    summary: 'What is said in a channel, as text',
    contentType: 'text/plain',
    payload: z.string(),
    permission: 'read',
    qos: 1,
    retained: false,
  },
  {
    name: 'typing',
    address: 'c/{channel}/typing',
    summary: 'Who is typing',
    contentType: 'application/json',
    payload: typingJson,
    permission: 'read',
    qos: 0,
    retained: false,
  },
  {
    name: 'inbox',
    address: 'u/{me}/inbox',
    summary: 'What concerns me over all channels (INBOX-13)',
    contentType: 'application/json',
    payload: anyNotice,
    qos: 1,
    retained: false,
  },
  {
    name: 'errors',
    address: 'u/{me}/errors',
    summary: 'What was refused, to those who get no reason with their PUBACK',
    contentType: 'application/json',
    payload: errorNotice,
    qos: 1,
    retained: false,
  },
  {
    name: 'reply',
    address: 'u/{me}/reply',
    summary: 'The reply of a call; also on topics below it (TOPIC-6)',
    contentType: 'application/json',
    payload: replyJson,
    qos: 1,
    retained: false,
  },
  {
    name: 'presence',
    address: 'u/{user}/presence',
    summary: 'Who is here (PROF-9)',
    contentType: 'application/json',
    payload: presenceJson,
    qos: 0,
    retained: true,
  },
]
