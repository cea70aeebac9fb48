/**
 * The one way in for what members of this node say, whichever door it came through: authorise → stamp and sign →
 * dedup → append. The announcement follows the log (`announce.ts`), never this request.
 */
import type { Outcome } from '../broker/components.ts'
import { encodeAnnotation, type Annotation } from '../spec/annotations.ts'
import { HearthError, type ErrorCode } from '../spec/errors.ts'
import type { ChannelId, UserName } from '../spec/ids.ts'
import type { Mention } from '../spec/mentions.ts'
import { encodeMessage, type Message } from '../spec/message.ts'
import type { Permission } from '../spec/permissions.ts'
import type { CheckSignature } from './authors/signatures.ts'
import type { RateLimiter } from './accounts/rate-limit.ts'
import type { Appended, Draft, Log } from './log/log.ts'
import type { Principal } from './principal.ts'
import type { Questions } from './servers/servers.ts'

export interface IngestComponents {
  readonly servers: Pick<Questions, 'authorise'>
  readonly log: Pick<Log, 'append'>
  /** Who is mentioned in a text. Throws QUOTA. */
  readonly mentions: (user: UserName, channel: ChannelId, text: string) => readonly Mention[]
  /** Throws SIGNATURE_INVALID. */
  readonly checkSignature: CheckSignature
  readonly rate: RateLimiter
  readonly clock: { now(): number }
}

export interface Ingest {
  /**
   * Calls for one channel are stored in the order of the calls. Resolves after the fsync; a retry with the same client
   * message id is a success (`duplicate`). Refusals: NOT_FOUND, NOT_ALLOWED, TIMED_OUT_MEMBER, ARCHIVED,
   * RATE_LIMITED, SIGNATURE_INVALID; from the disk DISK_FULL, STORE_FAILED. Never rejects for those.
   */
  submit(principal: Principal, channel: ChannelId, message: Message): Promise<Outcome<Appended>>
  /** An event about a message, for those with the permission; whether it fits the message is for the caller to say. */
  annotate(
    principal: Principal,
    channel: ChannelId,
    annotation: Annotation,
    permission: Permission,
  ): Promise<Outcome<Appended>>
  /** May the principal do this here now? For what is not stored (typing) and for reads (history). */
  allows(principal: Principal, channel: ChannelId, permission: Permission): Outcome<void>
}

export const createIngest = (components: IngestComponents): Ingest => {
  const { servers, log, mentions, checkSignature, rate, clock } = components

  const authorise = (principal: Principal, channel: ChannelId, permission: Permission) => {
    const outside = outsideScope(principal, channel, permission)
    if (outside !== undefined) return refuse('NOT_ALLOWED', outside)
    return servers.authorise(principal.user, channel, permission, clock.now())
  }

  /** MSGS-3: what is forwarded was said elsewhere, and mentions nobody here. */
  const mentioning = (message: Message, user: UserName, channel: ChannelId): Message => {
    if (message.forwarded !== undefined || !message.text.includes('@')) return message
    return { ...message, mentions: mentions(user, channel, message.text) }
  }

  /** SIGN-3 */
  const checkMessage = (user: UserName, channel: ChannelId, message: Message): void => {
    const { signature, clientMessageId, text, replyTo, thread, forwarded } = message
    if (signature === undefined) return
    if (clientMessageId === undefined || forwarded !== undefined) {
      throw new HearthError('SIGNATURE_INVALID', 'a signed message has a client message id and is not forwarded')
    }
    checkSignature(user, { kind: 'message', channel, clientMessageId, text, replyTo, thread }, signature)
  }
  const checkAnnotation = (user: UserName, channel: ChannelId, annotation: Annotation): void => {
    if (annotation.type !== 'edit' || annotation.signature === undefined) return
    const { target, text, signature } = annotation
    checkSignature(user, { kind: 'edit', channel, target, text }, signature)
  }

  /** Until the append nothing is awaited, so that what is called first is stored first. */
  const store = (
    principal: Principal,
    channel: ChannelId,
    permission: Permission,
    draft: () => Pick<Draft, 'type' | 'body' | 'clientMessageId'>,
  ): Promise<Outcome<Appended>> => {
    const authorised = authorise(principal, channel, permission)
    if (!authorised.ok) return Promise.resolve(authorised)
    const waitMs = rate.take(principal.user)
    if (waitMs > 0) return Promise.resolve(refuse('RATE_LIMITED', `too fast; send again in ${waitMs} ms`))
    try {
      const { member, auth } = authorised
      const { type, body, clientMessageId } = draft()
      const plain = { channel, member, auth, type, body }
      return log.append(clientMessageId === undefined ? plain : { ...plain, clientMessageId }).then(stored, refusedBy)
    } catch (error) {
      return Promise.reject(error).catch(refusedBy)
    }
  }

  return {
    submit: (principal, channel, message) =>
      store(principal, channel, 'send', () => {
        const { clientMessageId } = message
        checkMessage(principal.user, channel, message)
        const body = encodeMessage(mentioning(message, principal.user, channel), allocate)
        return clientMessageId === undefined ? { type: 'msg', body } : { type: 'msg', body, clientMessageId }
      }),
    annotate: (principal, channel, annotation, permission) =>
      store(principal, channel, permission, () => {
        checkAnnotation(principal.user, channel, annotation)
        return { type: annotation.type, body: encodeAnnotation(annotation, allocate) }
      }),
    allows: (principal, channel, permission) => {
      const authorised = authorise(principal, channel, permission)
      return authorised.ok ? { ok: true, value: undefined } : authorised
    },
  }
}

/** Why an app token does not reach this far; undefined: it does, or it is no token. */
const outsideScope = ({ scope }: Principal, channel: ChannelId, permission: Permission): string | undefined => {
  if (scope === undefined) return undefined
  if (scope.channels !== undefined && !scope.channels.includes(channel)) return 'the app token is not for this channel'
  if (permission === 'send') return scope.send ? undefined : 'the app token may not send'
  if (permission === 'read') return scope.read ? undefined : 'the app token may not read'
  return `the app token has not the permission ${permission}`
}

const allocate = (length: number): Uint8Array => Buffer.allocUnsafe(length)

const stored = (value: Appended): Outcome<Appended> => ({ ok: true, value })

/** What the log or an encoder refuses; throws what is none of their refusals. */
const refusedBy = (error: unknown): Outcome<never> => {
  if (error instanceof HearthError) return refuse(error.code, error.message)
  throw error
}

const refuse = (code: ErrorCode, reason: string): { ok: false; code: ErrorCode; reason: string } => ({
  ok: false,
  code,
  reason,
})
