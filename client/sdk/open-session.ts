import { messageEdit } from '../../spec/calls/message.edit.ts'
import { messageReceipts } from '../../spec/calls/message.receipts.ts'
import { sessionShow } from '../../spec/calls/session.show.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { eventJson, type EventJson } from '../../spec/message.ts'
import type { Verdict } from './authors.ts'
import { createBackOff } from './back-off.ts'
import { createCalls, jsonOf } from './calls.ts'
import type { Delivery, Link, SdkComponents } from './components.ts'
import { openConnection, type Connection } from './connection.ts'
import { openIdentity } from './identity.ts'
import { createKeeping } from './keeping.ts'
import { namedErrorOf } from './named-error.ts'
import { readNotice } from './notices.ts'
import { createOutbox } from './outbox.ts'
import { createReader } from './reader.ts'
import { createReceipts } from './receipts.ts'
import type { Change, ConnectInit, Session } from './session.ts'
import type { TimelineItem } from './timeline.ts'

/** Resolves when the first connection stands. Throws the named error of the CONNACK, or CONNECTION_LOST. */
export const openSession = async (components: SdkComponents, init: ConnectInit): Promise<Session> => {
  try {
    return await open(components, init)
  } catch (error) {
    await init.store?.close()
    throw error
  }
}

/** An older node does not know the call. */
const unlessRefused = (error: unknown): undefined => {
  if (!(error instanceof HearthError)) throw error
}

