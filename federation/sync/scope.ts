/** SYNC-2: what is replicated here, and which of it another node may have: asked on every request and push, both ways. */
import type { ChannelId, NodeId, ServerId } from '../../spec/ids.ts'
import type { Directory } from '../components.ts'

export interface Served {
  readonly server: ServerId
  readonly governance: ChannelId
  /** The governance channel, then the others. */
  readonly channels: readonly ChannelId[]
}

/** A server whose governance is on its way. */
export interface Joining {
  readonly server: ServerId
  readonly from: NodeId
  /** As `from` says; until the genesis is here, it may say anything. */
  governance: ChannelId | undefined
  /** The genesis is here, and its hash is the server's id. */
  verified: boolean
}

export interface Scope {
  readonly joining: Map<ServerId, Joining>
  readonly left: Set<ServerId>
  servers(): readonly Served[]
  /** The server of a channel that is replicated here. */
  serverOf(channel: ChannelId): Served | undefined
  /** Both replicate it, as far as we know. */
  isShared(node: NodeId, channel: ChannelId): boolean
  /** What both are entitled to. */
  sharedWith(node: NodeId): readonly Served[]
  mayWrite(node: NodeId, channel: ChannelId): boolean
  joiningOf(channel: ChannelId): Joining | undefined
  /** Everything is asked anew. */
  forget(): void
}

export const createScope = (directory: Directory): Scope => {
  const joining = new Map<ServerId, Joining>()
  const left = new Set<ServerId>()
  let served: readonly Served[] | undefined
  let byChannel: Map<ChannelId, Served> | undefined

  const servers = (): readonly Served[] => {
    if (served !== undefined) return served
    const listed = directory
      .servers()
      .filter(({ server }) => !left.has(server))
      .map(({ server, governance, channels }) => ({
        server,
        governance,
        channels: [governance, ...channels.filter((channel) => channel !== governance)],
      }))
    const known = new Set(listed.map(({ server }) => server))
    const coming = [...joining.values()].flatMap(({ server, governance }): Served[] =>
      governance === undefined || known.has(server) ? [] : [{ server, governance, channels: [governance] }],
    )
    served = [...listed, ...coming]
    return served
  }

  const joiningOf = (channel: ChannelId): Joining | undefined => {
    for (const one of joining.values()) if (one.governance === channel) return one
    return undefined
  }

  const scope: Scope = {
    joining,
    left,
    servers,
    joiningOf,
    serverOf(channel) {
      byChannel ??= new Map(servers().flatMap((one) => one.channels.map((id): [ChannelId, Served] => [id, one])))
      return byChannel.get(channel)
    },
    isShared(node, channel) {
      if (scope.serverOf(channel) === undefined) return false
      if (directory.mayServe(node, channel)) return true
      return joiningOf(channel)?.from === node
    },
    sharedWith(node) {
      return servers().flatMap((one): Served[] => {
        const channels = one.channels.filter((channel) => scope.isShared(node, channel))
        return channels.length > 0 ? [{ ...one, channels }] : []
      })
    },
    mayWrite: (node, channel) => directory.mayWrite(node, channel) || joiningOf(channel) !== undefined,
    forget() {
      served = undefined
      byChannel = undefined
    },
  }
  return scope
}
