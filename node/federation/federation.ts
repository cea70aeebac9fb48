/** The doors to other nodes, furnished from the rooms: link, trust, sync, calls, and who is told what comes of it. */
import { randomBytes } from 'node:crypto'
import { answerNode, createCalls, type Calls } from '../../federation/calls/create-calls.ts'
import { createLibp2pNetwork, type NetworkInit } from '../../federation/link/network.ts'
import { createSleepingNetwork } from '../../federation/link/sleeping-network.ts'
import { createPeers, type NodePeers } from '../../federation/peers/create-peers.ts'
import { createSync, type Sync } from '../../federation/sync/index.ts'
import { createTrust, type Trust } from '../../federation/trust/create-trust.ts'
import type { Logger } from '../../broker/components.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import { parseInviteLink } from '../../spec/invite-link.ts'
import { deviceKeysNodeCall } from '../../spec/node-calls/device.keys.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { AuthorKeys } from '../authors/author-keys.ts'
import { createVerify, sha256 } from '../crypto.ts'
import type { Friends, Remote } from '../friends/friends.ts'
import type { Data } from '../data.ts'
import { localTimers } from '../log/components.ts'
import type { Profiles } from '../profiles/profiles.ts'
import type { MemberInfo, Servers } from '../servers/servers.ts'
import { openAdmissionLists, type AdmissionLists } from './admission-lists.ts'
import { nodeAnswers } from './answers.ts'
import { openContacts, type Contacts } from './contacts.ts'
import { createNodeDirectory, type NodeDirectory } from './directory.ts'
import { followEndings, type Ending } from './endings.ts'
import { createPresenceLink, type PresenceLink, type PresenceLinkComponents } from './presence-link.ts'
import { createPeopleAway, peopleAnswers } from './people-away.ts'
import { createIngestRemote } from './ingest-remote.ts'
import { openJoining, type Joining } from './joining.ts'
import { netLookups } from './lookups.ts'
import { openPeerStore } from './peer-store.ts'
import { sealPromptly } from './prompt-seals.ts'
import { profileAnswer } from './profile-answer.ts'
import { openProofs } from './proofs.ts'
import { followReceipts, type Receipt } from './receipts.ts'
import { createWhispers } from './whispers.ts'

export interface FederationComponents {
  readonly data: Data
  readonly servers: Servers
  readonly accounts: Accounts
  readonly friends: Friends
  /** Their device keys, for other nodes. */
  readonly authors: Pick<AuthorKeys, 'answer'>
  /** Who is here: of this node, and of others as they say. */
  readonly presence: Pick<PresenceLinkComponents, 'presence' | 'away' | 'profileTag' | 'profileTagged'>
  readonly profiles: Pick<Profiles, 'show' | 'tag'>
  readonly clock: { now(): number }
  readonly logger: Logger
  readonly tell: {
    readonly receipt: (user: UserName, receipt: Receipt) => void
    readonly ending: (user: UserName, ending: Ending) => void
    readonly typing: (channel: ChannelId, server: ServerId, member: MemberInfo) => void
  }
}

export interface FederationInit extends NetworkInit {
  readonly name: string
  readonly domain: string | undefined
}

export interface Federation extends AsyncDisposable {
  readonly self: NodeId
  readonly trust: Trust
  readonly peers: NodePeers
  readonly calls: Calls
  readonly sync: Sync
  readonly directory: NodeDirectory
  readonly contacts: Contacts
  readonly lists: AdmissionLists
  /** Multiaddrs under which other nodes reach this one. */
  addresses(): readonly string[]
  /** Somebody is about to be told where to dial: the link wakes now, so that the first call finds it. */
  expectVisitors(): void
  /** By an invite of another node. BAD_REQUEST when it is none; else as `Joining.join`. */
  join(
    user: UserName,
    invite: string,
    onProgress?: Parameters<Joining['join']>[3],
  ): Promise<{ readonly server: ServerId }>
  /** Asked about friends and DMs. */
  readonly people: Remote
  /** A member of this node types. */
  typing(channel: ChannelId, member: MemberId): void
  /** Who of this node is here has changed, or who may see it. */
  readonly presence: Pick<PresenceLink, 'changed' | 'relationChanged' | 'profileChanged' | 'ask'>
}

