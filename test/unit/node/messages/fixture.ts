import { createIngest } from '../../../../node/ingest.ts'
import { createAnnounce } from '../../../../node/announce.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import type { LogComponents } from '../../../../node/log/components.ts'
import type { Entry, Log } from '../../../../node/log/log.ts'
import { resolveMentions } from '../../../../node/messages/mentions.ts'
import { openMessages, type Messages } from '../../../../node/messages/open-messages.ts'
import { rootOf } from '../../../../node/messages/states.ts'
import type { Principal } from '../../../../node/principal.ts'
import { createRender } from '../../../../node/render.ts'
import { createServers } from '../../../../node/servers/create-servers.ts'
import type { Servers } from '../../../../node/servers/servers.ts'
import type { Annotation } from '../../../../spec/annotations.ts'
import type { CallSpec } from '../../../../spec/calls/call.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { ChannelId, DeviceId, EventId, FeedId, UserName } from '../../../../spec/ids.ts'
import { eventJson, type EventJson } from '../../../../spec/message.ts'
import { relationOf, relationsVersion } from '../../../../spec/relations.ts'
import type { z } from 'zod'
import { components } from '../log/fixture.ts'
import { as, user } from '../servers/fixture.ts'

export const relations = { version: relationsVersion, of: relationOf }

/** A node as far as messages go: log, servers, messages, and what is announced. */
export interface Node extends AsyncDisposable {
  readonly parts: LogComponents
  readonly log: Log
  readonly servers: Servers
  readonly messages: Messages
  /** What subscribers to everything got: `{topic suffix} {payload}`. */
  readonly announced: { readonly topic: string; readonly text: string }[]
  say(name: string, channel: ChannelId, text: string, thread?: EventId): Promise<Entry>
  /** Says it whatever the message is, as a node of others could. */
  annotate(name: string, channel: ChannelId, annotation: Annotation, needs?: 'send' | 'manageMessages'): Promise<Entry>
  call<I extends z.ZodType, O extends z.ZodType>(
    name: string,
    spec: CallSpec<I, O>,
    input: z.input<I>,
  ): Promise<z.output<O>>
  history(name: string, channel: ChannelId): Promise<EventJson[]>
  events(): EventJson[]
}

export const principal = (name: string): Principal => ({
  user: user(name),
  device: 'laptop' as DeviceId,
  scope: undefined,
})

