/** What this node replicates and who may have it, read off the governance (the port `Directory` of federation/). */
import type { Directory, Timers } from '../../federation/components.ts'
import { conversationAt } from '../../spec/conversation.ts'
import type { ChannelId, NodeId, ServerId } from '../../spec/ids.ts'
import type { Servers } from '../servers/servers.ts'

export interface DirectoryComponents {
  readonly servers: Pick<Servers, 'servers' | 'server' | 'replicas' | 'governedBy' | 'channel' | 'onChanged'>
  readonly timers: Timers
  /** DMs and groups; each is replicated as a server of its own, whose governance is the control channel (FRIEND-24). */
  readonly conversations?: Conversations
}

/** `nodes` have it; `told`, those and who is out of it, have the control channel. */
interface Talk {
  /** What it is called where a server has its id. */
  readonly place: ServerId
  readonly channel: ChannelId
  readonly control: ChannelId
  readonly nodes: ReadonlySet<NodeId>
  readonly told: ReadonlySet<NodeId>
}

export interface Conversations {
  replicas(): readonly Talk[]
  onChanged(listener: () => void): () => void
}

export interface DirectoryInit {
  readonly nodeId: NodeId
  /** How long a node that lost its last member is still given the governance, so that it learns why; in ms. */
  readonly farewellMs?: number
}

export interface NodeDirectory extends Directory {
  /** Gives a node that had members here the governance for a while; once each (it asked `server.standing`). */
  farewell(node: NodeId, server: ServerId): void
  /** A member of this node is about to come back to a server: its governance is taken for a while. */
  await(server: ServerId): void
  /** Nodes that host members of a server, or people of a conversation by its place, now; this one left out. */
  nodesOf(server: ServerId): readonly NodeId[]
  isConversation(place: ServerId): boolean
  stop(): void
}

export const createNodeDirectory = (
  { servers, timers, conversations }: DirectoryComponents,
  init: DirectoryInit,
): NodeDirectory => {
  const { nodeId, farewellMs = 60_000 } = init
  const listeners = new Set<() => void>()
  const hosts = new Map<ServerId, ReadonlySet<NodeId>>()
  /** `server/node` of those that are given the governance although they have no member. */
  const leaving = new Map<string, () => void>()
  const dismissed = new Set<string>()

  const changed = (): void => {
    for (const listener of listeners) listener()
  }

  const dismiss = (node: NodeId, server: ServerId): void => {
    const key = keyOf(server, node)
    leaving.get(key)?.()
    const cancel = timers.after(farewellMs, () => {
      leaving.delete(key)
      changed()
    })
    leaving.set(key, cancel)
  }

  const look = (): void => {
    for (const { id } of servers.servers()) {
      const nodes = servers.replicas(id)?.nodes ?? nobody
      for (const node of hosts.get(id) ?? nobody) if (!nodes.has(node)) dismiss(node, id)
      hosts.set(id, nodes)
    }
  }
  look()
  // Whoever ended it may be gone since: those who do not know yet hear of it from us.
  for (const [server, nodes] of hosts) {
    if (!nodes.has(nodeId) && servers.replicas(server)?.isNamed(nodeId) === true) dismiss(nodeId, server)
  }
  const unsubscribe = servers.onChanged((kind) => {
    if (kind !== 'permissions') return
    look()
    changed()
  })

  /** By channel and by control channel. */
  let talks: Map<ChannelId, Talk> | undefined
  const talkOf = (channel: ChannelId): Talk | undefined => {
    talks ??= new Map(
      (conversations?.replicas() ?? []).flatMap((talk): [ChannelId, Talk][] => [
        [talk.channel, talk],
        [talk.control, talk],
      ]),
    )
    return talks.get(channel)
  }
  const forgetTalks = conversations?.onChanged(() => {
    talks = undefined
    changed()
  })
  const nodesIn = (talk: Talk, channel: ChannelId): ReadonlySet<NodeId> =>
    channel === talk.control ? talk.told : talk.nodes

  const serverOf = (channel: ChannelId): ServerId | undefined =>
    servers.governedBy(channel)?.id ?? servers.channel(channel)?.server ?? veiledIn(channel)

  /** A private channel whose settings are not here is known by its server alone. */
  const veiledIn = (channel: ChannelId): ServerId | undefined =>
    servers.servers().find(({ id }) => servers.replicas(id)?.channels.includes(channel))?.id

  const mayHave = (node: NodeId, channel: ChannelId): boolean => {
    const talk = talkOf(channel)
    if (talk !== undefined) return nodesIn(talk, channel).has(node)
    const server = serverOf(channel)
    if (server === undefined) return false
    if (servers.replicas(server)?.nodesOf(channel).has(node) === true) return true
    return leaving.has(keyOf(server, node)) && servers.server(server)?.governance === channel
  }

  return {
    servers: () => [
      ...(conversations?.replicas() ?? []).map(({ place, control, channel, nodes }) => ({
        server: place,
        governance: control,
        channels: nodes.has(nodeId) ? [channel] : [],
      })),
      ...servers.servers().flatMap(({ id, governance }) => {
        const replicas = servers.replicas(id)
        if (replicas === undefined || !mayHave(nodeId, governance)) return []
        const isHost = replicas.nodes.has(nodeId)
        const channels = replicas.channels.filter(
          (channel) => isHost && (replicas.nodesOf(channel).has(nodeId) || replicas.isVeiled(channel)),
        )
        return [{ server: id, governance, channels }]
      }),
    ],
    peersOf(channel) {
      const talk = talkOf(channel)
      if (talk !== undefined) return [...nodesIn(talk, channel)].filter((node) => node !== nodeId)
      const server = serverOf(channel)
      const nodes = server === undefined ? nobody : (servers.replicas(server)?.nodesOf(channel) ?? nobody)
      return [...nodes].filter((node) => node !== nodeId)
    },
    mayServe: mayHave,
    mayWrite(node, channel) {
      const talk = talkOf(channel)
      if (talk !== undefined) return talk.told.has(node)
      const server = serverOf(channel)
      return server !== undefined && servers.replicas(server)?.isNamed(node) === true
    },
    onChanged(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    farewell(node, server) {
      const key = keyOf(server, node)
      const replicas = servers.replicas(server)
      if (replicas === undefined || replicas.nodes.has(node) || !replicas.isNamed(node) || dismissed.has(key)) return
      dismissed.add(key)
      dismiss(node, server)
      changed()
    },
    await(server) {
      dismiss(nodeId, server)
      changed()
    },
    isConversation: (place) => talkOf(conversationAt(place)) !== undefined,
    nodesOf(server) {
      const nodes = talkOf(conversationAt(server))?.nodes ?? servers.replicas(server)?.nodes ?? nobody
      return [...nodes].filter((node) => node !== nodeId)
    },
    stop() {
      unsubscribe()
      forgetTalks?.()
      for (const cancel of leaving.values()) cancel()
      leaving.clear()
    },
  }
}

const keyOf = (server: ServerId, node: NodeId): string => `${server}/${node}`
const nobody: ReadonlySet<NodeId> = new Set()
