/**
 * The composition root: a home node from its configuration. Data first, then the rooms, then the doors; closed in the
 * opposite order.
 */
import type { OutboundMessage } from '../broker/components.ts'
import { createBroker, type Broker } from '../broker/index.ts'
import type { Logger } from '../broker/components.ts'
import type { NodeId, UserName } from '../spec/ids.ts'
import { deviceKeysNodeCall } from '../spec/node-calls/device.keys.ts'
import { profileShowNodeCall } from '../spec/node-calls/profile.show.ts'
import { limits } from '../spec/limits.ts'
import { userTopic } from '../spec/topics.ts'
import type { HomeNode, NodeAdmin, Started } from './admin/components.ts'
import type { FanOut } from './announce.ts'
import { createBackups } from './backup/create-backup.ts'
import { listenersOf } from './config/listeners.ts'
import type { Config } from './config/settings.ts'
import { loadCertificate } from './data-folder/certificate.ts'
import { openDataFolder } from './data-folder/data-folder.ts'
import { openData, type Data } from './data.ts'
import { openAdminDoor, openDoors } from './doors.ts'
import { openFederation, type Federation } from './federation/federation.ts'
import { noRemote } from './friends/create-friends.ts'
import type { Remote } from './friends/friends.ts'
import { firstRun } from './first-run.ts'
import { createMetrics } from './http/metrics.ts'
import { createLogger } from './logging/logging.ts'
import { nodeMetrics } from './metrics.ts'
import { federationAdmin, federationOff, homeOf, linkTo, replicationOf } from './operator/federation.ts'
import { invitesAdmin } from './operator/invites.ts'
import { logAdmin, logTail } from './operator/log.ts'
import { serversAdmin } from './operator/servers.ts'
import { successionAdmin } from './operator/succession.ts'
import { createStatus } from './operator/status.ts'
import { tokensAdmin } from './operator/tokens.ts'
import { usersAdmin } from './operator/users.ts'
import type { Login } from './policy.ts'
import type { Away } from './away.ts'
import { openRooms, type Rooms } from './rooms.ts'
import { openSessions } from './stored-sessions.ts'
import { version } from './cli/version.ts'

export interface NodeOverrides {
  readonly clock?: { now(): number }
  readonly logger?: Logger
}

const mebibyte = 1024 * 1024

