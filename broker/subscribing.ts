import type { ErrorCode } from '../spec/errors.ts'
import { limits } from '../spec/limits.ts'
import type { Logger, Policy } from './components.ts'
import type { FanOut } from './fan-out.ts'
import { encodeSuback, encodeUnsuback } from './mqtt/frames.ts'
import { decodeSubscribe, decodeUnsubscribe, type PacketSpan, type SubscriptionRequest } from './mqtt/packets.ts'
import { reason, reasonText, subackReason } from './mqtt/reason-codes.ts'
import { isTopicFilter } from './mqtt/topics.ts'
import type { Outbox } from './outbox.ts'
import type { Session, Subscription } from './session.ts'
import type { Sessions } from './sessions.ts'

export interface SubscribingParts<P> {
  readonly policy: Pick<Policy<P>, 'subscribe'>
  readonly fanOut: FanOut<P>
  readonly sessions: Sessions<P>
  readonly position: () => number
  readonly logger: Logger
}

export interface SubscribingLink<P> {
  readonly principal: P
  readonly session: Session<P>
  readonly outbox: Outbox
  readonly isVersion5: boolean
  readonly wantsProblemInformation: boolean
  /** Retained messages of a new subscription are due. */
  readonly sendRetained: (subscription: Subscription<P>) => void
}

interface Verdict {
  readonly code: number
  readonly reason: string | undefined
}

/**
 * SUBSCRIBE (MQTT 5 §3.8). Each filter is judged by itself, and only what is granted is ever held or
 * stored (threat 1). A persistent session is on disk before its SUBACK goes out.
 */
export async function subscribe<P>(
  parts: SubscribingParts<P>,
  link: SubscribingLink<P>,
  span: PacketSpan,
): Promise<void> {
  const packet = decodeSubscribe(span, link.isVersion5)
  const { session } = link
  const granted: { subscription: Subscription<P>; wantsRetained: boolean }[] = []
  const verdicts = packet.requests.map((request, index): Verdict => {
    const refusal = judge(parts, link, request, index)
    if (refusal) return refusal
    const earlier = session.subscriptions.get(request.filter)
    const subscription = { ...request, session, id: packet.subscriptionId, since: earlier?.since ?? parts.position() }
    if (earlier) parts.fanOut.remove(earlier)
    session.subscriptions.set(request.filter, subscription)
    session.revision++
    parts.fanOut.add(subscription)
    const { retainHandling } = request
    granted.push({ subscription, wantsRetained: retainHandling === 0 || (retainHandling === 1 && !earlier) })
    return { code: request.qos, reason: undefined }
  })
  const isSaved = granted.length === 0 || (await save(parts, session))
  const codes = verdicts.map(({ code }) => (isSaved || code >= 0x80 ? code : subackReason('STORE_FAILED')))
  const refusal = verdicts.find((verdict) => verdict.reason !== undefined)?.reason
  const reasonString = link.wantsProblemInformation ? refusal : undefined
  link.outbox.write(encodeSuback({ id: packet.id, isVersion5: link.isVersion5, codes, reasonString }))
  for (const { subscription, wantsRetained } of granted) if (wantsRetained) link.sendRetained(subscription)
}

/** UNSUBSCRIBE (MQTT 5 §3.10). */
export async function unsubscribe<P>(
  parts: SubscribingParts<P>,
  link: SubscribingLink<P>,
  span: PacketSpan,
): Promise<void> {
  const { id, filters } = decodeUnsubscribe(span, link.isVersion5)
  const { session } = link
  const codes = filters.map((filter) => {
    const held = session.subscriptions.get(filter)
    if (!held) return reason.noSubscriptionExisted
    session.subscriptions.delete(filter)
    session.revision++
    parts.fanOut.remove(held)
    return reason.success
  })
  await save(parts, session)
  link.outbox.write(encodeUnsuback({ id, isVersion5: link.isVersion5, codes, reasonString: undefined }))
}

/** Undefined when the filter may be held. */
function judge<P>(
  parts: SubscribingParts<P>,
  link: SubscribingLink<P>,
  request: SubscriptionRequest,
  index: number,
): Verdict | undefined {
  const { subscriptions } = link.session
  if (request.filter.startsWith('$share/')) {
    return { code: reason.sharedSubscriptionsNotSupported, reason: 'there are no shared subscriptions here' }
  }
  if (!isTopicFilter(request.filter)) return refuse('TOPIC_INVALID', 'the topic filter is not valid')
  if (index >= limits.filtersPerSubscribeMax) {
    return refuse('QUOTA', `at most ${limits.filtersPerSubscribeMax} filters in one SUBSCRIBE`)
  }
  if (subscriptions.size >= limits.filtersPerConnectionMax && !subscriptions.has(request.filter)) {
    return refuse('QUOTA', `at most ${limits.filtersPerConnectionMax} filters on one connection`)
  }
  const outcome = parts.policy.subscribe(link.principal, request.filter, request.qos)
  return outcome.ok ? undefined : refuse(outcome.code, outcome.reason)
}

function refuse(code: ErrorCode, why: string): Verdict {
  return { code: subackReason(code), reason: reasonText(code, why) }
}

async function save<P>(parts: SubscribingParts<P>, session: Session<P>): Promise<boolean> {
  try {
    await parts.sessions.save(session)
    return true
  } catch (error) {
    parts.logger.error({ event: 'session-write-failed', session: session.key, error }, 'a session could not be written')
    return false
  }
}