export const openNode = async (
  changes: Partial<LogComponents> = {},
  nodeName = 'home.example',
  deletesKeptMax?: number,
): Promise<Node> => {
  const parts = components({ relations, ...changes })
  const { nodeId } = parts.keys
  const log = await createLog(parts)
  const clock = { now: () => 1_000 }
  const servers = createServers(
    { append: (draft) => log.append(draft), log, random: parts.random, clock },
    { nodeId, nodeName },
  )
  await servers.start()
  const announced: { topic: string; text: string }[] = []
  const fanOut = {
    publish: ({ topic, payload }: { topic: string; payload: Uint8Array }) =>
      void announced.push({ topic, text: Buffer.from(payload).toString() }),
    hasSubscribers: (topic: string) => !topic.startsWith('s/'),
  }
  const present = (): UserName[] => ['owner', 'alice', 'bob', 'mona'].map(user)
  const logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore, fatal: ignore }
  const friends = { hides: () => false, hidesAt: () => false, hasBlocks: () => false, withheldFrom: () => undefined }
  const messages = await openMessages(
    { log, friends, store: parts.store, servers, logger },
    { nodeId, render: () => render, ...(deletesKeptMax !== undefined && { deletesKeptMax }) },
  )
  const render = createRender(
    { ...servers, isDeleted: (message) => messages.isDeleted(message) },
    { nodeName: { id: nodeId, name: 'home' } },
  )
  servers.onChanged(() => render.forget())
  createAnnounce({ log, friends, servers, render, fanOut, messages, present }).start()
  log.onCommitted((entries) => {
    for (const entry of entries) {
      const thread = rootOf(entry)
      if (thread !== undefined) void messages.joinThreads(entry, { channel: entry.channel, thread }, [])
    }
  })
  const ingest = createIngest({
    servers,
    log,
    clock,
    checkSignature: () => undefined,
    rate: { take: () => 0, forget: ignore },
    mentions: (name, channel, text) => resolveMentions(servers, { user: name, channel, text }),
  })
  const calls = new Map(messages.calls(ingest, ignore).map((handler) => [handler.spec.method, handler]))
  const stored = async (outcome: ReturnType<typeof ingest.submit>): Promise<Entry> => {
    const done = await outcome
    if (!done.ok) throw new HearthError(done.code, done.reason)
    return done.value.entry
  }
  return {
    parts,
    log,
    servers,
    messages,
    announced,
    say: (name, channel, text, thread) =>
      stored(ingest.submit(principal(name), channel, { clientMessageId: undefined, text, replyTo: undefined, thread })),
    annotate: (name, channel, annotation, needs = 'send') =>
      stored(ingest.annotate(principal(name), channel, annotation, needs)),
    async call(name, spec, input) {
      const handler = calls.get(spec.method) ?? missing(spec.method)
      return spec.output.parse(await handler.handle(principal(name), spec.input.parse(input) as never)) as never
    },
    history: async (name, channel) => (await messages.page(user(name), channel, {}, 200)).events,
    events: () =>
      announced.filter(({ topic }) => topic.endsWith('/events')).map(({ text }) => eventJson.parse(JSON.parse(text))),
    [Symbol.asyncDispose]: async () => {
      await messages.settled()
      await log[Symbol.asyncDispose]()
    },
  }
}

/** A server `home` with `general`, of the owner, with alice, bob, and mona who is a moderator. */
export const openHomeNode = async (
  changes: Partial<LogComponents> = {},
): Promise<Node & { readonly general: ChannelId }> => {
  const node = await openNode(changes)
  const server = await node.servers.createServer(as('owner'), { handle: 'home', name: 'Home', firstChannel: 'general' })
  for (const [name, role] of [['alice'], ['bob'], ['mona', 'moderator']] as const) {
    await node.servers.admit(user(name), server.id, { invitedBy: as('owner'), ...(role !== undefined && { role }) })
  }
  const general = node.servers.channelByHandles('home', 'general')?.id ?? missing('general')
  return Object.assign(node, { general })
}

/** Gives a node the feeds of another, in pieces of `size`: upwards, or the newest first and then backfill. */
export const replicate = async (
  from: Pick<Node, 'log' | 'parts'>,
  to: Node,
  {
    channel,
    size = 3,
    newestFirst = false,
    only = () => true,
  }: { channel: ChannelId; size?: number; newestFirst?: boolean; only?: (feed: FeedId) => boolean },
): Promise<void> => {
  await from.log.seal()
  for (const { feed, floor, head } of from.log.sealedFeeds(channel)) {
    if (!only(feed)) continue
    const starts: number[] = []
    for (let seq = floor; seq <= head; seq += size) starts.push(seq)
    for (const seq of newestFirst ? starts.toReversed() : starts) {
      const slice = (await from.log.slice(feed, seq, head - seq + 1)) ?? missing('slice')
      const isLast = seq + size > head
      if (!newestFirst && !isLast) continue
      const events = newestFirst && !isLast ? slice.events.slice(0, size) : slice.events
      const piece = newestFirst ? { ...slice, events } : ((await from.log.slice(feed, floor, head)) ?? missing('slice'))
      await to.log.appendRemote({
        ...piece,
        seal: newestFirst && !isLast ? undefined : piece.seal,
        publicKey: from.parts.keys.publicKey,
      })
    }
  }
}

/** Lets the node get on until it is so. */
export const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}

const ignore = (): void => undefined
const missing = (what: string): never => {
  throw new Error(`there is no ${what}`)
}
