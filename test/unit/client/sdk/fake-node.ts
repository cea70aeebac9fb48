import nacl from 'tweetnacl'
import { catchup } from '../../../../spec/calls/catchup.ts'
import { messageReceipts } from '../../../../spec/calls/message.receipts.ts'
import { history } from '../../../../spec/calls/history.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { ChannelId, EventId } from '../../../../spec/ids.ts'
import type { EventJson } from '../../../../spec/message.ts'
import type { Link, LinkInit, PublishInit, SdkComponents } from '../../../../client/sdk/index.ts'
import { channelA, sampleEvent } from '../samples.ts'

/** A node in memory, one link at a time: what the SDK sees of the real one, with faults on demand. */
export interface FakeNode {
  readonly components: SdkComponents
  readonly log: EventJson[]
  /** Times that a link was opened. */
  readonly opened: number
  /** Every publish to a `send` topic, also those that were not answered. */
  readonly sent: { readonly body: string; readonly id: string }[]
  /** Delays that were asked for; each ends at once. */
  readonly delays: number[]
  /** Somebody else says something, now or at an earlier time. */
  say(body: string, init?: { readonly ms?: number; readonly channel?: ChannelId }): EventJson
  readonly replicated: Set<EventId>
  /** Another node has the message on its disk, too. */
  replicate(event: EventJson, nodes?: number): void
  /** Ends the link, as a lost network does. */
  cut(error?: HearthError): void
  /** What the next attempts to open a link run into. */
  readonly refusals: HearthError[]
  /** What the next sends are answered with; `silence`: stored, but the PUBACK is lost with the link. */
  readonly sendFaults: (HearthError | 'silence')[]
  readonly refusedFilters: Set<string>
  /** What the open link has subscribed to. */
  readonly filters: readonly string[]
  /** What calls are answered with instead, by method. */
  readonly callFaults: Map<string, HearthError>
  /** Calls that this node answers besides, by method. */
  readonly callAnswers: Map<string, (input: unknown) => unknown>
  /** Delivers an event as it is, whatever it claims. */
  deliver(event: EventJson): void
  /** Runs before each link is opened. */
  beforeOpen: () => Promise<void> | void
  /** Runs before each SUBACK. */
  beforeGrant: () => Promise<void> | void
  /** Runs before each answer to a call. */
  beforeAnswer: (method: string) => Promise<void> | void
}