/** Throws CONFIG_INVALID when nodes cannot be listened for. Open for others when it resolves. */
export async function openFederation(components: FederationComponents, init: FederationInit): Promise<Federation> {
  const { data, servers, accounts, friends, clock, logger, tell } = components
  const { keys, store, log, certificates } = data
  const verify = createVerify()
  const timers = localTimers
  await using opened = new AsyncDisposableStack()

  const lists = await openAdmissionLists(store)
  const trust = createTrust({
    self: keys.nodeId,
    verify,
    store: await openPeerStore(store, () => setImmediate(() => servers.readdress())),
    policy: () => lists.policy(),
    lookups: netLookups,
    clock,
  })
  await trust.start()
  const network = createSleepingNetwork(
    {
      network: (awake) => createLibp2pNetwork({ signingKeySeed: keys.hot.seed, logger }, awake),
      publicKey: keys.hot.publicKey,
      logger,
    },
    init,
  )
  const peers = opened.use(
    createPeers(
      {
        network,
        trust,
        identity: {
          nodeId: keys.nodeId,
          certificate: () => keys.certificate,
          name: init.name,
          domain: init.domain,
        },
        timers,
        clock: { now: () => clock.now(), monotonicMs: () => performance.now() },
        random: Math.random,
        logger,
      },
      { session: randomBytes(sessionBytes) },
    ),
  )
  const directory = createNodeDirectory({ servers, timers, conversations: friends }, { nodeId: keys.nodeId })
  opened.defer(() => directory.stop())
  const calls = createCalls({ peers, timers, logger }, [
    ...nodeAnswers({ accounts, servers, directory, trust }),
    ...peopleAnswers(friends),
    profileAnswer({
      profiles: components.profiles,
      isFor: (user, node) => accounts.has(user) && presence.isFor(user, node),
    }),
    // NCALL-11
    answerNode(deviceKeysNodeCall, async (_peer, { members }) => ({ people: components.authors.answer(members) })),
  ])
  opened.defer(() => calls.stop())

  const ingest = createIngestRemote({ log, servers })
  const proofs = await openProofs(store)
  const sync = opened.use(
    createSync(
      {
        log: {
          sealedFeeds: (channel) => log.sealedFeeds(channel),
          slice: (feed, from, limit, within) => log.slice(feed, from, limit, within),
          appendRemote: (slice) => ingest.append(slice),
          reseal: (slice) => log.reseal(slice),
          get: (id) => log.get(id),
          onCommitted: (listener) => log.onCommitted(listener),
          onRetained: (listener) => log.onRetained(listener),
          onSealed: (listener) => log.onSealed(listener),
        },
        peers,
        directory,
        keys: certificates,
        hash: sha256,
        verify,
        timers,
        clock,
        random: Math.random,
        logger,
      },
      { nodeId: keys.nodeId, proofs: proofs.all() },
    ),
  )
  opened.defer(sealPromptly({ log, directory }))
  sync.onEquivocation(({ feed, at, proof }) => {
    void proofs.keep(feed, proof)
    servers.fork(feed, at)
  })

  const contacts = await openContacts({ peers, calls, sync, directory, store, timers })
  const joining = await openJoining(
    { servers, directory, trust, peers, contacts, calls, sync, store, timers, random: randomBytes, logger },
    keys.nodeId,
  )
  const whispers = createWhispers({ sync, directory, servers, clock, typing: tell.typing })
  opened.defer(() => whispers.stop())
  const presence = createPresenceLink({ ...components.presence, sync, peers, servers, friends, timers })
  opened.defer(() => presence.stop())
  opened.defer(
    followReceipts(
      {
        log,
        sync,
        peersOf: (channel) => directory.peersOf(channel),
        userOf: (member) => servers.userOf(member),
        tell: tell.receipt,
      },
      keys.nodeId,
    ),
  )
  opened.defer(followEndings({ log, servers, timers, tell: tell.ending }))

  await peers.start()
  sync.start()
  contacts.start()
  opened.defer(() => contacts.stop())
  joining.resume()
  const closing = opened.move()

  return {
    self: keys.nodeId,
    trust,
    peers,
    calls,
    sync,
    directory,
    contacts,
    lists,
    people: createPeopleAway(
      { calls, peers, trust, contacts, timers },
      { nodeId: keys.nodeId, nodeName: init.domain ?? keys.nodeId },
    ),
    addresses: () => network.addresses(),
    expectVisitors: () => {
      network.wake().catch((err: unknown) => logger.error({ err }, 'the link to other nodes could not be started'))
    },
    async join(user, invite, onProgress) {
      const { code, home } = parseInviteLink(invite)
      if (home === undefined || home.nodeId === keys.nodeId) {
        throw new HearthError('BAD_REQUEST', 'that invite is one of this node')
      }
      return joining.join(user, code, home, onProgress)
    },
    typing: (channel, member) => whispers.typing(channel, member),
    presence,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

const sessionBytes = 16
