import type { AuthorSignature } from '../../spec/author.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { checkText, textFault } from '../../spec/text.ts'
import type { Link } from './components.ts'

/** A message that this device says: shown at once, `stored` when the node has it on disk (PUBACK). */
export interface Outgoing {
  /** Client message id: the node stores (member, this) once, however often it is sent. */
  readonly id: string
  readonly channel: ChannelId
  readonly text: string
  /** The message that it answers. */
  readonly replyTo?: EventId
  /** First message of the thread that it goes to. */
  readonly thread?: EventId
  /** By this device's key. */
  readonly signature?: AuthorSignature
  /** Of this device's clock. */
  readonly timeMs: number
  readonly state: 'pending' | 'stored' | 'failed'
  readonly error?: HearthError
}

export interface Outbox {
  /** Resolves with the outcome, after a reconnection if need be: `stored`, or `failed` with the named error. */
  send(draft: Pick<Outgoing, 'id' | 'channel' | 'text' | 'replyTo' | 'thread'>): Promise<Outgoing>
  /** Sends a failed message again, under the same id. */
  retry(id: string): void
  /** A connection stands: what is pending goes out again, oldest first. */
  resume(link: Link): void
  /** The connection is gone: nothing is sent until the next `resume`. */
  pause(): void
  /** The event of a message came back from the node: its local echo has done its work. */
  settle(id: string): void
  /** What a channel shows after its events, in the order of saying. */
  outgoing(channel: ChannelId): readonly Outgoing[]
  readonly pendingCount: number
}

export interface OutboxInit {
  readonly onChange: (channel: ChannelId) => void
  /** Whether the event of a stored message will come back, to replace the echo; if not, the echo goes at once. */
  readonly awaitsEvent: (channel: ChannelId) => boolean
  /** Of the last time, oldest first. */
  readonly kept?: readonly Outgoing[]
  /** What is not stored yet, to outlive a restart. */
  readonly keep?: (outgoing: Outgoing) => void
  /** The node has it: it need not be kept any longer. */
  readonly drop?: (id: string) => void
  /** By the key that this device has now. */
  readonly sign?: (
    draft: Pick<Outgoing, 'id' | 'channel' | 'text' | 'replyTo' | 'thread'>,
  ) => AuthorSignature | undefined
  /** Messages that wait or have failed; past it `send` fails with QUOTA. Default 1,000. */
  readonly messagesMax?: number
}

interface Slot {
  outgoing: Outgoing
  inFlight: boolean
  readonly outcome: Promise<Outgoing>
  readonly done: (outgoing: Outgoing) => void
}

export const createOutbox = (
  components: { now(): number },
  { onChange, awaitsEvent, kept = [], keep = nothing, drop = nothing, sign = nothing, messagesMax = 1_000 }: OutboxInit,
): Outbox => {
  const slots = new Map(kept.map((outgoing) => [outgoing.id, createSlot(outgoing)]))
  let link: Link | undefined

  const signed = <T extends Parameters<typeof sign>[0]>(draft: T): T & { readonly signature?: AuthorSignature } => {
    const signature = sign(draft)
    return signature === undefined ? draft : { ...draft, signature }
  }

  const change = (slot: Slot, outgoing: Outgoing): void => {
    if (slots.get(outgoing.id) !== slot) return
    slot.outgoing = outgoing
    if (outgoing.state !== 'pending') slot.done(outgoing)
    if (outgoing.state === 'stored') drop(outgoing.id)
    else if (faultOfText(outgoing.text) === undefined) keep(outgoing)
    if (outgoing.state === 'stored' && !awaitsEvent(outgoing.channel)) slots.delete(outgoing.id)
    onChange(outgoing.channel)
  }

  const pump = (): void => {
    if (link === undefined) return
    let free = link.window - [...slots.values()].filter(({ inFlight }) => inFlight).length
    for (const slot of slots.values()) {
      if (free <= 0) return
      if (slot.inFlight || slot.outgoing.state !== 'pending') continue
      free -= 1
      void publish(slot, link)
    }
  }

  const publish = async (slot: Slot, through: Link): Promise<void> => {
    const { id, channel, text: body, replyTo, thread, signature } = slot.outgoing
    slot.inFlight = true
    try {
      await through.publish(`c/${channel}/send`, JSON.stringify({ body, id, replyTo, thread, signature }))
      change(slot, { ...slot.outgoing, state: 'stored' })
    } catch (error) {
      if (link !== through || !(error instanceof HearthError) || error.code === 'CONNECTION_LOST') return
      change(slot, { ...slot.outgoing, state: 'failed', error })
    } finally {
      if (link === through) {
        slot.inFlight = false
        pump()
      }
    }
  }

  return {
    send: (draft) => {
      const known = slots.get(draft.id)
      if (known !== undefined) return known.outcome
      const outgoing: Outgoing = { ...signed(draft), timeMs: components.now(), state: 'pending' }
      if (slots.size >= messagesMax) {
        const error = new HearthError('QUOTA', `${messagesMax} messages wait to be sent already`)
        return Promise.resolve({ ...outgoing, state: 'failed', error })
      }
      const slot = createSlot(outgoing)
      slots.set(draft.id, slot)
      const error = faultOfText(draft.text)
      change(slot, error === undefined ? outgoing : { ...outgoing, state: 'failed', error })
      pump()
      return slot.outcome
    },
    retry: (id) => {
      const slot = slots.get(id)
      if (slot?.outgoing.state !== 'failed' || faultOfText(slot.outgoing.text) !== undefined) return
      const { error: _error, signature: _former, ...outgoing } = slot.outgoing
      change(slot, { ...signed(outgoing), state: 'pending' })
      pump()
    },
    resume: (next) => {
      link = next
      for (const slot of slots.values()) slot.inFlight = false
      pump()
    },
    pause: () => {
      link = undefined
    },
    settle: (id) => {
      const slot = slots.get(id)
      if (slot === undefined) return
      slots.delete(id)
      drop(id)
      slot.done({ ...slot.outgoing, state: 'stored' })
    },
    outgoing: (channel) => [...slots.values()].map(({ outgoing }) => outgoing).filter((one) => one.channel === channel),
    get pendingCount() {
      return [...slots.values()].filter(({ outgoing }) => outgoing.state === 'pending').length
    },
  }
}

const createSlot = (outgoing: Outgoing): Slot => {
  const { promise: outcome, resolve: done } = Promise.withResolvers<Outgoing>()
  return { outgoing, inFlight: false, outcome, done }
}

const nothing = (): undefined => undefined

/** The node checks the same; here it is said before anything is sent. */
const faultOfText = (text: string): HearthError | undefined => {
  const code = checkText(text)
  return code && new HearthError(code, textFault(code))
}