export const createFakeNode = ({ user = 'alice' }: { readonly user?: string } = {}): FakeNode => {
  let link: { init: LinkInit; filters: Set<string>; end: (error: HearthError) => void } | undefined
  let ids = 0

  const deliver = (topic: string, message: unknown, correlation?: string): void => {
    if (link === undefined || !link.filters.has(topic)) return
    link.init.onDelivery({ topic, payload: new TextEncoder().encode(JSON.stringify(message)), correlation })
  }
  const store = (event: EventJson): EventJson => {
    node.log.push(event)
    deliver(`c/${event.channel}/events`, event)
    return event
  }
  const nextPosition = (): number => (node.log.at(-1)?.position ?? 0) + 1

  const onSend = (channel: ChannelId, payload: string): void => {
    const command = JSON.parse(payload) as { body: string; id: string }
    node.sent.push(command)
    const fault = node.sendFaults.shift()
    if (fault instanceof HearthError) throw fault
    const isStored = node.log.some(({ clientId }) => clientId === command.id)
    const position = nextPosition()
    if (fault === 'silence') link?.filters.clear()
    if (!isStored)
      store(sampleEvent({ ms: 1_000 * position, position, channel, user, body: command.body, clientId: command.id }))
    if (fault === 'silence') {
      node.cut()
      throw new HearthError('CONNECTION_LOST')
    }
  }
  const answer = (method: string, input: unknown): unknown => {
    const fault = node.callFaults.get(method)
    if (fault !== undefined) throw fault
    const other = node.callAnswers.get(method)
    if (other !== undefined) return other(input)
    if (method === 'history') return page(history.input.parse(input))
    if (method === 'catchup') return since(catchup.input.parse(input))
    if (method === 'message.receipts') {
      const { ids } = messageReceipts.input.parse(input)
      return { messages: ids.flatMap((id) => (node.replicated.has(id) ? [{ id, nodes: 1 }] : [])) }
    }
    if (method === 'who')
      return {
        online: [
          { address: 'alice@home.example', status: 'online' },
          { address: 'bob@home.example', status: 'online' },
        ],
      }
    throw new HearthError('NOT_FOUND', `there is no call ${method}`)
  }
  const page = (input: { channel: ChannelId; before?: string | undefined; limit: number }) => {
    const below = node.log
      .filter(({ channel, id }) => channel === input.channel && (input.before === undefined || id < input.before))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const events = below.slice(-input.limit)
    return { events, ...(below.length > events.length && { next: events[0]?.id }) }
  }
  const since = (input: { channels?: ChannelId[] | undefined; from?: number | undefined; limit: number }) => {
    const end = node.log.at(-1)?.position ?? 0
    if (input.from === undefined) return { events: [], to: end, more: false }
    const from = input.from
    const to = Math.min(end, from + input.limit)
    const events = node.log.filter(
      ({ position, channel }) => position > from && position <= to && input.channels?.includes(channel) !== false,
    )
    return { events, to, more: to < end }
  }

  const openLink = async (init: LinkInit): Promise<Link> => {
    node.opened += 1
    await node.beforeOpen()
    const refusal = node.refusals.shift()
    if (refusal !== undefined) throw refusal
    const filters = new Set<string>()
    const { promise: ended, resolve: end } = Promise.withResolvers<HearthError>()
    const mine = { init, filters, end }
    link = mine
    const publish = async (topic: string, payload: string, { responseTopic, correlation }: PublishInit = {}) => {
      await Promise.resolve()
      if (link !== mine) throw new HearthError('CONNECTION_LOST')
      const [, name = '', kind = '', method = ''] = topic.split('/')
      if (kind === 'send') return onSend(name as ChannelId, payload)
      await node.beforeAnswer(method)
      deliver(
        responseTopic ?? '',
        replyOf(() => answer(method, JSON.parse(payload))),
        correlation,
      )
    }
    return {
      window: 4,
      ended,
      publish,
      subscribe: async (wanted) => {
        await node.beforeGrant()
        if (link !== mine) throw new HearthError('CONNECTION_LOST')
        return wanted.map((filter) => {
          if (node.refusedFilters.has(filter)) return new HearthError('FILTER_REFUSED')
          filters.add(filter)
          return undefined
        })
      },
      unsubscribe: async (unwanted) => {
        for (const filter of unwanted) filters.delete(filter)
      },
      close: async () => {
        if (link === mine) link = undefined
        end(new HearthError('CONNECTION_LOST'))
      },
    }
  }

  const node: FakeNode & { opened: number } = {
    components: {
      openLink,
      random: () => 1,
      randomBytes: (length) => nacl.randomBytes(length),
      verify: async (key, signed, signature) => nacl.sign.detached.verify(signed, signature, key),
      newId: () => `id-${(ids += 1)}`,
      now: () => 0,
      delay: (ms, signal) => {
        // a call's time-out never fires here; a back-off is over at once
        if (ms === callTimeoutMs) return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
        node.delays.push(ms)
        return Promise.resolve()
      },
    },
    log: [],
    opened: 0,
    sent: [],
    delays: [],
    say: (body, { ms, channel = channelA } = {}) => {
      const position = nextPosition()
      return store(sampleEvent({ ms: ms ?? 1_000 * position, position, channel, body }))
    },
    replicated: new Set(),
    replicate: ({ channel, id }, nodes = 1) => {
      node.replicated.add(id)
      deliver(`u/${user}/inbox`, { type: 'replicated', channel, id, nodes })
    },
    cut: (error = new HearthError('CONNECTION_LOST')) => {
      const ending = link
      link = undefined
      ending?.end(error)
    },
    refusals: [],
    sendFaults: [],
    refusedFilters: new Set(),
    get filters() {
      return [...(link?.filters ?? [])]
    },
    callFaults: new Map(),
    callAnswers: new Map(),
    deliver: (event) => void store(event),
    beforeOpen: () => undefined,
    beforeGrant: () => undefined,
    beforeAnswer: () => undefined,
  }
  return node
}

/** The default of `CallInit.timeoutMs`. */
const callTimeoutMs = 10_000

const replyOf = (run: () => unknown): unknown => {
  try {
    return { result: run() }
  } catch (error) {
    if (!(error instanceof HearthError)) throw error
    return { error: { code: error.code, message: error.message } }
  }
}
