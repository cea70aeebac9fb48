/** The rooms of a node, furnished from its data and given to each other; the doors come after (`doors.ts`). */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Logger, Policy } from '../broker/components.ts'
import { HearthError } from '../spec/errors.ts'
import { isHandle, isUserName } from '../spec/identifiers.ts'
import type { ChannelId, Handle, ServerId, UserName } from '../spec/ids.ts'
import { parseInviteLink } from '../spec/invite-link.ts'
import { limits } from '../spec/limits.ts'
import { userTopic } from '../spec/topics.ts'
import type { Accounts } from './accounts/accounts.ts'
import { argon2id } from './accounts/argon2.ts'
import { accountCalls } from './accounts/calls.ts'
import { createAccounts } from './accounts/create-accounts.ts'
import { createRateLimiter } from './accounts/rate-limit.ts'
import { admissionTo } from './admission.ts'
import type { Away, JoinServer } from './away.ts'
import { createAnnounce, type Announce, type FanOut } from './announce.ts'
import { openAuthorKeys, type AuthorKeys } from './authors/author-keys.ts'
import { authorCalls } from './authors/calls.ts'
import { createCheckSignature } from './authors/signatures.ts'
import { createCallTable } from './call-table.ts'
import { sha256 } from './crypto.ts'
import { openProofs, provenForks } from './federation/proofs.ts'
import { receiptCalls } from './federation/receipt-calls.ts'
import { friendCalls } from './friends/calls.ts'
import { createFriends } from './friends/create-friends.ts'
import type { Friends } from './friends/friends.ts'
import { createPlaces } from './places.ts'
import type { Config } from './config/settings.ts'
import type { Data } from './data.ts'
import { inboxCalls } from './inbox/calls.ts'
import { createInbox, type Inbox } from './inbox/create-inbox.ts'
import { pendingRequests, takeNotice } from './inbox/requests.ts'
import { createIngest } from './ingest.ts'
import { resolveMentions } from './messages/mentions.ts'
import { later, soon } from './later.ts'
import { openMessages } from './messages/open-messages.ts'
import { createPolicy, type Login } from './policy.ts'
import type { AwayPresence } from './presence/away.ts'
import { presenceCalls } from './presence/calls.ts'
import { openPresence } from './presence/open-presence.ts'
import type { Presence } from './presence/presence.ts'
import { profileCalls } from './profiles/calls.ts'
import { createAwayProfiles, type AwayProfiles } from './profiles/away.ts'
import { openProfiles, type Profiles } from './profiles/profiles.ts'
import { readingCalls } from './reading.ts'
import { createRender, type Render } from './render.ts'
import { serverCalls } from './servers/calls.ts'
import { followRetention } from './retention/retention.ts'
import { createServers } from './servers/create-servers.ts'
import { findServer } from './servers/references.ts'
import type { MemberInfo, ServerHandles, Servers } from './servers/servers.ts'
import { createRecords } from './store/records.ts'
import type { Store } from './store/store.ts'
import { announceTyping } from './typing.ts'

export interface RoomsComponents {
  readonly data: Data
  readonly clock: { now(): number }
  readonly logger: Logger
  /** The broker, which is made after the rooms because it asks their policy. */
  readonly fanOut: FanOut
  /** The doors to other nodes, which are made after the rooms, too. */
  readonly away: Away
}

export interface Rooms extends AsyncDisposable {
  /** Conversations are among its channels. */
  readonly servers: Servers
  readonly friends: Friends
  readonly accounts: Accounts
  readonly presence: Presence
  /** Of people of other nodes. */
  readonly presenceAway: AwayPresence
  readonly profiles: Pick<Profiles, 'tag' | 'show'>
  readonly profilesAway: Pick<AwayProfiles, 'tagged'>
  readonly inbox: Inbox
  readonly render: Render
  readonly authors: AuthorKeys
  readonly announce: Announce
  readonly policy: Policy<Login>
  /** Somebody of any node types in a channel. */
  typing(channel: ChannelId, server: ServerId, member: Pick<MemberInfo, 'node' | 'member' | 'address' | 'name'>): void
  /** An existing user joins by an invite: a code or link of this node, or a link of another. */
  readonly join: JoinServer
}

