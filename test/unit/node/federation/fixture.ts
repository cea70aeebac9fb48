/** Two nodes without a network: what one has written is carried to the other by hand. */
import { createLog } from '../../../../node/log/create-log.ts'
import type { Entry, Log } from '../../../../node/log/log.ts'
import { createIngestRemote } from '../../../../node/federation/ingest-remote.ts'
import { createNodeDirectory, type NodeDirectory } from '../../../../node/federation/directory.ts'
import { createServers } from '../../../../node/servers/create-servers.ts'
import type { Servers } from '../../../../node/servers/servers.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { encodeMessage } from '../../../../spec/message.ts'
import type { ChannelId, FeedId, MemberId, NodeId, ServerId, UserName } from '../../../../spec/ids.ts'
import { decodeBase32, encodeBase32 } from '../../../../spec/base32.ts'
import { randomBytes } from 'node:crypto'
import { createVirtualTime, type VirtualTime } from '../../federation/virtual-time.ts'
import { components, createKeys } from '../log/fixture.ts'

export interface Site extends AsyncDisposable {
  readonly name: string
  readonly nodeId: NodeId
  readonly log: Log
  readonly servers: Servers
  readonly directory: NodeDirectory
  say(user: string, channel: ChannelId, text?: string): Promise<Entry>
  /** Takes whatever `from` has that is not here, feed by feed, until nothing more goes in; returns what was refused. */
  take(from: Site, channels?: (channel: ChannelId) => boolean): Promise<HearthError[]>
}

export const openSite = async (name: string, time: VirtualTime = createVirtualTime()): Promise<Site> => {
  const keys = createKeys()
  const parts = components({ keys })
  const log = await createLog(parts)
  const servers = createServers(
    { append: (draft) => log.append(draft), log, random: randomBytes, clock: parts.clock },
    { nodeId: keys.nodeId, nodeName: `${name}.example` },
  )
  await servers.start()
  log.onCommitted((entries) => servers.apply(entries))
  const directory = createNodeDirectory({ servers, timers: time.timers }, { nodeId: keys.nodeId })
  const ingest = createIngestRemote({ log, servers })
  const site: Site = {
    name,
    nodeId: keys.nodeId,
    log,
    servers,
    directory,
    async say(user, channel, text = 'hello') {
      const authorised = servers.authorise(user as UserName, channel, 'send', parts.clock.now())
      if (!authorised.ok) throw new HearthError(authorised.code, authorised.reason)
      const { member, auth } = authorised
      const body = encodeMessage({ clientMessageId: undefined, text, replyTo: undefined, thread: undefined })
      return (await log.append({ channel, member, auth, type: 'msg', body })).entry
    },
    async take(from, wanted = () => true) {
      await from.log.seal()
      // Here a node has one key: its id is what it seals with.
      const feeds = [...from.log.feeds()]
        .filter(({ channel, node }) => wanted(channel) && node !== keys.nodeId)
        .sort((a, b) => place(a.channel) - place(b.channel))
      const refused: HearthError[] = []
      for (const { feed, node } of feeds) {
        const next = (headOf(log, feed) ?? 0) + 1
        const slice = await from.log.slice(feed, next, 10_000)
        if (slice === undefined) continue
        try {
          await ingest.append({ ...slice, publicKey: decodeBase32(node) ?? new Uint8Array() })
        } catch (error) {
          if (!(error instanceof HearthError)) throw error
          refused.push(error)
        }
      }
      return refused
    },
    async [Symbol.asyncDispose]() {
      directory.stop()
      await log[Symbol.asyncDispose]()
    },
  }
  return site
}

/** Governance, then the settings of private channels, then messages. */
const place = (channel: ChannelId): number => '457'.indexOf(channel[14] ?? '')

const headOf = (log: Log, feed: FeedId): number | undefined => log.feeds().find((one) => one.feed === feed)?.head

export const newMember = (): MemberId => encodeBase32(randomBytes(16)) as MemberId

/** A server of `home`, with `bob` of `away` let in and seated, known on both. */
export const shareServer = async (home: Site, away: Site): Promise<{ server: ServerId; general: ChannelId }> => {
  const { id: server } = await home.servers.createServer(
    { kind: 'user', user: 'owner' as UserName },
    { handle: 'club', name: 'Club', firstChannel: 'general' },
  )
  await join(home, away, { server, user: 'bob' })
  const general = home.servers.channelByHandles('club', 'general')
  if (general === undefined) throw new Error('there is no general')
  return { server, general: general.id }
}

export const join = async (
  home: Site,
  away: Site,
  { server, user, role }: { readonly server: ServerId; readonly user: string; readonly role?: string },
): Promise<MemberId> => {
  const member = away.servers.formerMember(user as UserName, server) ?? newMember()
  await home.servers.admitRemote({ node: away.nodeId, member, address: `${user}@${away.name}.example` }, server, {
    invitedBy: { kind: 'user', user: 'owner' as UserName },
    ...(role !== undefined && { role }),
  })
  await away.take(home, (channel) => channel[14] === '4')
  await away.servers.takeSeat(user as UserName, server, member)
  await home.take(away)
  await away.take(home)
  return member
}
