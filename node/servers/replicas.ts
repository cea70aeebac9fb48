/** Which nodes may have what of a server: those that host a member who may read it (GOV-18, GOV-31). */
import { splitAuthor, type AuthorKey } from '../../spec/governance/names.ts'
import { channelOfSettings, settingsChannelOf } from '../../spec/governance/places.ts'
import type { ChannelState, Governance, Grant } from '../../spec/governance/state.ts'
import type { ChannelId, NodeId } from '../../spec/ids.ts'
import { bitOf } from '../../spec/permissions.ts'
import { channelBits, isPrivate } from './live-bits.ts'

export interface Replicas {
  /** Nodes that host a member now. */
  readonly nodes: ReadonlySet<NodeId>
  /** Every channel that is replicated anywhere, those that hold settings before the others; without the governance channel. */
  readonly channels: readonly ChannelId[]
  /** Nodes that may have one of these, or the governance channel. */
  nodesOf(channel: ChannelId): ReadonlySet<NodeId>
  /** Is the channel private, and its settings are not here? Then who may have it is known to those only who do. */
  isVeiled(channel: ChannelId): boolean
  /** Has that node, or had it, a member, by whatever grant? */
  isNamed(node: NodeId): boolean
}

/** As of now: made anew when the governance has changed. `acting` knows who is banned. */
export const createReplicas = (
  governance: Governance,
  acting: (author: AuthorKey) => { readonly grant: Grant } | undefined,
): Replicas => {
  const members = [...governance.authors()].flatMap((author) => {
    const who = acting(author)
    return who === undefined ? [] : [{ node: splitAuthor(author).node, grant: who.grant, author }]
  })
  const nodes: ReadonlySet<NodeId> = new Set(members.map(({ node }) => node))
  const states = [...governance.channels.values()]
  const kept = new Map<ChannelId, ReadonlySet<NodeId>>()

  const isVeiled = (state: ChannelState): boolean =>
    isPrivate(governance, state) &&
    state.handle === undefined &&
    governance.register(`channel/${state.id}/handle`) === undefined

  const readers = (state: ChannelState): ReadonlySet<NodeId> => {
    if (!isPrivate(governance, state) && governance.registers(`channel/${state.id}/override/`).length === 0)
      return nodes
    const may = members.filter(({ grant }) => (channelBits(governance, grant, state) & bitOf('read')) !== 0)
    // Whoever made it put itself on the list.
    const maker = isVeiled(state) ? members.filter(({ author }) => author === state.author) : []
    return new Set([...may, ...maker].map(({ node }) => node))
  }

  return {
    nodes,
    channels: [
      ...states.filter((state) => isPrivate(governance, state)).map(({ id }) => settingsChannelOf(id)),
      ...states.map(({ id }) => id),
    ],
    nodesOf(channel) {
      if (channel === governance.genesis.governance) return nodes
      const known = kept.get(channel)
      if (known !== undefined) return known
      const about = channelOfSettings(channel)
      const state = governance.channels.get(about ?? channel)
      const found =
        state === undefined || (about !== undefined && !isPrivate(governance, state)) ? nobody : readers(state)
      kept.set(channel, found)
      return found
    },
    isVeiled(channel) {
      const state = governance.channels.get(channelOfSettings(channel) ?? channel)
      return state !== undefined && isVeiled(state)
    },
    isNamed: (node) => governance.isNamed(node),
  }
}

const nobody: ReadonlySet<NodeId> = new Set()