/** Reads what is stored; the rooms are open for business when it resolves. */
export async function openRooms(
  { data, clock, logger, fanOut, away }: RoomsComponents,
  config: Pick<Config, 'name' | 'domain' | 'messageRate' | 'messageBurst'>,
): Promise<Rooms> {
  const { log, store, keys } = data
  const nodeName = config.domain ?? keys.nodeId
  const sendTo = (user: UserName, message: { readonly type: string }): void => {
    const qos = message.type === 'unread' || message.type === 'thread.unread' ? 0 : 1
    const topic = userTopic(user, 'inbox')
    fanOut.publish({ topic, payload: jsonBytes(message), qos, contentType: 'application/json' })
  }
  const communities = createServers(
    {
      append: (draft) => log.append(draft),
      log,
      random: randomBytes,
      clock,
      handles: await openHandles(store),
      isDomainOf: (domain, node) => away.domainOf(node) === domain,
      certificatesOf: (node) => data.certificates.of(node).map(({ certificate }) => certificate),
    },
    { nodeId: keys.nodeId, nodeName },
  )
  const forks = provenForks((await openProofs(store)).all())
  for (const { feed, at } of forks) communities.fork(feed, at)
  await communities.start()
  const accounts = await createAccounts(
    { store, clock, random: randomBytes, passwordHash: argon2id, admission: admissionTo(communities), logger },
    { nodeId: keys.nodeId },
  )
  await accounts.start()

  const friends = await createFriends(
    {
      store,
      log,
      append: (draft) => log.append(draft),
      clock,
      random: randomBytes,
      hash: sha256,
      servers: communities,
      hasUser: (user) => accounts.has(user),
      remote: away.friends,
      tell: (user, notice) => takeNotice(inbox, sendTo, user, notice),
      presenceChanged: (...view) => door.show(...view),
      personShown: (...view) => door.away.show(...view),
      relationChanged: (user, person) => away.presence.relationChanged(user, person),
      logger,
    },
    { nodeId: keys.nodeId },
  )
  for (const { feed, at } of forks) friends.fork(feed, at)
  communities.onChanged(() => friends.forget())
  const servers = createPlaces(communities, friends)

  const messages = await openMessages(
    { log, store, servers, logger, friends },
    { nodeId: keys.nodeId, render: () => render },
  )
  const render = createRender(
    { ...servers, isDeleted: (id) => messages.isDeleted(id) },
    { nodeName: { id: keys.nodeId, name: config.name } },
  )
  servers.onChanged(() => render.forget())
  const join: JoinServer = async (user, invite, onProgress) => {
    if (!accounts.has(user)) throw new HearthError('NOT_FOUND', `${user} is no user of this node`)
    const link = invite.includes('#') ? parseInviteLink(invite) : { code: invite, home: undefined }
    const isOurs = link.home === undefined || link.home.nodeId === keys.nodeId
    return isOurs ? accounts.redeemInvite(user, link.code) : away.join(user, invite, onProgress)
  }
  const ingest = createIngest({
    servers,
    log,
    clock,
    mentions: (user, channel, text) => resolveMentions(servers, { user, channel, text }),
    checkSignature: createCheckSignature(accounts, { nodeId: keys.nodeId }),
    rate: createRateLimiter(clock, { perSecond: config.messageRate, burst: config.messageBurst }),
  })
  const door = await openPresence(
    {
      store,
      clock,
      logger,
      later,
      fanOut,
      friends,
      servers: communities,
      names: { nameOf: (node) => away.friends.nameOf(node), nodeNamed: (domain) => away.nodeNamed(domain) },
      tellAway: (user) => away.presence.changed(user),
      askAway: (node) => away.presence.ask(node),
    },
    { nodeId: keys.nodeId },
  )
  const { presence } = door
  const readdress = soon(() => Promise.resolve(door.away.readdress()))
  communities.onChanged((kind) => {
    if (kind === 'settings') readdress()
    else door.away.lookAgain()
  })
  const inbox = await createInbox(
    {
      log,
      store,
      places: servers,
      render,
      follows: messages.follows,
      joinThreads: messages.joinThreads,
      pending: (user) =>
        pendingRequests(user, { friends: friends.list(user), conversations: friends.conversations(user) }),
      clock,
      logger,
      connected: () => presence.connectedUsers(),
      isConnected: (user) => presence.isConnected(user),
      send: sendTo,
      listens: (user) => fanOut.hasSubscribers(userTopic(user, 'inbox')),
      isHidden: (user, message) => friends.hides(user, message),
      mayMentionAll: (entry) => servers.countsFor(entry, 'mentionEveryone'),
      later,
    },
    { nodeId: keys.nodeId },
  )
  servers.onChanged((kind) => {
    if (kind === 'permissions') inbox.judgeAgain()
  })
  const profiles = await openProfiles({
    store,
    servers: communities,
    rate: createRateLimiter(clock, { perSecond: 1 / 60, burst: limits.profileChangesBurst }),
    addressOf: (user) => `${user}@${nodeName}`,
    random: randomBytes,
    changed: (user) => away.presence.profileChanged(user),
    logger,
  })
  const profilesAway = createAwayProfiles({ clock, ask: (node, input) => away.profile(node, input) })
  const refreshNames = soon(async () => {
    for (const user of presence.connectedUsers()) await profiles.refresh(user)
  })
  communities.onChanged((kind) => {
    if (kind === 'permissions') refreshNames()
  })
  const announce = createAnnounce({
    log,
    servers,
    friends,
    render,
    fanOut,
    messages,
    present: () => presence.present(),
  })
  const authors = await openAuthorKeys(
    {
      store,
      clock,
      accounts,
      userOf: (member) => servers.userOf(member),
      ask: (node, members) => away.authorKeys(node, members),
    },
    { nodeId: keys.nodeId },
  )
  const stopAnnouncing = announce.start()
  const stopRetention = followRetention({
    log,
    servers: communities,
    clock,
    monotonicMs: () => performance.now(),
    later,
    logger,
  })
  const stopFollowing = inbox.start()
  const calls = createCallTable(
    [
      ...readingCalls({ log, messages, ingest, servers, friends, render, presence, presenceAway: door.away }),
      ...accountCalls(accounts, join),
      ...receiptCalls(
        { log, ingest, servers, holders: (feed, seq) => away.holders(feed, seq) },
        { nodeId: keys.nodeId },
      ),
      ...authorCalls({ accounts, ingest, servers, authors }, { nodeId: keys.nodeId, nodeName }),
      ...serverCalls(servers, clock),
      ...friendCalls(friends),
      ...messages.calls(ingest, (user, at, isFollowed) =>
        sendTo(user, { type: isFollowed ? 'thread.followed' : 'thread.left', ...at }),
      ),
      ...inboxCalls({ inbox, ingest, places: servers, log }),
      ...profileCalls({
        profiles,
        findServer: (user, name) => findServer(communities, user, name),
        memberNamed: (server, who) => communities.memberNamed(server, who),
        serversOf: (user) => communities.serversOf(user),
        known: (viewer, who) => {
          const user = who.endsWith(`@${nodeName}`) ? who.slice(0, -nodeName.length - 1) : who
          return isUserName(user) && accounts.has(user) && friends.mayAskPresence(viewer, user) ? user : undefined
        },
        knownAway: (viewer, who) => {
          const person = door.away.personNamed(who)
          return person !== undefined && friends.mayAskPerson(viewer, person) ? friends.personInfo(person) : undefined
        },
        away: profilesAway,
      }),
      ...presenceCalls({
        presence,
        findServer: (user, name) => findServer(servers, user, name),
        isMember: (user, server) => servers.memberOf(user, server) !== undefined,
        sees: (viewer, user) => !friends.isPresenceHidden(viewer, user),
        away: (viewer, server) =>
          door.away.present().flatMap((person) => {
            const isMember = communities.memberNamed(server, person) !== undefined
            return (isMember ? door.away.seenBy(viewer, person, true) : undefined) ?? []
          }),
      }),
    ],
    {
      logger,
      rate: createRateLimiter(clock, {
        perSecond: config.messageRate === 0 ? 0 : limits.callsPerSecond,
        burst: limits.callsBurst,
      }),
    },
  )
  const policy = createPolicy({
    accounts,
    servers,
    friends,
    ingest,
    calls,
    presence,
    presenceAway: door.away,
    inbox: {
      connected: (user) => {
        inbox.connected(user)
        void profiles.refresh(user)
      },
    },
    typing: ({ user }, id) => {
      const channel = servers.channel(id)
      const member = channel && servers.memberOf(user, channel.server)
      if (channel === undefined || member === undefined) return
      announceTyping({ servers, fanOut, friends }, channel, member)
      away.typing(id, member.member)
    },
    publish: (message) => fanOut.publish(message),
  })
  return {
    servers,
    friends,
    accounts,
    presence,
    presenceAway: door.away,
    profiles,
    profilesAway,
    inbox,
    render,
    authors,
    announce,
    policy,
    join,
    typing: (id, _server, member) => {
      const channel = servers.channel(id)
      if (channel !== undefined) announceTyping({ servers, fanOut, friends }, channel, member)
    },
    [Symbol.asyncDispose]: async () => {
      stopAnnouncing()
      await stopRetention()
      presence.stop()
      door.away.stop()
      await stopFollowing()
      await friends[Symbol.asyncDispose]()
      await accounts.stop()
    },
  }
}

/** What servers are called here when another one had their handle first. */
async function openHandles(store: Store): Promise<ServerHandles> {
  const table = await createRecords(store, 'server-handles', z.custom<Handle>(isHandle))
  const given = new Map(table.all())
  return {
    get: (server) => given.get(server),
    put: (server, handle) => {
      given.set(server, handle)
      // Lost with a full disk, it is given anew at the next start: the same one.
      table.put(server, handle).catch(() => undefined)
    },
  }
}

const jsonBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