const open = async (components: SdkComponents, init: ConnectInit): Promise<Session> => {
  const { user, store } = init
  const remembered = await store?.remember(user)
  const listeners = new Set<(change: Change) => void>()
  const tell = (change: Change): void => listeners.forEach((listener) => listener(change))
  const calls = createCalls(components, { user })
  const identity = await openIdentity(components, {
    user,
    device: init.device,
    store,
    key: remembered?.key,
    call: (spec, input) => call(spec, input),
    onVerdict: (channel) => tell({ kind: 'timeline', channel }),
    onFault: (error) => tell({ kind: 'error', error }),
  })
  const { authors, signing } = identity
  const isOwn = (event: EventJson): boolean => identity.isOwn(event.author.address)
  const outbox = createOutbox(components, {
    onChange: (channel) => tell({ kind: 'timeline', channel }),
    awaitsEvent: (channel) => reader.isFollowed(channel),
    ...(remembered && { kept: remembered.outbox }),
    keep: (outgoing) => keeping?.keep(outgoing),
    drop: (id) => keeping?.drop(id),
    sign: ({ channel, id, text, replyTo, thread }) =>
      signing.sign({ kind: 'message', channel, clientMessageId: id, text, replyTo, thread }),
  })
  const receipts = createReceipts()
  const settle = (event: EventJson): void => {
    if (event.clientId !== undefined && isOwn(event)) outbox.settle(event.clientId)
  }
  const reader = createReader({
    cursor: init.cursor ?? remembered?.cursor,
    isOwn,
    call: (link, spec, input) => calls.call(link, spec, input),
    onEvent: (event) => {
      settle(event)
      authors.look([said(event)])
      tell({ kind: 'event', event })
      changed(event.channel)
    },
    onPage: (channel, events) => {
      events.forEach(settle)
      authors.look(events)
      changed(channel)
    },
    restore: async (channel) => {
      const kept = await store?.channel(channel).catch(unlessFault)
      for (const { event, nodes } of kept?.events ?? []) if (nodes !== undefined) receipts.take(event.id, nodes)
      return kept
    },
  })
  /** An edit is looked into where it shows: in its message. */
  const said = (event: EventJson): EventJson => {
    if (event.type !== 'edit') return event
    return (
      reader
        .timeline(event.channel)
        .events()
        .find(({ id }) => id === event.target) ?? event
    )
  }
  /** What cannot be read is as if it had not been kept. */
  const unlessFault = (error: unknown): undefined => {
    if (!(error instanceof HearthError)) throw error
    tell({ kind: 'error', error })
  }
  const keeping =
    store &&
    createKeeping({
      delay: (ms, signal) => components.delay(ms, signal),
      store,
      reader,
      nodesOf: (event) => receipts.nodes(event),
      onFault: (error) => tell({ kind: 'error', error }),
    })
  const changed = (channel: ChannelId): void => {
    keeping?.seen(channel)
    tell({ kind: 'timeline', channel })
  }

  const onInbox = (message: unknown): void => {
    const notice = readNotice(message)
    if (notice === undefined) return
    if (notice.type === 'replicated' && receipts.take(notice.id, notice.nodes)) {
      if (reader.isFollowed(notice.channel)) changed(notice.channel)
    }
    tell({ kind: 'inbox', message: notice })
  }

  const onDelivery = (delivery: Delivery): void => {
    if (delivery.topic === `u/${user}/reply`) return calls.onReply(delivery)
    const message = jsonOf(delivery.payload)
    if (delivery.topic === `u/${user}/errors`) {
      const error = namedErrorOf(message)
      return error && tell({ kind: 'error', error })
    }
    if (delivery.topic === `u/${user}/inbox`) return onInbox(message)
    const event = eventJson.safeParse(message)
    if (event.success) reader.onLive(event.data)
  }

  const openLink = (): Promise<Link> => {
    reader.hold()
    return components.openLink({
      url: init.url,
      user,
      password: init.token ?? init.password ?? signing.ticket() ?? '',
      device: init.device,
      sessionExpirySeconds: init.sessionExpirySeconds ?? limits.sessionExpirySeconds,
      connectTimeoutMs: init.connectTimeoutMs ?? 10_000,
      insecureTls: init.insecureTls ?? false,
      onDelivery,
    })
  }

  /** A reply could overtake the subscription to it. */
  let listening: Promise<unknown> = Promise.resolve()
  const onUp = async (link: Link): Promise<void> => {
    listening = link.subscribe(
      ['reply', 'errors', ...(init.inbox === false ? [] : ['inbox'])].map((name) => `u/${user}/${name}`),
    )
    await listening
    outbox.resume(link)
    const learning = calls.call(link, sessionShow, {}).catch(unlessRefused).then(identity.learn)
    if (identity.address === undefined) await learning
    const refused = await reader.catchUp(link)
    for (const error of refused.values()) tell({ kind: 'error', error })
    authors.retry()
    for (const channel of reader.followed()) void askReceipts(channel, link)
  }

  /** What was told of own messages while this client was away, or before it began. */
  const askReceipts = async (channel: ChannelId, link: Link): Promise<void> => {
    if (!reader.isFollowed(channel)) return
    const own = reader
      .timeline(channel)
      .events()
      .filter((event) => event.type === 'msg' && isOwn(event))
    const ids = receipts.missing(own.slice(-limits.pageSizeMax).map(({ id }) => id))
    if (ids.length === 0) return
    const told = await calls.call(link, messageReceipts, { channel, ids: [...ids] }).catch(unlessRefused)
    const news = told?.messages.filter(({ id, nodes }) => receipts.take(id, nodes)) ?? []
    if (news.length > 0) changed(channel)
  }

  let connection: Connection | undefined
  connection = await openConnection(
    { ...components, backOff: createBackOff(components) },
    {
      open: openLink,
      startOffline: store !== undefined && init.startOffline === true,
      onUp,
      onDown: (error) => {
        outbox.pause()
        calls.onLost(error)
      },
      onState: (state) => tell({ kind: 'state', state }),
    },
  )
  const shownEvent = (event: EventJson): TimelineItem => ({
    kind: 'event',
    event,
    ...(isOwn(event) && {
      mark: receipts.nodes(event.id) === undefined ? ('stored' as const) : ('replicated' as const),
    }),
    ...shownVerdict(authors.verdict(event)),
  })
  const opened = connection
  let closed: Promise<void> | undefined
  const close = (): Promise<void> =>
    (closed ??= opened.close().then(() => {
      authors.close()
      return keeping?.close()
    }))
  const call: Session['call'] = async (spec, input, callInit) => {
    const link = requireLink()
    await listening
    return calls.call(link, spec, input, callInit)
  }
  const requireLink = (): Link => {
    // a link may stand before the connection is handed over
    if (connection?.link === undefined) throw new HearthError('CONNECTION_LOST')
    return connection.link
  }

  return {
    user,
    get address() {
      return identity.address
    },
    get state() {
      return opened.state
    },
    get cursor() {
      return reader.cursor
    },
    call,
    subscribe: async (...channels) => {
      const refused = await reader.follow(channels, () => opened.link)
      const { link } = opened
      if (link !== undefined) for (const channel of channels) void askReceipts(channel, link)
      return refused
    },
    forget: (channel) => {
      reader.forget(channel, opened.link)
      keeping?.forget(channel)
    },
    timeline: (channel) => reader.timeline(channel),
    items: (channel) => [
      ...reader.timeline(channel).events().map(shownEvent),
      ...outbox.outgoing(channel).map((outgoing) => ({ kind: 'outgoing' as const, outgoing })),
    ],
    loadOlder: async (channel, limit = limits.pageSizeDefault) => {
      const link = requireLink()
      await reader.loadOlder(channel, limit, link)
      void askReceipts(channel, link)
    },
    send: (channel, text, { id = components.newId(), ...more } = {}) => outbox.send({ id, channel, text, ...more }),
    retry: (id) => outbox.retry(id),
    edit: async (channel, target, body) => {
      const signature = signing.sign({ kind: 'edit', channel, target, text: body })
      return (await call(messageEdit, { channel, target, body, signature })).id
    },
    enrollDevice: () => identity.enroll(),
    get deviceKey() {
      return signing.key
    },
    vouch: (key) => identity.vouch(key),
    accept: (address, key) => {
      if (!authors.accept(address, key)) throw new HearthError('NOT_FOUND', `nobody has told of ${address} yet`)
      for (const channel of reader.followed()) authors.look(reader.timeline(channel).events())
    },
    get pendingCount() {
      return outbox.pendingCount
    },
    isOwn,
    verdict: (event) => authors.verdict(event),
    saved: async () => keeping?.saved(),
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const shownVerdict = (verdict: Verdict | undefined): { readonly verdict?: Verdict } =>
  verdict === undefined ? {} : { verdict }