/** A node that `start` opens; until then nothing is touched. */
export const createNode = (config: Config, overrides: NodeOverrides = {}): HomeNode => {
  let running: AsyncDisposable | undefined
  const stop = async (): Promise<void> => {
    const closing = running
    running = undefined
    await closing?.[Symbol.asyncDispose]()
  }
  return {
    start: async () => {
      const { started, node } = await open(config, overrides)
      running = node
      return started
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function open(
  config: Config,
  overrides: NodeOverrides,
): Promise<{ readonly started: Started; readonly node: AsyncDisposable }> {
  const clock = overrides.clock ?? Date
  const logger = overrides.logger ?? standardErrorLogger(config)
  await using opened = new AsyncDisposableStack()

  const folder = opened.use(await openDataFolder(config.data))
  const { layout } = folder
  const certificate = await loadCertificate(layout, config, clock)
  const data = opened.use(await openData(layout, { clock, freeFloorBytes: config.diskFloorMib * mebibyte }))

  const fanOut = lateFanOut()
  const { nodeId } = data.keys
  const away = lateAway({ nodeId, nodeName: config.domain ?? nodeId })
  const rooms = opened.use(await openRooms({ data, clock, logger, fanOut, away }, config))
  const broker = createBroker<Login>(
    {
      policy: rooms.policy,
      backlog: rooms.announce,
      sessions: await openSessions(data.store),
      clock,
      logger,
    },
    { retainedTopicsMax: limits.presenceTopicsMax },
  )
  await broker.start()
  opened.defer(() => broker.stop())
  fanOut.open(broker)
  followChanges(rooms, broker)

  const federation = await openAway({ data, rooms, clock, logger, fanOut }, config)
  if (federation !== undefined) {
    away.open(opened.use(federation))
    rooms.servers.readdress()
  }

  const status = createStatus({ broker, rooms, data, clock, config, version })
  const p2p = (): readonly string[] => federation?.addresses() ?? []
  const doors = opened.use(
    await openDoors(
      {
        broker,
        certificate,
        logger,
        http: {
          health: () => status.health(),
          metrics: opened.use(createMetrics(nodeMetrics(broker, rooms, data))),
          register: async (input) => {
            const { user } = await rooms.accounts.register(input)
            return { user: user.user }
          },
        },
        wellKnown: (addresses) => ({
          nodeId: data.keys.nodeId,
          name: config.name,
          version,
          addresses: { ...addresses },
          certificate: certificate.fingerprint,
          p2p: p2p(),
        }),
      },
      config,
    ),
  )
  // After the doors: a start that finds its port taken must not have shown the invite to nobody.
  const made = await firstRun({ ...rooms, store: data.store, clock }, { name: config.name })
  const admin = adminOf(
    {
      rooms,
      data,
      clock,
      federation,
      status: () => status.read({ ...doors.addresses, ...dialled(p2p()) }),
    },
    doors.addresses.http,
    layout,
  )
  opened.use(await openAdminDoor({ node: admin, logger }, layout))

  const now = await admin.status()
  await folder.publishStatus(now)
  logger.info({ addresses: doors.addresses, entries: data.log.position }, 'the node is up')
  return {
    started: {
      status: now,
      firstRun: made,
      selfSigned: certificate.selfSigned ? certificate.fingerprint : undefined,
    },
    node: opened.move(),
  }
}

const adminOf = (
  parts: {
    readonly rooms: Rooms
    readonly data: Data
    readonly clock: { now(): number }
    readonly status: NodeAdmin['status']
    readonly federation: Federation | undefined
  },
  web: string,
  layout: Parameters<typeof createBackups>[0]['layout'],
): NodeAdmin => {
  const { rooms, data, clock, federation } = parts
  const { servers, accounts, render } = rooms
  return {
    status: parts.status,
    users: usersAdmin(accounts, servers),
    invites: invitesAdmin(accounts, servers, {
      page: `${web}/join`,
      home: (server) => homeOf(server, data, federation),
    }),
    servers: serversAdmin(servers, {
      clock,
      join: (user, invite, onProgress) => rooms.join(user, invite, onProgress),
      replication: (server) => replicationOf(server, federation),
    }),
    federation: federationAdmin(federation, { servers, log: data.log }),
    succession: successionAdmin({ servers, linkTo: (node) => linkTo(federation, data.keys.nodeId, node) }),
    tokens: tokensAdmin(accounts, servers),
    log: { ...logAdmin(data.log, data.store), ...logTail(data.log, { rooms: servers, render }) },
    backup: createBackups({
      layout,
      clock,
      hold: (work) => data.store.hold(work),
      position: () => data.log.position,
    }),
  }
}

/** The doors to other nodes; undefined when they stay shut. What comes of them reaches members on their inbox. */
const openAway = (
  parts: {
    readonly data: Data
    readonly rooms: Rooms
    readonly clock: { now(): number }
    readonly logger: Logger
    readonly fanOut: FanOut
  },
  config: Config,
): Promise<Federation> | undefined => {
  if (config.federation === 'off') return undefined
  const { data, rooms, clock, logger, fanOut } = parts
  const tell = (user: UserName, event: object): void => {
    const topic = userTopic(user, 'inbox')
    if (!fanOut.hasSubscribers(topic)) return
    const payload = Buffer.from(JSON.stringify(event))
    fanOut.publish({ topic, payload, qos: 1, contentType: 'application/json' })
  }
  return openFederation(
    {
      data,
      clock,
      logger,
      servers: rooms.servers,
      accounts: rooms.accounts,
      friends: rooms.friends,
      authors: rooms.authors,
      presence: {
        presence: rooms.presence,
        away: rooms.presenceAway,
        profileTag: (user) => rooms.profiles.tag(user),
        profileTagged: (person, tag) => rooms.profilesAway.tagged(person, tag),
      },
      profiles: rooms.profiles,
      tell: {
        receipt: (user, receipt) => tell(user, { type: 'replicated', ...receipt }),
        ending: (user, ending) => tell(user, { type: 'server.ended', ...ending }),
        typing: (channel, server, member) => rooms.typing(channel, server, member),
      },
    },
    {
      name: config.name,
      domain: config.domain,
      listen: listenersOf(config).p2p,
      announce: listOf(config.announce),
      relay: { serve: config.relay, use: listOf(config.relayVia) },
      mdns: config.mdns,
    },
  )
}

/** Where other nodes dial, directly and through a relay. */
const dialled = (addresses: readonly string[]): { p2p: string | undefined; relayed: string | undefined } => {
  const isRelayed = (address: string): boolean => address.includes('/p2p-circuit')
  return { p2p: addresses.find((address) => !isRelayed(address)), relayed: addresses.find(isRelayed) }
}

const listOf = (text: string): string[] => text.split(',').filter((one) => one !== '')

/** A revocation reaches live connections in the turn in which it is durable. */
const followChanges = ({ accounts, servers }: Rooms, broker: Broker<Login>): void => {
  accounts.onRevoked((revocation) => {
    const { code, reason } = revocation
    broker.disconnect(({ principal }) => revocation.covers(principal), code, reason)
  })
  servers.onChanged((kind) => {
    if (kind === 'permissions') broker.permissionsChanged()
  })
}

/** The rooms announce before there is a broker: nobody is subscribed then. */
const lateFanOut = (): FanOut & { open(broker: Broker<Login>): void } => {
  let broker: Broker<Login> | undefined
  return {
    publish: (message: OutboundMessage) => broker?.publish(message),
    hasSubscribers: (topic) => broker?.hasSubscribers(topic) ?? false,
    open: (opened) => {
      broker = opened
    },
  }
}

/** Nor is there a door to other nodes yet. */
const lateAway = ({
  nodeId,
  nodeName,
}: {
  readonly nodeId: NodeId
  readonly nodeName: string
}): Away & { open(federation: Federation): void } => {
  let federation: Federation | undefined
  const alone = noRemote((node) => (node === nodeId ? nodeName : node))
  const people = (): Remote => federation?.people ?? alone
  const reachable = new Set<(node: NodeId) => void>()
  return {
    join: (user, invite, onProgress) =>
      federation === undefined ? Promise.reject(federationOff()) : federation.join(user, invite, onProgress),
    friends: {
      request: (node, method, body) => people().request(node, method, body),
      nodeOf: (domain) => people().nodeOf(domain),
      nameOf: (node) => people().nameOf(node),
      onReachable: (listener) => {
        reachable.add(listener)
        return () => reachable.delete(listener)
      },
    },
    typing: (channel, member) => federation?.typing(channel, member),
    presence: {
      changed: (user) => federation?.presence.changed(user),
      relationChanged: (user, person) => federation?.presence.relationChanged(user, person),
      profileChanged: (user) => federation?.presence.profileChanged(user),
      ask: (node) => federation?.presence.ask(node),
    },
    profile: async (node, input) => {
      if (federation === undefined) throw federationOff()
      return federation.calls.ask(node, profileShowNodeCall, input)
    },
    holders: (feed, seq) => federation?.sync.holders(feed, seq) ?? 0,
    authorKeys: async (node, members) => {
      if (federation === undefined) throw federationOff()
      return (await federation.calls.ask(node, deviceKeysNodeCall, { members: [...members] })).people
    },
    domainOf: (node) => federation?.trust.record(node)?.domain,
    nodeNamed: (domain) => federation?.trust.records().find((record) => record.domain === domain)?.nodeId,
    open: (opened) => {
      federation = opened
      opened.people.onReachable((node) => {
        for (const listener of reachable) listener(node)
      })
    },
  }
}

const standardErrorLogger = (config: Config): Logger => {
  const terminal = process.stderr.isTTY
  return createLogger(config, { stream: process.stderr, terminal, colour: terminal && !process.env['NO_COLOR'] })
}
